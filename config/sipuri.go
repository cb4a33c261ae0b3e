package config

import "net/netip"

// Transport is a SIP transport by its name in URIs (RFC 3261 section 19.1.1).
type Transport string

// The transports of this version.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// SIPURI is the SIP address of a peer: sip:HOST[:PORT][;transport=udp|tcp].
type SIPURI struct {
	// Host is an IP address without brackets, or a lower-case DNS name.
	Host string
	// Port is 5060 where the URI has none.
	Port uint16
	// Transport is UDP where the URI names none (RFC 3263 section 4.1).
	Transport Transport
	// Explicit tells that the URI names its transport, which then is the only
	// one to use.
	Explicit bool
}

// Addr returns the address and port when Host is an IP address.
func (u SIPURI) Addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(u.Host)
	return netip.AddrPortFrom(a, u.Port), err == nil
}
