package transaction

import (
	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// finalNonInvite takes the server half of a request other than INVITE into
// Completed, where Timer J absorbs retransmissions; a reliable transport has none, and
// the half is over at once (RFC 3261 section 17.2.2).
func (s *shard) finalNonInvite(r *record, status int, p []byte) {
	r.final = uint16(status)
	if r.hop.reliable() {
		s.endServer(r)
		return
	}
	r.server = serverCompleted
	s.keepResponse(r, p)
	r.expireAt = s.linger(s.layer.times.wait)
}

// lateTrying sends the one provisional response that a request other than INVITE
// gets, once its client would repeat it no more often for having it: a 100, to a
// client that has waited for all of Timer E's growth (RFC 4320 section 4.1). Before
// that it would only be one message more.
func (s *shard) lateTrying(r *record) {
	r.expireAt = 0
	m := &s.parsed
	if err := m.Parse(s.tx.Message()); err != nil {
		s.layer.log.Error("A kept request does not parse; it gets no late 100.", zap.Error(err))
		return
	}
	s.derived = wire.AppendResponse(s.derived[:0], m, 100, "Trying", wire.ResponseOptions{Source: s.tx.From().Remote})
	s.tx.Respond(100, s.derived)
}
