package sip

import (
	"net/netip"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// ACK forwards the ACK of a 2xx, which belongs to no transaction (RFC 3261
// section 16.11). It is never answered: what cannot be routed is dropped and
// counted, and the repeated 2xx brings the next one.
func (p *Proxy) ACK(now time.Time, m *wire.Message, from wire.Hop, out transaction.Sender) {
	if !p.forwardACK(now, m, from, out) {
		p.counts.lostACK.Add(1)
	}
}

func (p *Proxy) forwardACK(now time.Time, m *wire.Message, from wire.Hop, out transaction.Sender) bool {
	// The steps are those of any request inside a dialog, in a context that no
	// transaction holds.
	c := p.contexts.Get().(*responseContext)
	defer p.contexts.Put(c)
	c.proxy, c.tx, c.peer, c.method = p, nil, p.peers.Load().identify(from.Remote), wire.ACK
	c.routes, c.hasToken, c.course = routeEdits{}, false, direct
	c.to = targetURI{bridge: lb.NoBridge}

	uri, err := wire.ParseURI(m.Text(m.RequestURI))
	if err != nil || !uri.IsSIP() || m.ToTag.Empty() || m.MaxForwards == 0 || c.preprocess(m, &uri) != nil {
		return false
	}
	hop, ok := c.ackHop(m, &uri, now)
	if !ok {
		return false
	}
	side, local, err := p.sideOf(hop)
	if err != nil {
		return false
	}
	hop.Listener, hop.Local = local.Listener, local.Addr

	w := p.work()
	defer p.done(w)
	w.edits.Reset()
	c.spliceRoutes(w, m)
	w.edits.StampVia(m, from.Remote)
	w.edits.MaxForwards(m, forwards(m))
	w.branch = appendStatelessBranch(w.branch[:0], m)
	w.via = appendVia(w.via[:0], side, w.branch)
	w.edits.PushVia(m, w.via)
	w.lengthFor(m, side.transport)
	if w.buf, ok = w.edits.Apply(w.buf[:0], m.Bytes); ok {
		out.Send(hop, 0, w.buf)
	}
	return ok
}

// ackHop is where an ACK goes next. A name that is not known yet is asked for,
// for the repetition.
func (c *responseContext) ackHop(m *wire.Message, uri *wire.URI, now time.Time) (wire.Hop, bool) {
	bridge, next, ok := c.proxy.dialogTarget(c, m, uri)
	switch {
	case !ok:
		return wire.Hop{}, false
	case bridge != lb.NoBridge:
		return c.proxy.bridgeHop(bridge)
	}
	hop, known := c.proxy.hopOf(next, now)
	if !known {
		c.proxy.names.resolve(string(next.Host), func(netip.Addr) {})
	}
	return hop, known
}
