package transaction

import "bridgehead/sip/wire"

// inviteResponse drives an INVITE branch (RFC 3261 section 17.1.1.2, RFC 6026
// section 7.2).
func (s *shard) inviteResponse(b *Branch, m *wire.Message) {
	shown := b.flags&branchAbandoned == 0
	switch {
	case b.state.pending():
		b.status = uint16(m.Status)
		switch {
		case m.Status < 200:
			s.inviteProvisional(b, m.Status)
		case m.Status < 300:
			s.inviteAccepted(b)
			shown = true // The callee is off hook: somebody must know.
		default:
			s.inviteRefused(b, m)
		}
	case b.state == clientAccepted:
		shown = m.Status/100 == 2 // The UAS misses its ACK, or a further fork answers.
	default:
		if b.keep != 0 && m.Status >= 300 {
			s.stats.Resent++
			s.send(&b.hop, 0, s.buffers.get(b.keep))
		}
		shown = false
	}
	if shown {
		s.layer.user.Response(&s.tx, b, m)
	}
}

// inviteProvisional stops timers A and B and lets Timer C run: from the sending on,
// and anew with each 1xx but 100 (section 16.7 step 2).
func (s *shard) inviteProvisional(b *Branch, status int) {
	if b.state == clientCalling {
		b.state = clientProceeding
		b.flags |= branchProvisional
		b.resendAt = 0
		b.expireAt = max(b.sentAt+instant(s.timerC()), 1)
	}
	if b.flags&branchCancelSent != 0 {
		return // It has 64*T1 to end, whatever it says.
	}
	if status > 100 {
		b.expireAt = s.clock.in(s.timerC())
	}
	if b.flags&(branchCancel|branchAbandoned) != 0 {
		s.sendCancel(b, nil)
	}
}

// inviteAccepted enters Accepted with Timer M, to pass repeated 2xx.
func (s *shard) inviteAccepted(b *Branch) {
	b.terminate(s)
	b.state = clientAccepted
	b.expireAt = s.linger(s.layer.times.wait)
}

// inviteRefused acknowledges a 3xx–6xx at once. Over an unreliable transport the
// ACK is kept for Timer D, to answer each repetition; the request need not be.
func (s *shard) inviteRefused(b *Branch, m *wire.Message) {
	made := false
	if b.flags&branchKeepsCancel != 0 {
		// A CANCEL has all of the INVITE that an ACK needs.
		made = s.parsed.Parse(s.buffers.get(b.keep)) == nil
	} else {
		made = s.buildParsed(b)
	}
	if made {
		s.derived = wire.AppendACK(s.derived[:0], &s.parsed, m)
		s.send(&b.hop, 0, s.derived)
	}
	b.terminate(s)
	if b.hop.reliable() {
		return
	}
	b.state = clientCompleted
	b.expireAt = s.linger(s.layer.times.wait)
	if made {
		b.keep = s.buffers.put(s.derived)
	}
}
