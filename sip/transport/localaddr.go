package transport

import (
	"fmt"
	"net/netip"

	"bridgehead/sip/wire"
)

// LocalAddress is where a message to some peer leaves from.
type LocalAddress struct {
	// Listener is the index for wire.Hop.Listener.
	Listener uint16
	// Addr is the local address with the listener's port, for wire.Hop.Local.
	Addr netip.AddrPort
	// Host goes into Via and Record-Route: the advertised host, else the local
	// address, IPv6 in brackets.
	Host string
	// Port goes beside Host: the advertised port, else the bound port.
	Port uint16
}

// LocalFor returns the listener and the local address from which a message to
// remote leaves over t. With a choice of listeners, or on a wildcard listener,
// the kernel's routing table decides; its answers are kept for about 30 s. Of
// several listeners the one bound to the routed source address is taken, else
// a wildcard, else the first of the family. Nothing is sent, and the network
// is not waited for. The error says which listener is missing, or that there
// is no route.
func (s *Stack) LocalFor(t wire.Transport, remote netip.Addr) (LocalAddress, error) {
	remote = remote.Unmap()
	var first, wild *listener
	several := false
	for _, l := range s.listeners {
		if l.Transport != t || !l.serves(remote) {
			continue
		}
		if first == nil {
			first = l
		} else {
			several = true
		}
		if wild == nil && l.wildcard() {
			wild = l
		}
	}
	switch {
	case first == nil:
		return LocalAddress{}, s.noListener(t, remote)
	case !several && wild == nil:
		return first.local(first.addr.Addr(), ""), nil
	}
	r, err := s.routes.to(remote)
	if err != nil {
		if wild != nil {
			return LocalAddress{}, fmt.Errorf("transport: no route to %s: %w", remote, err)
		}
		return first.local(first.addr.Addr(), ""), nil // let the send tell
	}
	for _, l := range s.listeners {
		if l.Transport == t && l.addr.Addr() == r.source {
			return l.local(r.source, r.host), nil
		}
	}
	if wild != nil {
		return wild.local(r.source, r.host), nil
	}
	return first.local(first.addr.Addr(), ""), nil
}

// noListener names what the configuration lacks.
func (s *Stack) noListener(t wire.Transport, remote netip.Addr) error {
	if !remote.IsValid() {
		return fmt.Errorf("transport: no address to send to")
	}
	family, wild := "IPv4", "0.0.0.0"
	if remote.Is6() {
		family, wild = "IPv6", "[::]"
	}
	return fmt.Errorf("transport: %w: no %s listener for %s, which %s needs; add one, for example %s://%s:5060", ErrNoListener, t, family, remote, t.Param(), wild)
}

// local is the listener seen from a peer that addr reaches; host is addr as a
// Via wants it, where it is at hand.
func (l *listener) local(addr netip.Addr, host string) LocalAddress {
	a := LocalAddress{Listener: l.index, Addr: netip.AddrPortFrom(addr, l.addr.Port()), Host: l.advert.host, Port: l.advertPort()}
	if a.Host != "" {
		return a
	}
	if addr == l.addr.Addr() {
		host = l.host
	}
	a.Host = host
	return a
}

// advertPort is the port to write into Via and Record-Route.
func (l *listener) advertPort() uint16 {
	if l.advert.port != 0 {
		return l.advert.port
	}
	return l.addr.Port()
}
