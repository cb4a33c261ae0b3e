package config

import "net/netip"

// CallControl is one entry of callControl: a system that may send calls, and
// to which requests of the bridges go.
type CallControl struct {
	Name    string         `yaml:"name" doc:"its name in logs and routes; unique" validate:"required,name"`
	Kind    string         `yaml:"kind" doc:"what it is; calls of lync are never balanced: all of one user part go to one bridge, the next one only if that is out of service" validate:"oneof=cucm expressway lync other"`
	URIs    []SIPURI       `yaml:"uris" alias:"uri" doc:"its nodes, in order of failover; uri for one" default:"none, if sources are given" range:"sip:HOST[:PORT][;transport=udp|tcp]"`
	Sources []netip.Prefix `yaml:"sources" doc:"addresses and networks it sends from; requests from elsewhere are not answered" default:"the addresses of its uris" range:"ADDRESS | NETWORK/BITS"`
	Domains []string       `yaml:"domains" doc:"domains that requests of the bridges reach through it" default:"the first entry takes what no other names"`
	Landing string         `yaml:"landing" doc:"policy.landing for its calls" default:"policy.landing" validate:"omitempty,oneof=group native only"`
	Reject  OwnReject      `yaml:"reject"`
}

// Values of CallControl.Kind.
const (
	KindCUCM       = "cucm"
	KindExpressway = "expressway"
	KindLync       = "lync"
	KindOther      = "other"
)

// OwnReject holds the status codes of refusals to one call control; nil stands
// for the code of policy.reject.
type OwnReject struct {
	Exhausted   *int `yaml:"exhausted" doc:"policy.reject.exhausted for its calls" default:"policy.reject.exhausted" validate:"omitempty,min=400,max=699"`
	Gateway     *int `yaml:"gateway" doc:"policy.reject.gateway for its calls" default:"policy.reject.gateway" validate:"omitempty,min=400,max=699"`
	Unavailable *int `yaml:"unavailable" doc:"policy.reject.unavailable for its calls" default:"policy.reject.unavailable" validate:"omitempty,min=400,max=699"`
}
