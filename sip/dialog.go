package sip

import (
	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// inDialog routes a request inside a dialog with no state of ours: towards the
// bridges by the token of our Record-Route, away from them by the route that
// is left. A token that is absent, old or bad is no reason to lose a call
// whose Request-URI names one of our own peers: such a request is routed and
// counted, and so is one of a call that this edge remembers.
func (c *responseContext) inDialog(m *wire.Message, uri *wire.URI) *reply {
	bridge, next, ok := c.proxy.dialogTarget(&c.routes, c.peer, m, uri)
	if m.Method == wire.BYE {
		c.proxy.hangUp(m.Text(m.CallID), c.now())
	}
	if !ok {
		return &reply{status: 481, warning: "no dialog of this hop: its route token is missing or was made with another key"}
	}
	if bridge != lb.NoBridge {
		return c.toBridge(bridge)
	}
	c.course, c.to.bridge = direct, lb.NoBridge
	return c.locate(&next)
}

// dialogTarget decides between the two directions of a dialog: towards a
// bridge, or, where that is NoBridge, to the URI of the next hop away from them.
func (p *Proxy) dialogTarget(r *routing, from peer, m *wire.Message, uri *wire.URI) (bridge lb.BridgeID, next wire.URI, ok bool) {
	next = *uri
	if r.maddr { // as if it, and what came with it, had not been there (16.4)
		next.Port, next.Params = -1, nil
	}
	for _, s := range [...]wire.Span{r.repaired, r.next} {
		if s.Empty() {
			continue
		}
		u, ok := nameAddrURI(m.Text(s))
		if !ok {
			return lb.NoBridge, next, false
		}
		next = u
	}
	if !r.next.Empty() {
		_, loose := next.Param("lr")
		r.strict = !loose
	}
	if r.hasToken {
		if from.origin == fromBridge {
			return lb.NoBridge, next, !p.leadsHere(&next)
		}
		if id, ok := p.bridgeByHash(r.token.bridge); ok {
			r.strict = false
			return id, next, true
		}
	}
	if id, ok := p.bridgeByHost(&next); ok {
		p.counts.noToken.Add(1)
		return id, next, true
	}
	if from.origin == fromBridge && p.controlByHost(&next) {
		p.counts.noToken.Add(1)
		return lb.NoBridge, next, true
	}
	// A user agent that ignores Record-Route (many a test tool does) sends to
	// us with no Route: what this edge itself remembers still helps it.
	if e, ok := p.calls.find(m.Text(m.CallID), false); ok && from.origin == fromControl {
		p.counts.noToken.Add(1)
		return e.bridge, next, true
	}
	return lb.NoBridge, next, false
}
