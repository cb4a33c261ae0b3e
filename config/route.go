package config

// Route is one entry of routes: what a request must match, and the groups that
// may take it. The first route that matches wins.
type Route struct {
	Domains     []string `yaml:"domains" doc:"domains of the Request-URI that it takes; the first one also replaces a host that is ours" validate:"min=1"`
	Groups      []string `yaml:"groups" doc:"groups in order; the second and later are the fallback" validate:"min=1"`
	Default     bool     `yaml:"default" doc:"also takes calls dialled to an address of this edge; without one, the first route takes them"`
	Listener    string   `yaml:"listener" doc:"only requests that came in on this entry of sip.listen (its URI)" default:"any"`
	CallControl string   `yaml:"callControl" doc:"only requests of this call control (its name)" default:"any"`
	RequestURI  string   `yaml:"requestURI" doc:"host of the Request-URI sent on, when the dialled one was ours: the route's first domain, the chosen bridge's SIP host, or as dialled" validate:"oneof=domain bridge keep"`
}

// Values of Route.RequestURI (rule R14).
const (
	RequestURIDomain = "domain"
	RequestURIBridge = "bridge"
	RequestURIKeep   = "keep"
)
