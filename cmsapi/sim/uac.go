package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// errStopped says that a bridge's SIP side is not running.
var errStopped = errors.New("sim: the bridge's SIP side is stopped")

// Hangup sends BYE for a connected call, along its route set, and waits for
// the answer; a ringing incoming call is refused with 480, a ringing outgoing
// one cancelled. A call whose 200 is not acknowledged yet is an error, as a
// BYE would be too early (RFC 3261 section 15).
func (b *Bridge) Hangup(ctx context.Context, call string) error {
	defer b.group.notify()
	b.mu.Lock()
	l := b.leg(call)
	switch {
	case l == nil:
		b.mu.Unlock()
		return fmt.Errorf("%w: %q", ErrNoCall, call)
	case l.State == StateRinging:
		b.drop(l, "local teardown")
		b.mu.Unlock()
		return nil
	case l.State != StateConnected:
		b.mu.Unlock()
		return fmt.Errorf("sim: call %q is not acknowledged yet", call)
	}
	e := l.e
	text, to, _, err := l.nextRequest("BYE", "")
	l.finish("local teardown")
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return e.ask(ctx, "BYE", text, to)
}

// drop ends a call from our side without waiting. The caller holds mu.
func (b *Bridge) drop(l *leg, reason string) {
	if l.State == StateRinging {
		if l.Direction == Outgoing {
			l.abort()
			return
		}
		l.refuse(480, reason)
		return
	}
	e := l.e
	text, to, _, err := l.nextRequest("BYE", "")
	l.finish(reason)
	if err != nil {
		b.log.Warn("no BYE", zap.Error(err))
		return
	}
	e.background(func(ctx context.Context) {
		if err := e.ask(ctx, "BYE", text, to); err != nil {
			b.log.Debug("BYE failed", zap.Error(err))
		}
	})
}

// ask sends a request that is no INVITE and waits for its final response.
func (e *endpoint) ask(ctx context.Context, method, text string, to hop) error {
	tx, err := e.newClient(ctx, text, to)
	if err != nil {
		return err
	}
	res, err := tx.final(ctx)
	if err != nil {
		return fmt.Errorf("%s to %s: %w", method, to, err)
	}
	return refusedBy(method, res)
}

// Answer sends the 200 of a ringing incoming call now.
func (b *Bridge) Answer(call string) error {
	defer b.group.notify()
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.leg(call)
	if l == nil {
		return fmt.Errorf("%w: %q", ErrNoCall, call)
	}
	if l.State != StateRinging || l.Direction != Incoming {
		return fmt.Errorf("sim: call %q does not ring here", call)
	}
	if l.ring != nil {
		l.ring.Stop()
	}
	l.answer()
	return nil
}

// Reinvite sends a re-INVITE with a new offer, waits for the answer and sends
// the ACK. What the peer refused is a *Refused. If ctx ends first it returns
// at once, and the re-INVITE is cancelled.
func (b *Bridge) Reinvite(ctx context.Context, call string) error {
	return b.change3264(ctx, call, "INVITE")
}

// Update sends an UPDATE (RFC 3311) with a new offer and waits for the answer.
// What the peer refused is a *Refused.
func (b *Bridge) Update(ctx context.Context, call string) error {
	return b.change3264(ctx, call, "UPDATE")
}

// change3264 makes a new offer inside a call (RFC 3264 section 8).
func (b *Bridge) change3264(ctx context.Context, call, method string) error {
	defer b.group.notify()
	b.mu.Lock()
	l := b.leg(call)
	if l == nil {
		b.mu.Unlock()
		return fmt.Errorf("%w: %q", ErrNoCall, call)
	}
	if l.State != StateConnected || l.busy {
		b.mu.Unlock()
		return fmt.Errorf("sim: call %q cannot be changed now", call)
	}
	e := l.e
	text, to, cseq, err := l.nextRequest(method, l.describe(offerMedia()))
	l.busy = err == nil
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return e.await(ctx, func() error { return b.changed3264(ctx, l, method, text, to, cseq) })
}

