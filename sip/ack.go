package sip

import (
	"time"

	"github.com/cespare/xxhash/v2"

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
	hop, named, ok := p.ackHop(&routes, m, &uri, from, now)
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
	ok = w.buildACK(&routes, m, from, side)
	if ok && side.transport == wire.UDP && p.stack.TooLarge(hop.Remote.Addr(), len(w.buf)) {
		// Where TCP fails nobody hears of it; but it is remembered, and the ACK
		// of the repeated 2xx goes over UDP.
		if tcp, overTCP, may := p.tcpInstead(hop, named); may {
			hop, ok = tcp, w.buildACK(&routes, m, from, overTCP)
		}
	}
	if ok {
		out.Send(hop, 0, w.buf)
	}
	return ok
}

// buildACK writes the ACK as it leaves on one of our sides into w.buf.
func (w *work) buildACK(routes *routing, m *wire.Message, from wire.Hop, out side) (ok bool) {
	w.edits.Reset()
	routes.spliceRoutes(w, m)
	w.edits.StampVia(m, from.Remote)
	w.edits.MaxForwards(m, forwards(m))
	w.branch = appendStatelessBranch(w.branch[:0], m)
	w.via = appendVia(w.via[:0], out, w.branch)
	w.edits.PushVia(m, w.via)
	w.lengthFor(m, out.transport)
	w.buf, ok = w.edits.Apply(w.buf[:0], m.Bytes)
	return ok
}

// ackHop is where an ACK goes next, and whether the URI that says so names its
// transport. A name that is not known yet is asked for, for the repetition.
func (p *Proxy) ackHop(r *routing, m *wire.Message, uri *wire.URI, from wire.Hop, now time.Time) (hop wire.Hop, named, ok bool) {
	bridge, next, ok := p.dialogTarget(r, p.peers.Load().identify(from.Remote), m, uri)
	switch {
	case !ok:
		return wire.Hop{}, false, false
	case bridge != lb.NoBridge:
		hop, ok = dialogHop(p.bridgeServers(bridge), m, now)
		return hop, false, ok
	}
	if hop, ok = hopOf(&next); !ok {
		q := queryOf(&next)
		s, asked := p.serversOfURI(q, now)
		if !asked {
			p.names.resolve(q, func(*servers) {})
		}
		hop, ok = dialogHop(s, m, now)
	}
	return hop, namesTransport(&next), ok
}

// dialogHop is the server that the other requests of a dialog go to as well.
func dialogHop(s *servers, m *wire.Message, now time.Time) (wire.Hop, bool) {
	i, ok := s.choose(xxhash.Sum64(m.Text(m.CallID)), 0, now)
	if !ok {
		return wire.Hop{}, false
	}
	return s.list[i].hop(), true
}
