package transaction

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
