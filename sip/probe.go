package sip

import (
	"context"
	"strconv"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// suspectEvery is how often a bridge is probed that calls found silent: it gets
// no call before it answers, so it is asked often, and also where the operator
// wants no other probes.
const suspectEvery = 2 * time.Second

// probe sends OPTIONS to every bridge in turn, spread over the interval, and
// to the suspects at once and then often. The results are an input of rule
// R11.
func (p *Proxy) probe(ctx context.Context) {
	out := p.stack.NewBatch()
	send := func(id int) {
		p.sendProbe(lb.BridgeID(id), out)
		out.Flush()
	}
	suspects := func() {
		for id := range p.bridges {
			if p.set.Selector.Suspect(lb.BridgeID(id)) {
				send(id)
			}
		}
	}
	var turn <-chan time.Time // never, where probes are off
	if every := p.set.Policy.OptionsInterval; every > 0 && len(p.bridges) > 0 {
		for id := range p.bridges {
			send(id) // once at the start, so that readiness is known soon
		}
		t := time.NewTicker(every / time.Duration(len(p.bridges)))
		defer t.Stop()
		turn = t.C
	}
	var again <-chan time.Time
	if p.reprobe > 0 {
		t := time.NewTicker(p.reprobe)
		defer t.Stop()
		again = t.C
	}
	for next := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-p.suspected:
			suspects()
		case <-again:
			suspects()
		case <-turn:
			send(next % len(p.bridges))
			next++
		}
	}
}

// wakeProbe asks for a probe of the suspects now; it never blocks.
func (p *Proxy) wakeProbe() {
	select {
	case p.suspected <- struct{}{}:
	default:
	}
}

// OptionsRTT is how long a bridge took to answer the newest OPTIONS that it
// answered, 0 before the first. Safe for concurrent use.
func (p *Proxy) OptionsRTT(id lb.BridgeID) time.Duration {
	return time.Duration(p.bridges[id].rtt.Load())
}

// probing is one OPTIONS on its way to a bridge.
type probing struct {
	proxy  *Proxy
	bridge lb.BridgeID
	callID string
	side   side
	at     *servers // of the bridge
	began  time.Time
	done   bool
}

func (p *Proxy) sendProbe(id lb.BridgeID, out transaction.Sender) {
	now := time.Now()
	at := p.bridgeServers(id)
	i, ok := at.choose(0, 0, now)
	if !ok {
		p.set.Selector.Reach(id, false, now)
		return
	}
	hop := at.list[i].hop()
	s, local, err := p.sideOf(hop)
	if err != nil {
		p.set.Selector.Reach(id, false, now)
		return
	}
	hop.Listener, hop.Local = local.Listener, local.Addr
	x := &probing{proxy: p, bridge: id, side: s, at: at, began: now, callID: strconv.FormatUint(p.probes.Add(1), 36) + "." + p.instance}
	p.layer.Originate(now, wire.OPTIONS, x, out, func(tx *transaction.Tx) {
		if b := tx.NewBranch(hop, 0); b != nil {
			tx.Send(b)
			tx.SetTimer(p.set.Rules.AttemptTimeout)
		}
	})
}

// build writes the OPTIONS request (RFC 3261 section 11.1).
func (x *probing) build(_ *transaction.Tx, b *transaction.Branch, dst []byte) []byte {
	to := x.proxy.bridges[x.bridge]
	dst = append(dst, "OPTIONS sip:"...)
	dst = appendHostPort(dst, side{host: bracketed(to.SIP.Host), port: to.SIP.Port})
	if t := to.SIP.Transport; t != wire.UDP {
		dst = append(append(dst, ";transport="...), t.Param()...)
	}
	dst = append(dst, " SIP/2.0\r\n"...)
	dst = appendVia(dst, x.side, b.ID())
	dst = append(dst, "Max-Forwards: 1\r\nFrom: <sip:bridgehead@"...)
	dst = appendHostPort(dst, x.side)
	dst = append(dst, ">;tag="...)
	dst = append(dst, x.proxy.instance...)
	dst = append(dst, "\r\nTo: <sip:"...)
	dst = appendHostPort(dst, side{host: bracketed(to.SIP.Host), port: to.SIP.Port})
	dst = append(dst, ">\r\nCall-ID: "...)
	dst = append(dst, x.callID...)
	dst = append(dst, "\r\nCSeq: 1 OPTIONS\r\nContact: <sip:bridgehead@"...)
	dst = appendHostPort(dst, x.side)
	if x.side.transport != wire.UDP {
		dst = append(append(dst, ";transport="...), x.side.transport.Param()...)
	}
	return append(dst, ">\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n"...)
}

// response: any answer at all proves that the bridge's SIP side is alive; a
// 503 with Retry-After also says how long it wants no calls.
func (x *probing) response(tx *transaction.Tx, _ *transaction.Branch, m *wire.Message) {
	if m.Status < 200 {
		return
	}
	tx.StopTimer()
	x.proxy.bridges[x.bridge].rtt.Store(int64(tx.Now().Sub(x.began)))
	x.result(true, tx.Now())
	if m.Status == 503 {
		x.proxy.set.Selector.Evidence(x.bridge, lb.Evidence{Kind: lb.Unavailable503, RetryAfter: retryAfterOf(m)}, tx.Now())
	}
}

func (x *probing) failed(tx *transaction.Tx, b *transaction.Branch, _ transaction.Cause) {
	tx.StopTimer()
	x.at.fail(b.Hop().Remote, tx.Now())
	x.result(false, x.began) // silence is as old as the question
}

// timer: silence for as long as a call would wait is a failure, though the
// transaction goes on repeating the request for longer.
func (x *probing) timer(tx *transaction.Tx) {
	x.result(false, x.began) // silence is as old as the question
	for b := range tx.Branches() {
		x.at.fail(b.Hop().Remote, tx.Now())
		tx.Abandon(b)
	}
}

func (x *probing) result(ok bool, at time.Time) {
	if x.done && !ok {
		return
	}
	x.done = true
	x.proxy.set.Selector.Reach(x.bridge, ok, at)
}

func (x *probing) cancelled(*transaction.Tx, *wire.Message) {}
func (x *probing) ended(*transaction.Tx)                    {}
