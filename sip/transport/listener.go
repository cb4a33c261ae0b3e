package transport

import (
	"net"
	"net/netip"
	"time"

	"bridgehead/sip/wire"
)

// listener is one bound line of the configuration.
type listener struct {
	Listener
	index  uint16
	addr   netip.AddrPort // as bound, port resolved
	host   string         // addr as a Via wants it
	advert advertised
	udp    []*udpSocket // sockets of a UDP listener; one for now
	tcp    *net.TCPListener
}

// BoundListener is a listener as bound.
type BoundListener struct {
	// Transport is the one of the configuration.
	Transport wire.Transport
	// Addr is the bound address; port 0 of the configuration is resolved.
	Addr netip.AddrPort
	// Advertise is the configured host[:port], or "".
	Advertise string
}

// Listeners returns the listeners in configuration order, so that the position
// is the index which hops carry.
func (s *Stack) Listeners() []BoundListener {
	bound := make([]BoundListener, len(s.listeners))
	for i, l := range s.listeners {
		bound[i] = BoundListener{Transport: l.Transport, Addr: l.addr, Advertise: l.Advertise}
	}
	return bound
}

// serves reports whether messages to and from addr can use the listener,
// judged by family alone.
func (l *listener) serves(addr netip.Addr) bool {
	if addr.Is4() {
		return l.addr.Addr().Is4() || l.DualStack && l.wildcard()
	}
	return addr.Is6() && l.addr.Addr().Is6()
}

// wildcard reports whether the listener is bound to every address.
func (l *listener) wildcard() bool { return l.addr.Addr().IsUnspecified() }

// interrupt ends reads and accepts that wait, and leaves sending possible.
func (l *listener) interrupt() {
	for _, u := range l.udp {
		u.interrupt()
	}
	if l.tcp != nil {
		_ = l.tcp.SetDeadline(time.Unix(1, 0))
	}
}

// close closes the sockets and returns the first error.
func (l *listener) close() error {
	var first error
	for _, u := range l.udp {
		if err := u.close(); first == nil {
			first = err
		}
	}
	if l.tcp != nil {
		if err := l.tcp.Close(); first == nil {
			first = err
		}
	}
	return first
}

// closeListeners closes every listener and returns the first error.
func (s *Stack) closeListeners() error {
	var first error
	for _, l := range s.listeners {
		if err := l.close(); first == nil {
			first = err
		}
	}
	return first
}
