package config

import "net/netip"

// Listener is one entry of sip.listen: a string, or {uri, advertise}.
type Listener struct {
	URI       string `yaml:"uri" doc:"where to listen; port 0 takes a free one" range:"udp://ADDRESS:PORT | tcp://ADDRESS:PORT"`
	Advertise string `yaml:"advertise" doc:"host, or host:port, in Via and Record-Route of this listener" default:"sip.advertise"`

	// Transport is UDP or TCP, and Bind the address, both read from URI.
	Transport Transport      `yaml:"-"`
	Bind      netip.AddrPort `yaml:"-"`
}

// CallControl is one entry of callControl: a system that may send calls, and
// to which requests of the bridges go.
type CallControl struct {
	Name    string         `yaml:"name" doc:"its name in logs and routes; unique" validate:"required,name"`
	Kind    string         `yaml:"kind" doc:"what it is" default:"other" validate:"oneof=cucm expressway other"`
	URIs    []SIPURI       `yaml:"uris" alias:"uri" doc:"its nodes, in order of failover; uri for one" range:"sip:HOST[:PORT][;transport=udp|tcp]"`
	Sources []netip.Prefix `yaml:"sources" doc:"addresses and networks it sends from; requests from elsewhere are not answered" default:"the addresses of its uris" range:"ADDRESS | NETWORK/BITS"`
	Domains []string       `yaml:"domains" doc:"domains that requests of the bridges reach through it" default:"the first entry takes what no other names"`
}

// Values of CallControl.Kind.
const (
	KindCUCM       = "cucm"
	KindExpressway = "expressway"
	KindOther      = "other"
)

// Route is one entry of routes: what a request must match, and the groups that
// may take it. The first route that matches wins.
type Route struct {
	Domains     []string `yaml:"domains" doc:"domains of the Request-URI that it takes; the first one also replaces a host that is ours" validate:"min=1"`
	Groups      []string `yaml:"groups" doc:"groups in order; the second and later are the fallback" validate:"min=1"`
	Default     bool     `yaml:"default" doc:"also takes calls dialled to an address of this edge; at most one route" default:"the first route takes them"`
	Listener    string   `yaml:"listener" doc:"only requests that came in on this entry of sip.listen (its URI)" default:"any"`
	CallControl string   `yaml:"callControl" doc:"only requests of this call control (its name)" default:"any"`
	RequestURI  string   `yaml:"requestURI" doc:"host of the Request-URI sent on, when the dialled one was ours: the route's first domain, the chosen bridge's SIP host, or as dialled" default:"domain" validate:"oneof=domain bridge keep"`
}

// Values of Route.RequestURI (rule R14).
const (
	RequestURIDomain = "domain"
	RequestURIBridge = "bridge"
	RequestURIKeep   = "keep"
)
