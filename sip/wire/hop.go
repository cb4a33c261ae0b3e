package wire

import "net/netip"

// Transport is a SIP transport protocol. The zero value is UDP.
type Transport uint8

// The transports that this project speaks.
const (
	UDP Transport = iota
	TCP
	TLS
)

// String is the transport as it stands in a Via value: "UDP", "TCP" or "TLS".
func (t Transport) String() string {
	switch t {
	case UDP:
		return "UDP"
	case TCP:
		return "TCP"
	case TLS:
		return "TLS"
	}
	return "UNKNOWN"
}

// Param is the transport as it stands in a URI's transport parameter: "udp", "tcp" or "tls".
func (t Transport) Param() string {
	switch t {
	case UDP:
		return "udp"
	case TCP:
		return "tcp"
	case TLS:
		return "tls"
	}
	return "unknown"
}

// Reliable reports whether the transport itself delivers in order and without loss,
// so that a transaction needs no retransmission timers of its own (RFC 3261 section 17).
func (t Transport) Reliable() bool { return t != UDP }

// ParseTransport reads a transport token in any letter case, from a Via value or a URI parameter.
// It reports false for transports that this project does not speak.
func ParseTransport(b []byte) (Transport, bool) {
	if len(b) != 3 {
		return UDP, false
	}
	switch string([]byte{lower(b[0]), lower(b[1]), lower(b[2])}) {
	case "udp":
		return UDP, true
	case "tcp":
		return TCP, true
	case "tls":
		return TLS, true
	}
	return UDP, false
}

// Hop is one end of a transport path: where a message came from, or where one goes to.
// It is a plain comparable value; the zero Hop leads nowhere.
type Hop struct {
	// Transport is the protocol on the wire.
	Transport Transport
	// Listener is the index of the listener, in the order of the configuration, that the
	// message came in on; over UDP also the one that it must leave from.
	Listener uint16
	// Remote is the peer's address.
	Remote netip.AddrPort
	// Local is our address: the real destination of what came in, also on a wildcard socket,
	// and the source of what goes out. The zero value lets routing decide.
	Local netip.AddrPort
	// Conn names a TCP or TLS connection: the one that the message came in on, or the one to use
	// while it is alive, before Remote is dialled. 0 is none.
	Conn uint64
}
