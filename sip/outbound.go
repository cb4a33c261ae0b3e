package sip

import (
	"net/netip"
	"slices"

	"bridgehead/sip/wire"
)

// fromBridge routes a request outside a dialog that a Call Bridge sent, by its
// destination (design section 5, trust):
//
//  1. another bridge: exactly that one, with no selection, reservation or
//     refusal, since these are distribution links;
//  2. a call that is being moved (Replaces): the node of call control which the
//     replaced call came from;
//  3. a space or IVR that the directory knows: selection as for any caller, but never
//     the sender;
//  4. all else: call control, by domain.
//
// d and known are what the Request-URI's host means to us.
func (c *responseContext) fromBridge(m *wire.Message, uri *wire.URI, d destination, known bool) *reply {
	p := c.proxy
	if id, ok := p.bridgeByHost(uri); ok {
		return c.toBridge(id)
	}
	if h, ok := m.Get(wire.Replaces); ok {
		return c.toReplaced(m.Text(h.Value), uri)
	}
	if known {
		if len(uri.User) == 0 {
			return &reply{status: 404, warning: "the Request-URI names nobody (no user part)"}
		}
		_, user := conferenceKey(uri.User, "")
		t, _ := p.set.Resolver.Classify(d.domain, user)
		if t.Kind == TargetSpace || t.Kind == TargetIVR {
			return c.place(m, uri, d)
		}
	}
	return c.toControl(p.controlOf(uri.Host), wire.Hop{})
}

// toReplaced sends an INVITE with Replaces to where the replaced call came
// from: the same node of the same call control, which alone knows that dialog
// (RFC 3891).
func (c *responseContext) toReplaced(replaces []byte, uri *wire.URI) *reply {
	p := c.proxy
	e, ok := p.calls.find(replacedCallID(replaces), false)
	if !ok {
		return c.toControl(p.controlOf(uri.Host), wire.Hop{})
	}
	who := p.peers.Load().identify(e.from.Remote)
	if who.origin != fromControl {
		return c.toControl(p.controlOf(uri.Host), wire.Hop{})
	}
	return c.toControl(who.index, p.nodeOf(who.index, e.from))
}

// nodeOf is where the node of call control that a call came from takes
// requests: its configured address if it has one, since a call may have come
// from a port at which nobody listens.
func (p *Proxy) nodeOf(control int, from wire.Hop) wire.Hop {
	for _, at := range p.controls[control].at {
		if s := at.servers(); s != nil {
			for i := range s.list {
				if s.list[i].at.Addr() == from.Remote.Addr() {
					return s.list[i].hop()
				}
			}
		}
	}
	node := wire.Hop{Transport: from.Transport, Remote: from.Remote, Conn: from.Conn}
	if node.Transport.Reliable() { // once its connection has gone, a new one
		node.Remote = netip.AddrPortFrom(node.Remote.Addr(), defaultPort)
	}
	return node
}

// toControl sends a request to call control's addresses in order, first to the
// node given, if any.
func (c *responseContext) toControl(index int, first wire.Hop) *reply {
	if index < 0 {
		return &reply{status: 404, warning: "no call control is configured to take this request"}
	}
	if c.method == wire.INVITE && c.proxy.draining.Load() {
		return &reply{status: 503, retryAfter: retryAfter, warning: "this hop is shutting down: use another one"}
	}
	c.course = outward
	c.to.control, c.to.hop, c.to.node = index, first, firstNode
	if !first.Remote.IsValid() {
		c.nextNode()
	}
	return nil
}

// controlOf is the call control for a host: the one that names the domain, else
// the one that is there, else the first; -1 when there is none.
func (p *Proxy) controlOf(host []byte) int {
	for i, c := range p.controls {
		if slices.ContainsFunc(c.Domains, func(d string) bool { return equalFold(host, d) }) {
			return i
		}
	}
	if len(p.controls) == 0 {
		return -1
	}
	return max(p.controlNamed(host), 0)
}

// firstNode is the node in targetURI.hop, before those of the configuration.
const firstNode = -1

// nextNode moves on to the next URI of call control, if there is one. Of its
// servers that one is left out which was tried before all (16.5: none twice).
func (c *responseContext) nextNode() bool {
	nodes := c.proxy.controls[c.to.control].at
	for c.to.node+1 < len(nodes) {
		c.to.node++
		c.to.servers, c.to.tried = nodes[c.to.node].servers(), 0
		if c.to.servers == nil {
			return true // its name does not resolve: a failure that is told
		}
		for i := range c.to.servers.list {
			if at := c.to.servers.list[i].hop(); at.Remote == c.to.hop.Remote && at.Transport == c.to.hop.Transport {
				c.to.tried |= 1 << i
			}
		}
		if c.moreServers() {
			return true
		}
	}
	return false
}
