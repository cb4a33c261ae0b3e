package transaction

import "bridgehead/sip/wire"

// release frees the request of the bound record as soon as nothing can need it: the
// server half has its final response, so no branch will be added, and no branch has
// it still to send. A branch that may yet need a CANCEL or an ACK gets its CANCEL
// made now, from which both come (RFC 3261 sections 9.1, 17.1.1.3), a third of the
// request's size or less.
func (s *shard) release(r *record) {
	if r.server == serverNone || r.server.open() || r.flags&(flagReleased|flagOwn) != 0 {
		return
	}
	for n := range r.nbranches {
		b := &s.views[n]
		if b.state == clientIdle {
			b.terminate(s)
		}
		if b.state.pending() && b.resendAt != 0 && b.flags&branchCancelSent == 0 {
			return // Still retransmitting.
		}
	}
	if r.method == wire.INVITE {
		for n := range r.nbranches {
			if b := &s.views[n]; b.state.pending() {
				s.prepareCancel(b, nil)
			}
		}
	}
	s.buffers.free(&r.message)
	s.tx.message = nil
	r.flags |= flagReleased
	if s.layer.releaser != nil {
		s.layer.releaser.Released(&s.tx)
	}
}
