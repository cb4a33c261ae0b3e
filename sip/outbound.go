package sip

import (
	"bytes"
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
//  3. a space that the directory knows: selection as for any caller, but never
//     the sender;
//  4. all else: call control, by domain.
//
// d and known are what the Request-URI's host means to us.
func (c *responseContext) fromBridge(m *wire.Message, uri *wire.URI, d destination, known bool) *reply {
	p := c.proxy
	if id, ok := p.bridgeByHost(uri); ok {
		hop, resolved := p.bridgeHop(id)
		if !resolved {
			return &reply{status: 480, warning: "the SIP host of bridge " + p.bridges[id].Name + " does not resolve"}
		}
		c.course, c.to.bridge, c.to.hop = direct, id, hop
		return nil
	}
	if h, ok := m.Get(wire.Replaces); ok {
		return c.toReplaced(m.Text(h.Value), uri)
	}
	if known {
		if len(uri.User) == 0 {
			return &reply{status: 404, warning: "the Request-URI names nobody (no user part)"}
		}
		_, user := conferenceKey(uri.User, "")
		if _, space := p.set.Resolver.Resolve(user); space {
			return c.place(m, uri, d)
		}
	}
	return c.toControl(p.controlOf(uri.Host), wire.Hop{})
}

// toReplaced sends an INVITE with Replaces to where the replaced call came
// from: the same node of the same call control, which alone knows that dialog
// (RFC 3891).
func (c *responseContext) toReplaced(replaces []byte, uri *wire.URI) *reply {
	callID, _, _ := bytes.Cut(replaces, []byte(";"))
	p := c.proxy
	e, ok := p.calls.find(bytes.TrimSpace(callID), false)
	if !ok {
		return c.toControl(p.controlOf(uri.Host), wire.Hop{})
	}
	who := p.peers.Load().identify(e.from.Remote)
	if who.origin != fromControl {
		return c.toControl(p.controlOf(uri.Host), wire.Hop{})
	}
	// The node's configured address if it has one, since a call may have come
	// from a port at which nobody listens.
	node := wire.Hop{Transport: e.from.Transport, Remote: e.from.Remote, Conn: e.from.Conn}
	for _, at := range p.controls[who.index].at {
		if hop, known := at.hop(); known && hop.Remote.Addr() == e.from.Remote.Addr() {
			node = hop
			break
		}
	}
	return c.toControl(who.index, node)
}

// toControl sends a request to call control's addresses in order, first to the
// node given, if any.
func (c *responseContext) toControl(index int, first wire.Hop) *reply {
	if index < 0 {
		return &reply{status: 404, warning: "no call control is configured to take this request"}
	}
	c.course = outward
	c.to.control, c.to.first = index, first
	return nil
}

// controlOf is the call control for a domain: the one that names it, else the
// first, -1 when there is none.
func (p *Proxy) controlOf(host []byte) int {
	for i, c := range p.controls {
		if slices.ContainsFunc(c.Domains, func(d string) bool { return equalFold(host, d) }) {
			return i
		}
	}
	if len(p.controls) == 0 {
		return -1
	}
	return 0
}

// controlTargets is how many places of call control can be tried.
func (c *responseContext) controlTargets() int {
	n := len(c.proxy.controls[c.to.control].at)
	if c.to.first.Remote.IsValid() {
		n++
	}
	return n
}

// presentControl is the next place of call control to try.
func (c *responseContext) presentControl() (wire.Hop, bool) {
	i := c.to.tried
	if c.to.first.Remote.IsValid() {
		if i == 0 {
			return c.to.first, true
		}
		i--
	}
	at := c.proxy.controls[c.to.control].at
	if i >= len(at) {
		return wire.Hop{}, false
	}
	return at[i].hop()
}
