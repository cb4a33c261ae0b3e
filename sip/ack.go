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
// counted, and the repeated 2xx brings the next one. An ACK of a refusal that
// was made without state ends here.
func (p *Proxy) ACK(now time.Time, m *wire.Message, from wire.Hop, out transaction.Sender) {
	switch {
	case isStatelessTag(m):
	case !p.forwardACK(now, m, from, out):
		p.counts.lostACK.Add(1)
	case !m.Body.Empty():
		p.answerInACK(m)
	}
}

// answerInACK corrects what a call with a delayed offer is expected to cost:
// the answer to the bridge's offer comes with the ACK (R10).
func (p *Proxy) answerInACK(m *wire.Message) {
	if e, ok := p.calls.find(m.Text(m.CallID), false); ok {
		p.set.Selector.SetCost(e.placement, costOf(&p.set.Rules.Costs, m.Text(m.Body)))
	}
}

func (p *Proxy) forwardACK(now time.Time, m *wire.Message, from wire.Hop, out transaction.Sender) bool {
	uri, err := wire.ParseURI(m.Text(m.RequestURI))
	if err != nil || !uri.IsSIP() || m.ToTag.Empty() || m.MaxForwards == 0 {
		return false
	}
	routes, r := p.preprocess(m, &uri, from)
	if r != nil {
		return false
	}
	hop, ok := p.ackHop(&routes, m, &uri, from, now)
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
	routes.spliceRoutes(w, m)
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
func (p *Proxy) ackHop(r *routing, m *wire.Message, uri *wire.URI, from wire.Hop, now time.Time) (wire.Hop, bool) {
	bridge, next, ok := p.dialogTarget(r, p.peers.Load().identify(from.Remote), m, uri)
	switch {
	case !ok:
		return wire.Hop{}, false
	case bridge != lb.NoBridge:
		return p.bridgeHop(bridge)
	}
	hop, known := p.hopOf(&next, now)
	if !known {
		p.names.resolve(hostKey(targetHost(&next)), func([]netip.Addr) {})
	}
	return hop, known
}
