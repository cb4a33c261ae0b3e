package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// cancel takes a CANCEL from upstream (RFC 3261 sections 9.2 and 16.10). own is its
// key, invite that of the request that it cancels.
func (s *shard) cancel(now time.Time, own, invite key, m *wire.Message, from wire.Hop, out Sender) {
	if !s.enter(now, out) {
		return
	}
	defer s.leave()
	if i := s.index.find(own); i != 0 {
		s.retransmission(i)
		return
	}
	to := ResponseHop(m, from)
	i := s.index.find(invite)
	if i == 0 {
		s.stats.StrayCancels++
		s.respondStateless(m, to, from, 481, "Call/Transaction Does Not Exist", invite, nil)
		return
	}
	s.stats.Cancels++
	s.respondStateless(m, to, from, 200, "OK", invite, nil)
	s.absorbCancels(own, s.places.pack(to))
	r := s.records.at(i)
	if r.server != serverProceeding || r.flags&flagCancelled != 0 {
		return
	}
	r.flags |= flagCancelled
	s.layer.user.Cancelled(s.bind(i), m)
	s.settle()
}

// absorbCancels opens a transaction for the CANCEL that was just answered with
// s.derived, so that its repetitions get the same even when the INVITE is gone. A
// reliable transport has none, and a full table goes without.
func (s *shard) absorbCancels(k key, to hop) {
	if to.reliable() {
		return
	}
	i := s.open()
	if i == 0 {
		return
	}
	r := s.records.at(i)
	r.key, r.hop, r.method = k, to, wire.CANCEL
	r.flags |= flagOwn
	r.server, r.final = serverCompleted, 200
	r.response = s.buffers.put(s.derived)
	r.expireAt = s.linger(s.layer.times.wait) // Timer J.
	s.index.insert(i)
	s.schedule(i, r, r.expireAt)
}

// Cancel cancels an INVITE branch (RFC 3261 section 9.1): at once if it has a
// provisional response, else as soon as one comes, and not at all if a final one
// comes first. extraHeaders are whole lines with CRLF, such as Reason; they are
// copied. If no final response comes within 64*T1 of the CANCEL, the branch fails
// with CauseTimeout. A branch that was not sent yet is done at once, with no
// callback. Repeated calls and calls for other methods do nothing.
func (tx *Tx) Cancel(b *Branch, extraHeaders []byte) {
	s := tx.shard
	if tx.method != wire.INVITE || b.flags&(branchCancel|branchCancelSent) != 0 {
		return
	}
	switch b.state {
	case clientIdle:
		b.terminate(s)
	case clientCalling:
		b.flags |= branchCancel
		if len(extraHeaders) > 0 && b.keep == 0 {
			b.keep = s.buffers.put(extraHeaders)
			b.flags |= branchKeepsExtra
		}
	case clientProceeding:
		s.sendCancel(b, extraHeaders)
	}
}

// prepareCancel makes the CANCEL of b and keeps it, to be sent now or if a
// provisional response comes, and to make the ACK from. Then the request itself is
// not needed any more.
func (s *shard) prepareCancel(b *Branch, extra []byte) {
	if b.flags&branchKeepsCancel != 0 || !s.buildParsed(b) {
		return
	}
	if b.flags&branchKeepsExtra != 0 {
		extra = s.buffers.get(b.keep)
	}
	s.derived = wire.AppendCANCEL(s.derived[:0], &s.parsed, extra)
	s.buffers.free(&b.keep)
	b.keep = s.buffers.put(s.derived)
	b.flags = b.flags&^branchKeepsExtra | branchKeepsCancel
}

// sendCancel sends the CANCEL of a branch in Proceeding. It is a client
// transaction of its own, whose timers take the place of the INVITE's: Timer C has
// nothing to bound any more, and both wait 64*T1 for the end (section 9.1).
func (s *shard) sendCancel(b *Branch, extra []byte) {
	t := &s.layer.times
	s.prepareCancel(b, extra)
	b.flags |= branchCancel | branchCancelSent
	b.expireAt = s.clock.in(t.wait)
	if b.flags&branchKeepsCancel == 0 {
		return
	}
	s.send(&b.hop, 0, s.buffers.get(b.keep))
	if !b.hop.reliable() {
		b.interval = t.t1
		b.resendAt = s.clock.in(b.interval)
	}
}

// cancelResponse takes a response to the CANCEL of b, which ends here: a final one
// stops its retransmission, a provisional one slows it down. What becomes of the
// call, the response to the INVITE tells.
func (s *shard) cancelResponse(b *Branch, status int) {
	if b.state != clientProceeding || b.flags&branchCancelSent == 0 || b.resendAt == 0 {
		return
	}
	b.resendAt = 0
	if status < 200 {
		b.interval = s.layer.times.t2
		b.resendAt = s.clock.in(b.interval)
	}
}
