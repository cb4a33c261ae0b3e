package transaction

import (
	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// Respond sends response p with this status to ResponseHop and drives the
// server half: 1xx are kept for retransmissions, a 2xx of an INVITE leads to
// Accepted (RFC 6026), a 3xx–6xx to Completed with timers G and H, a final one of
// another method to Completed with Timer J. p is copied. After a final response it
// sends nothing and reports false, except that further 2xx of an INVITE that was
// answered 2xx pass. It reports false too if there is no server half.
func (tx *Tx) Respond(status int, p []byte) bool {
	s, r := tx.shard, tx.record
	if status < 100 || status > 699 {
		return false
	}
	switch {
	case r.server.open():
	case r.server == serverAccepted && status/100 == 2:
		s.send(&r.hop, 0, p)
		return true
	default:
		return false
	}
	s.send(&r.hop, 0, p)
	switch {
	case status < 200:
		r.server = serverProceeding
		if status > 100 || r.response == 0 { // A late 100 does not hide a 180.
			s.keepResponse(r, p)
		}
	case r.method == wire.INVITE:
		s.finalInvite(r, status, p)
	default:
		s.finalNonInvite(r, status, p)
	}
	return true
}

// Drop ends the server half with no response, for requests that must stay
// unanswered (RFC 4320: no 408 for a non-INVITE). No-op after a final response.
func (tx *Tx) Drop() {
	if tx.server.open() {
		tx.shard.endServer(tx.record)
	}
}

// keepResponse keeps p as the answer to retransmissions of the request, which only
// an unreliable transport brings.
func (s *shard) keepResponse(r *record, p []byte) {
	s.buffers.free(&r.response)
	if !r.hop.reliable() {
		r.response = s.buffers.put(p)
	}
}

// retransmission answers a request that record i knows already with the last
// response. In Trying there is none yet, in Accepted and Confirmed none is due (RFC
// 6026 section 7.1, RFC 3261 section 17.2.1).
func (s *shard) retransmission(i uint32) {
	r := s.records.at(i)
	s.stats.Retransmitted++
	if r.response != 0 {
		s.stats.Resent++
		s.send(&r.hop, 0, s.buffers.get(r.response))
	}
}

// expireServer ends the server half when its last timer fires: H, I or L of an
// INVITE, J of others, or the guard. One that is still waited for gets the late 100.
func (s *shard) expireServer(r *record) {
	switch {
	case r.server == serverTrying && s.waits(r):
		s.lateTrying(r)
		return
	case r.server.open():
		s.stats.Orphaned++
		s.layer.log.Warn("A request was left without an answer, a branch or a timer; its transaction was dropped.",
			zap.Stringer("method", r.method), zap.Stringer("from", s.tx.From().Remote))
	case r.server == serverCompleted && r.method == wire.INVITE:
		s.stats.Unacknowledged++
	}
	s.endServer(r)
}

// send hands p to the sender of the event.
func (s *shard) send(h *hop, token uint64, p []byte) { s.tx.out.Send(s.places.unpack(h), token, p) }

// respondStateless answers a request for which there is no record, or not any more.
// The tag makes its ACK known.
func (s *shard) respondStateless(m *wire.Message, to, from wire.Hop, status int, reason string, tag key, extra []byte) {
	s.derived = s.appendResponse(m, from, status, reason, tag, extra)
	s.tx.out.Send(to, 0, s.derived)
}

func (s *shard) appendResponse(m *wire.Message, from wire.Hop, status int, reason string, tag key, extra []byte) []byte {
	return wire.AppendResponse(s.derived[:0], m, status, reason, wire.ResponseOptions{
		Source: from.Remote,
		ToTag:  s.layer.seeds.appendTag(s.tx.tag[:0], tag),
		Extra:  extra,
	})
}
