package transaction

import (
	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// Send builds the request of b, sends it and starts timers A and B, or E and F. A
// second call for the same branch does nothing.
func (tx *Tx) Send(b *Branch) {
	if b.state != clientIdle || tx.server != serverNone && !tx.server.open() {
		return
	}
	s := tx.shard
	b.state = clientCalling
	b.sentAt = s.clock.in(0)
	p := s.build(b)
	if len(p) == 0 {
		b.flags |= branchUnsent
		b.expireAt = b.sentAt
		return
	}
	s.send(&b.hop, b.token(), p)
	b.expireAt = s.clock.in(s.layer.times.wait) // Timer B or F.
	if !b.hop.reliable() {
		b.interval = s.layer.times.t1 // Timer A or E.
		b.resendAt = s.clock.in(b.interval)
	}
}

// Abandon gives a branch up: the request is not retransmitted any more, an INVITE
// that has or gets a provisional response is CANCELled, 3xx–6xx are ACKed and not
// shown, failures are not shown; only a late 2xx still goes to User.Response. It
// combines with Cancel, whose headers the CANCEL then carries.
func (tx *Tx) Abandon(b *Branch) {
	s := tx.shard
	b.flags |= branchAbandoned
	switch {
	case b.state == clientIdle, b.state.pending() && tx.method != wire.INVITE:
		b.terminate(s)
	case b.state == clientCalling:
		b.resendAt = 0
	case b.state == clientProceeding && b.flags&branchCancelSent == 0:
		s.sendCancel(b, nil)
	}
}

// build asks the user for the request as it goes out on b.
func (s *shard) build(b *Branch) []byte {
	s.built = s.layer.user.Build(&s.tx, b, s.built[:0])
	return s.built
}

// buildParsed builds the request of b and indexes it, to derive ACK or CANCEL. It
// reports false if that cannot be done.
func (s *shard) buildParsed(b *Branch) bool {
	if s.tx.flags&flagReleased != 0 {
		return false // Only after a fault that was logged when the CANCEL was prepared.
	}
	if err := s.parsed.Parse(s.build(b)); err != nil {
		s.layer.log.Error("A request of our own does not parse; no ACK or CANCEL can be made from it.", zap.Error(err))
		return false
	}
	return true
}

// terminate ends the branch.
func (b *Branch) terminate(s *shard) {
	b.state = clientTerminated
	b.resendAt, b.expireAt = 0, 0
	s.buffers.free(&b.keep)
	b.flags &^= branchKeepsExtra | branchKeepsCancel
}

// fail ends the branch and tells the user, unless the branch was given up.
func (s *shard) fail(b *Branch, cause Cause) {
	b.terminate(s)
	if b.flags&branchAbandoned == 0 {
		s.layer.user.Failed(&s.tx, b, cause)
	}
}

// resendBranch is Timer A or E, of the request or of its CANCEL.
func (s *shard) resendBranch(b *Branch) {
	t := &s.layer.times
	s.stats.Resent++
	b.interval *= 2
	switch {
	case b.flags&branchCancelSent != 0:
		s.send(&b.hop, 0, s.buffers.get(b.keep))
		b.interval = min(b.interval, t.t2)
	default:
		s.send(&b.hop, b.token(), s.build(b))
		if s.tx.method != wire.INVITE {
			b.interval = min(b.interval, t.t2)
		}
	}
	b.resendAt = s.clock.in(b.interval)
}

// expireBranch is the last timer of the branch's state: B or F, C, the wait after a
// CANCEL, or D, K or M.
func (s *shard) expireBranch(b *Branch) {
	switch {
	case b.flags&branchUnsent != 0:
		s.fail(b, CauseTransport)
	case b.state == clientProceeding && s.tx.method == wire.INVITE && b.flags&branchCancelSent == 0:
		b.expireAt = s.clock.in(s.timerC())
		s.layer.user.Failed(&s.tx, b, CauseTimerC)
	case b.state.pending():
		s.stats.TimedOut++
		s.fail(b, CauseTimeout)
	default:
		b.terminate(s)
	}
}

// timerC is Timer C of the bound transaction, in milliseconds.
func (s *shard) timerC() uint32 {
	if c := s.tx.timerC; c != 0 {
		return c
	}
	return s.layer.times.c
}
