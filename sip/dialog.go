package sip

import (
	"net/netip"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// inDialog routes a request inside a dialog with no state of ours: towards the
// bridges by the token of our Record-Route, away from them by the route that
// is left. A token that is absent, old or bad is no reason to lose a call
// whose Request-URI names one of our own peers: such a request is routed and
// counted, and so is one of a call that this edge remembers.
func (c *responseContext) inDialog(m *wire.Message, uri *wire.URI) *reply {
	bridge, next, ok := c.proxy.dialogTarget(c, m, uri)
	if m.Method == wire.BYE {
		c.proxy.hangUp(m.Text(m.CallID), c.now())
	}
	if !ok {
		return &reply{status: 481, warning: "no dialog of this hop: its route token is missing or was made with another key"}
	}
	c.course = direct
	c.to.bridge = bridge
	if bridge != lb.NoBridge {
		hop, known := c.proxy.bridgeHop(bridge)
		if !known {
			return &reply{status: 480, warning: "the SIP host of bridge " + c.proxy.bridges[bridge].Name + " does not resolve"}
		}
		c.to.hop = hop
		return nil
	}
	return c.locate(next)
}

// dialogTarget decides between the two directions of a dialog. The result is a
// bridge, or the URI of the next hop away from the bridges.
func (p *Proxy) dialogTarget(c *responseContext, m *wire.Message, uri *wire.URI) (lb.BridgeID, *wire.URI, bool) {
	next := *uri
	if c.routes.repaired.Len() > 0 { // the remote target sits in the last Route value
		if u, ok := nameAddrURI(m.Text(c.routes.repaired)); ok {
			next = u
		}
	}
	if c.routes.next.Len() > 0 {
		u, ok := nameAddrURI(m.Text(c.routes.next))
		if !ok {
			return lb.NoBridge, nil, false
		}
		next = u
		_, loose := u.Param("lr")
		c.routes.strict = !loose
	}
	if c.hasToken {
		if c.peer.origin == fromBridge {
			return lb.NoBridge, &next, true
		}
		if id, ok := p.bridgeByHash(c.token.bridge); ok {
			c.routes.strict = false
			return id, nil, true
		}
	}
	if id, ok := p.bridgeByHost(&next); ok {
		p.counts.noToken.Add(1)
		return id, nil, true
	}
	if c.peer.origin == fromBridge && p.controlByHost(&next) {
		p.counts.noToken.Add(1)
		return lb.NoBridge, &next, true
	}
	// A user agent that ignores Record-Route (many a test tool does) sends to
	// us with no Route: what this edge itself remembers still helps it.
	if e, ok := p.calls.find(m.Text(m.CallID), false); ok && c.peer.origin == fromControl {
		p.counts.noToken.Add(1)
		return e.bridge, nil, true
	}
	return lb.NoBridge, nil, false
}

func nameAddrURI(value []byte) (wire.URI, bool) {
	na, err := wire.ParseNameAddr(value)
	if err != nil {
		return wire.URI{}, false
	}
	u, err := wire.ParseURI(na.URI)
	return u, err == nil && u.IsSIP()
}

// ACK forwards the ACK of a 2xx, which belongs to no transaction (RFC 3261
// section 16.11). It is never answered: what cannot be routed is dropped, and
// the repeated 2xx brings the next one.
func (p *Proxy) ACK(now time.Time, m *wire.Message, from wire.Hop, out transaction.Sender) {
	// A context of its own, never pooled into a transaction: the steps are the
	// same as for any request inside a dialog.
	c := p.contexts.Get().(*responseContext)
	defer p.contexts.Put(c)
	c.proxy, c.tx, c.peer, c.method = p, nil, p.peers.Load().identify(from.Remote), wire.ACK
	c.routes, c.hasToken, c.course = routeEdits{}, false, direct
	c.to = targetURI{bridge: lb.NoBridge}
	if m.MaxForwards == 0 || c.preprocess(m) != nil {
		p.counts.lostACK.Add(1)
		return
	}
	uri, err := wire.ParseURI(m.Text(m.RequestURI))
	if err != nil || !uri.IsSIP() || m.ToTag.Empty() {
		p.counts.lostACK.Add(1)
		return
	}
	bridge, next, ok := p.dialogTarget(c, m, &uri)
	hop, known := wire.Hop{}, false
	switch {
	case !ok:
	case bridge != lb.NoBridge:
		hop, known = p.bridgeHop(bridge)
	default:
		hop, known = p.hopOf(next, now)
		if !known {
			p.names.resolve(string(next.Host), func(netip.Addr) {}) // for its repetition
		}
	}
	if !known {
		p.counts.lostACK.Add(1)
		return
	}
	w := p.work()
	defer p.done(w)
	outSide, local, err := p.sideOf(hop)
	if err != nil {
		p.counts.lostACK.Add(1)
		return
	}
	hop.Listener, hop.Local = local.Listener, local.Addr
	w.line = appendStatelessBranch(w.line[:0], m)
	w.edits.Reset()
	c.spliceRoutes(w, m)
	w.edits.StampVia(m, from.Remote)
	w.edits.MaxForwards(m, forwards(m))
	w.via = appendVia(w.via[:0], outSide, w.line)
	w.edits.PushVia(m, w.via)
	var fits bool
	if w.buf, fits = w.edits.Apply(w.buf[:0], m.Bytes); fits {
		out.Send(hop, 0, w.buf)
	}
}
