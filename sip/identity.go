package sip

import (
	"bytes"
	"strings"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// isUs reports whether a host and port name one of our listeners, by any
// address of this machine or by an advertised name. port 0 is any port.
func (p *Proxy) isUs(host []byte, port uint16) bool {
	if a, ok := wire.HostAddr(host); ok {
		return p.stack.IsLocal(a, port)
	}
	for i := range p.ourNames {
		if n := &p.ourNames[i]; equalFold(host, n.host) && (port == 0 || port == n.port) {
			return true
		}
	}
	return false
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

// ownName is a name that a listener advertises.
type ownName struct {
	host string
	port uint16
}

// Bind tells the proxy which addresses are its own and starts nothing: enough
// for Explain. Start does it too.
func (p *Proxy) Bind(stack Stack) {
	p.stack = stack
	p.ourNames = nil
	for _, l := range stack.Listeners() {
		host, port := splitAdvertise(l.Advertise)
		if host == "" {
			continue
		}
		if port == 0 {
			port = l.Addr.Port()
		}
		p.ourNames = append(p.ourNames, ownName{host, port})
	}
}

// splitAdvertise splits host[:port].
func splitAdvertise(s string) (host string, port uint16) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.HasSuffix(s, "]") {
		return s, 0
	}
	n := 0
	for _, d := range []byte(s[i+1:]) {
		if d < '0' || d > '9' || n > 65535 {
			return s, 0
		}
		n = n*10 + int(d-'0')
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
	addr, isAddr := wire.HostAddr(uri.Host)
	shared := p.isUs(uri.Host, 0)
	for i, b := range p.bridges {
		named := equalFold(uri.Host, b.SIP.Host) || equalFold(uri.Host, b.Name)
		if !named && isAddr {
			at := b.at.addr.Load()
			named = at != nil && at.Addr() == addr
		}
		if !named || shared && port != int(b.SIP.Port) {
			continue
		}
		// Several bridges on one address: the port tells them apart.
		if port != int(b.SIP.Port) && p.otherBridgeAt(i, port, b) {
			continue
		}
		return lb.BridgeID(i), true
	}
	return lb.NoBridge, false
}

// otherBridgeAt reports that another bridge of the same host has this port.
func (p *Proxy) otherBridgeAt(not, port int, b *bridge) bool {
	for i, o := range p.bridges {
		if i != not && o.SIP.Host == b.SIP.Host && int(o.SIP.Port) == port {
			return true
		}
	}
	return false
}

// controlByHost reports that a URI's host is one of call control's.
func (p *Proxy) controlByHost(uri *wire.URI) bool {
	addr, isAddr := wire.HostAddr(uri.Host)
	for _, c := range p.controls {
		for _, e := range c.at {
			if equalFold(uri.Host, e.Host) {
				return true
			}
			if at := e.addr.Load(); isAddr && at != nil && at.Addr() == addr {
				return true
			}
		}
	}
	return isAddr && p.peers.Load().source(addr).origin == fromControl
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
