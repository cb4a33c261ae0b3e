package config

import "net/netip"

// CallControl is one entry of callControl: a system that may send calls, and
// to which requests of the bridges go.
type CallControl struct {
	Name    string         `yaml:"name" doc:"its name in logs and routes; unique" validate:"required,name"`
	Kind    string         `yaml:"kind" doc:"what it is" validate:"oneof=cucm expressway other"`
	URIs    []SIPURI       `yaml:"uris" alias:"uri" doc:"its nodes, in order of failover; uri for one" default:"none, if sources are given" range:"sip:HOST[:PORT][;transport=udp|tcp]"`
	Sources []netip.Prefix `yaml:"sources" doc:"addresses and networks it sends from; requests from elsewhere are not answered" default:"the addresses of its uris" range:"ADDRESS | NETWORK/BITS"`
	Domains []string       `yaml:"domains" doc:"domains that requests of the bridges reach through it" default:"the first entry takes what no other names"`
}

// Values of CallControl.Kind.
const (
	KindCUCM       = "cucm"
	KindExpressway = "expressway"
	KindOther      = "other"
)
