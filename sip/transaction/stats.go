package transaction

// Stats counts what the layer has done since New. Each call takes every shard's
// lock for a moment.
func (l *Layer) Stats() Stats {
	var sum Stats
	for _, s := range l.shards {
		sum.add(s.snapshot())
	}
	sum.StrayResponses += l.strays.Load()
	return sum
}

func (s *shard) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Open = uint64(s.records.used())
	st.BufferBytes = uint64(s.buffers.bytes)
	return st
}

func (a *Stats) add(b Stats) {
	a.Open += b.Open
	a.Requests += b.Requests
	a.Originated += b.Originated
	a.Retransmitted += b.Retransmitted
	a.Absorbed += b.Absorbed
	a.Cancels += b.Cancels
	a.StrayCancels += b.StrayCancels
	a.StrayResponses += b.StrayResponses
	a.BadResponses += b.BadResponses
	a.Refused += b.Refused
	a.Resent += b.Resent
	a.TimedOut += b.TimedOut
	a.Undelivered += b.Undelivered
	a.Unacknowledged += b.Unacknowledged
	a.Orphaned += b.Orphaned
	a.Panics += b.Panics
	a.BufferBytes += b.BufferBytes
}

// Stats are counters since New, save those called gauges.
type Stats struct {
	Open           uint64 // Gauge: records in use, lingering ones included.
	Requests       uint64 // Transactions opened by a request.
	Originated     uint64 // Transactions opened by Originate.
	Retransmitted  uint64 // Requests recognised as retransmissions.
	Absorbed       uint64 // ACKs of non-2xx finals that ended here.
	Cancels        uint64 // CANCELs that matched an INVITE.
	StrayCancels   uint64 // CANCELs answered 481.
	StrayResponses uint64 // Responses that name no branch of ours, or one that is gone.
	BadResponses   uint64 // Responses of a wrong method, or with no Via left to return to.
	Refused        uint64 // Requests refused or dropped because the table was full.
	Resent         uint64 // Requests and responses that the layer sent again.
	TimedOut       uint64 // Branches that failed by timer B or F.
	Undelivered    uint64 // Messages that the transport handed back.
	Unacknowledged uint64 // Timer H: no ACK came for a 3xx–6xx.
	Orphaned       uint64 // Server halves that the user left with nothing to wait for.
	Panics         uint64 // Panics of the user that the timer goroutines caught.
	BufferBytes    uint64 // Gauge: memory held for messages and responses.
}
