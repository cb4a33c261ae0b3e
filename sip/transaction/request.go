package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Request takes any request. A retransmission gets the last response again, or
// nothing. An ACK of a non-2xx final is absorbed, any other goes to User.ACK. A
// CANCEL of a known INVITE is answered 200 and goes to User.Cancelled; an unknown
// one is answered 481. All else opens a transaction and goes to User.Request; if
// the table is full, an INVITE is answered 503 with Retry-After and others are
// dropped. m must have parsed without fault and is not kept.
func (l *Layer) Request(now time.Time, m *wire.Message, from wire.Hop, out Sender) {
	own, invite := l.seeds.keys(m)
	s := l.shardOf(own)
	switch m.Method {
	case wire.ACK:
		if !s.ack(now, invite, m, out) {
			l.user.ACK(now, m, from, out)
		}
	case wire.CANCEL:
		s.cancel(now, own, invite, m, from, out)
	default:
		s.request(now, own, m, from, out)
	}
}

func (s *shard) request(now time.Time, k key, m *wire.Message, from wire.Hop, out Sender) {
	if !s.enter(now, out) {
		return
	}
	defer s.leave()
	if i := s.index.find(k); i != 0 {
		s.retransmission(i)
		return
	}
	to := ResponseHop(m, from)
	i := s.open()
	if i == 0 {
		if m.Method == wire.INVITE {
			s.respondStateless(m, to, from, 503, "Service Unavailable", k, s.layer.retryAfter)
		}
		return
	}
	s.stats.Requests++
	r := s.records.at(i)
	r.key, r.method = k, m.Method
	r.hop, r.source = s.places.pack(to), from.Remote.Port()
	r.server = serverTrying
	if m.Method == wire.INVITE {
		r.server = serverProceeding
	}
	s.index.insert(i)
	tx := s.bind(i)
	tx.message, s.incoming = m.Bytes, m
	s.layer.user.Request(tx, m)
	s.settle()
}

// ack reports whether an ACK ends here; the user gets the others with no lock held.
func (s *shard) ack(now time.Time, k key, m *wire.Message, out Sender) bool {
	if !s.enter(now, out) {
		return true
	}
	defer s.leave()
	return s.acknowledged(s.index.find(k), k, m)
}
