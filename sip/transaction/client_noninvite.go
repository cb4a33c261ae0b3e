package transaction

import "bridgehead/sip/wire"

// nonInviteResponse drives a branch of a request other than INVITE (RFC 3261
// section 17.1.2.2). After the final response Timer K absorbs repetitions.
func (s *shard) nonInviteResponse(b *Branch, m *wire.Message) {
	if !b.state.pending() {
		return
	}
	b.status = uint16(m.Status)
	switch {
	case m.Status < 200:
		b.state = clientProceeding
		b.flags |= branchProvisional
		b.interval = s.layer.times.t2 // Timer E goes on, slowly.
	default:
		b.terminate(s)
		if !b.hop.reliable() {
			b.state = clientCompleted
			b.expireAt = s.linger(s.layer.times.t4)
		}
	}
	s.layer.user.Response(&s.tx, b, m)
}
