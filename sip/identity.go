package sip

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// ownListener is one of our listeners as it shows itself to others.
type ownListener struct {
	transport wire.Transport
	host      string // what it advertises, or is bound to; "" on a wildcard
	name      bool   // host is advertised
	port      uint16
}

// Bind tells the proxy which addresses are its own and starts nothing: enough
// for Explain. Start does it too.
func (p *Proxy) Bind(stack Stack) {
	p.stack = stack
	p.listeners = nil
	for _, l := range stack.Listeners() {
		own := ownListener{transport: l.Transport, port: l.Addr.Port()}
		host, port := splitAdvertise(l.Advertise)
		switch {
		case host != "":
			own.host, own.name = host, true
			if port != 0 {
				own.port = port
			}
		case !l.Addr.Addr().IsUnspecified():
			own.host = hostText(l.Addr.Addr())
		}
		p.listeners = append(p.listeners, own)
	}
}

// speaks reports that there is a listener for a transport.
func (p *Proxy) speaks(t wire.Transport) bool {
	return slices.ContainsFunc(p.listeners, func(l ownListener) bool { return l.transport == t })
}

// isUs reports whether a host and port name one of our listeners, by any
// address of this machine or by an advertised name. port 0 is any port.
func (p *Proxy) isUs(host []byte, port uint16) bool {
	if a, ok := wire.HostAddr(host); ok {
		return p.stack.IsLocal(a, port)
	}
	for i := range p.listeners {
		if l := &p.listeners[i]; l.name && equalFold(host, l.host) && (port == 0 || port == l.port) {
			return true
		}
	}
	return false
}

// sentByUs reports a response whose topmost Via bears one of our addresses, as
// each Via that we write does. The listener that it came in on most often is
// the one that wrote it.
func (p *Proxy) sentByUs(m *wire.Message, from wire.Hop) bool {
	host, port := m.Text(m.Via.Host), m.Via.Port
	if port == 0 {
		port = defaultPort
	}
	if i := int(from.Listener); i < len(p.listeners) {
		if l := &p.listeners[i]; l.port == port && string(host) == l.host {
			return true
		}
	}
	return p.isUs(host, port)
}

// leadsHere reports a URI whose next hop is this edge. A name of ours without a
// port means any of our listeners, since service records may have led here; an
// address without one means the default port.
func (p *Proxy) leadsHere(uri *wire.URI) bool {
	if _, literal := wire.HostAddr(uri.Host); !literal && uri.Port < 0 {
		return p.isUs(uri.Host, 0)
	}
	return p.isUs(uri.Host, portOf(uri))
}

// splitAdvertise splits host[:port]; port is 0 where there is none. An address
// of IPv6 comes out in brackets, as a URI wants it.
func splitAdvertise(s string) (host string, port uint16) {
	if a, ok := literal(s); ok {
		return hostText(a), 0
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil {
		return s, 0
	}
	return s[:i], uint16(n)
}

// equalFold compares a host as written with a configured one.
func equalFold(host []byte, name string) bool {
	return len(host) == len(name) && bytes.EqualFold(host, []byte(name))
}

// bridgeByHost finds the bridge whose SIP host or name a URI names (R9). Where
// the host is also ours (a laboratory on one address), the port decides.
func (p *Proxy) bridgeByHost(uri *wire.URI) (lb.BridgeID, bool) {
	port := uri.Port
	if port < 0 {
		port = 5060
	}
	addr, _ := wire.HostAddr(uri.Host)
	shared := p.isUs(uri.Host, 0)
	for i, b := range p.bridges {
		named := equalFold(uri.Host, b.Name) || b.at.named(uri.Host, addr)
		if !named || shared && port != int(b.SIP.port()) {
			continue
		}
		// Several bridges on one address: the port tells them apart.
		if port != int(b.SIP.port()) && p.otherBridgeAt(i, port, b) {
			continue
		}
		return lb.BridgeID(i), true
	}
	return lb.NoBridge, false
}

// otherBridgeAt reports that another bridge of the same host has this port.
func (p *Proxy) otherBridgeAt(not, port int, b *bridge) bool {
	for i, o := range p.bridges {
		if i != not && o.SIP.Host == b.SIP.Host && int(o.SIP.port()) == port {
			return true
		}
	}
	return false
}

// controlByHost reports that a URI's host is one of call control's.
func (p *Proxy) controlByHost(uri *wire.URI) bool {
	addr, isAddr := wire.HostAddr(uri.Host)
	return p.controlNamed(uri.Host) >= 0 || isAddr && p.peers.Load().source(addr).origin == fromControl
}

// controlNamed is the call control that has a host among its URIs, -1 if none.
func (p *Proxy) controlNamed(host []byte) int {
	addr, _ := wire.HostAddr(host)
	return slices.IndexFunc(p.controls, func(c *control) bool {
		return slices.ContainsFunc(c.at, func(e *endpoint) bool { return e.named(host, addr) })
	})
}

// bridgeByHash finds the bridge that a token names.
func (p *Proxy) bridgeByHash(hash uint32) (lb.BridgeID, bool) {
	for i, b := range p.bridges {
		if b.hash == hash {
			return lb.BridgeID(i), true
		}
	}
	return lb.NoBridge, false
}