// changed3264 sees the request of change3264 through.
func (b *Bridge) changed3264(ctx context.Context, l *leg, method, text string, to hop, cseq uint32) error {
	defer b.group.notify()
	e := l.e
	m, err := e.transact(ctx, method, text, to, b.group.opts.T1)
	b.mu.Lock()
	l.busy = false
	running := b.legs[l.Leg] == l
	accepted := m != nil && m.status/100 == 2 // also by an answer that crossed our CANCEL
	var refused *Refused
	switch {
	case accepted && running:
		if c := m.contact(); c != "" {
			l.remoteTarget = c
		}
		if answer, serr := readSDP(m.get("content-type"), m.body); serr == nil {
			l.charge(units(answer))
		}
	case running && errors.As(err, &refused) && (refused.Status == 481 || refused.Status == 408):
		l.finish("remote SIP teardown") // RFC 3261 section 12.2.1.2
	}
	var ack string
	var aerr error
	if accepted && method == "INVITE" {
		ack, to, aerr = l.request("ACK", cseq, "")
	}
	b.mu.Unlock()
	if ack != "" && aerr == nil {
		aerr = e.acknowledge2xx(context.WithoutCancel(ctx), m.tx, ack, to)
	}
	return errors.Join(err, aerr)
}

// await runs f in the background and waits for its error, ctx or the end of
// the SIP side.
func (e *endpoint) await(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	e.background(func(context.Context) { done <- f() })
	select {
	case err := <-done:
		return err
	case <-e.ctx.Done():
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// acknowledge2xx sends the ACK of a 2xx, and again whenever that comes again
// (RFC 3261 section 13.2.2.4).
func (e *endpoint) acknowledge2xx(ctx context.Context, tx *clientTx, ack string, h hop) error {
	to, err := e.resolve(ctx, h)
	if err != nil {
		return err
	}
	write, err := e.writer(ctx, h.network, to)
	if err != nil {
		return err
	}
	tx.ack.Store(&repeatedACK{write, ack})
	return write([]byte(ack))
}

// transact sends a request and waits for its final response, which must be a
// 2xx. If ctx ends before, an INVITE is cancelled; a 2xx that comes all the
// same is returned with the context's error.
func (e *endpoint) transact(ctx context.Context, method, text string, to hop, t1 time.Duration) (*message, error) {
	tx, err := e.newClient(ctx, text, to)
	if err != nil {
		return nil, err
	}
	if method != "INVITE" {
		res, err := tx.final(ctx)
		if err != nil {
			return nil, err
		}
		return messageOf(res), refusedBy(method, res)
	}
	done := ctx.Done()
	var giveUp <-chan time.Time
	provisional, cancelled := false, false
	for {
		select {
		case res := <-tx.fsm.Responses():
			if res.IsProvisional() {
				if provisional = true; ctx.Err() != nil && !cancelled {
					cancelled = true
					e.cancel(tx, to)
				}
				continue
			}
			m := messageOf(res)
			m.tx = tx
			if err := refusedBy(method, res); err != nil {
				return m, errors.Join(err, ctx.Err())
			}
			return m, ctx.Err()
		case <-tx.fsm.Done():
			return nil, errors.Join(errNoAnswer, ctx.Err())
		case <-done:
			done = nil
			giveUp = time.After(64 * t1)
			if provisional {
				cancelled = true
				e.cancel(tx, to)
			}
		case <-giveUp:
			tx.fsm.Terminate()
			return nil, errors.Join(errNoAnswer, ctx.Err())
		case <-e.ctx.Done():
			tx.fsm.Terminate()
			return nil, errStopped
		}
	}
}

// cancel sends the CANCEL of an INVITE in the background.
func (e *endpoint) cancel(tx *clientTx, to hop) {
	text := cancelOf(tx.m)
	e.background(func(ctx context.Context) { _ = e.ask(ctx, "CANCEL", text, to) })
}
