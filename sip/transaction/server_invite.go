package transaction

import "bridgehead/sip/wire"

// finalInvite takes the server half of an INVITE out of Proceeding (RFC 3261
// section 17.2.1, RFC 6026 section 7.1).
func (s *shard) finalInvite(r *record, status int, p []byte) {
	t := &s.layer.times
	r.final = uint16(status)
	r.expireAt = s.linger(t.wait)
	if status < 300 {
		// Timer L. The UAS repeats the 2xx itself, so nothing is kept.
		s.buffers.free(&r.response)
		r.server = serverAccepted
		return
	}
	r.server = serverCompleted // Timer H.
	s.keepResponse(r, p)
	if !r.hop.reliable() {
		r.interval = t.t1
		r.resendAt = s.clock.in(r.interval)
	}
}

// resendFinal is Timer G.
func (s *shard) resendFinal(r *record) {
	s.stats.Resent++
	s.send(&r.hop, 0, s.buffers.get(r.response))
	r.interval = min(2*r.interval, s.layer.times.t2)
	r.resendAt = s.clock.in(r.interval)
}

// acknowledged takes an ACK that may belong to the INVITE with this key. It
// reports true if the ACK ends here: it acknowledges a non-2xx, or an answer of
// ours that is forgotten, or it makes no sense. Else it is one for a 2xx.
func (s *shard) acknowledged(i uint32, k key, m *wire.Message) bool {
	if i == 0 {
		var tag [tagLen]byte
		if string(s.layer.seeds.appendTag(tag[:0], k)) == string(m.Text(m.ToTag)) {
			s.stats.Absorbed++
			return true
		}
		return false
	}
	r := s.records.at(i)
	switch r.server {
	case serverAccepted:
		return false
	case serverCompleted:
		s.bind(i)
		s.confirm(r)
		s.settle()
	}
	s.stats.Absorbed++
	return true
}

// confirm goes from Completed to Confirmed, where Timer I absorbs further ACKs.
func (s *shard) confirm(r *record) {
	if r.hop.reliable() {
		s.endServer(r)
		return
	}
	r.server = serverConfirmed
	r.resendAt, r.expireAt = 0, s.linger(s.layer.times.t4)
	s.buffers.free(&r.response)
}
