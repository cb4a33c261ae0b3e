package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Response takes any response. It goes to the branch that the topmost Via names;
// one that names none of ours is counted and dropped (RFC 6026 section 7.2). m must
// have parsed without fault and is not kept.
func (l *Layer) Response(now time.Time, m *wire.Message, from wire.Hop, out Sender) {
	sealed, ok := readBranch(m.Text(m.Via.Branch))
	if !ok || int(sealed.shard) >= len(l.shards) {
		l.strays.Add(1)
		return
	}
	s := l.shards[sealed.shard]
	if !s.enter(now, out) {
		return
	}
	defer s.leave()
	name, ok := s.cipher.open(sealed)
	if !ok {
		s.stats.StrayResponses++
		return
	}
	tx := s.lookup(name.slot, name.gen, ^uint32(0))
	if tx == nil {
		s.stats.StrayResponses++
		return
	}
	if b := tx.Branch(int(name.index)); b == nil || b.state == clientIdle {
		s.stats.StrayResponses++
	} else {
		s.response(b, m)
	}
	s.settle()
}

// response checks that m answers what b sent (RFC 3261 section 17.1.3), and that a
// response which must go further has a Via to go by.
func (s *shard) response(b *Branch, m *wire.Message) {
	switch {
	case m.Method == wire.CANCEL && s.tx.method == wire.INVITE:
		s.cancelResponse(b, m.Status)
	case m.Method != s.tx.method, m.Via.Last && s.tx.server != serverNone:
		s.stats.BadResponses++
	case m.Method == wire.INVITE:
		s.inviteResponse(b, m)
	default:
		s.nonInviteResponse(b, m)
	}
}

// Undelivered takes back the token of a message that could not be written. The
// branch fails with CauseTransport if it has had no response yet; later it is the
// transport of its peer that has gone, which a response may still survive. It must
// not be called from Sender.Send.
func (l *Layer) Undelivered(now time.Time, token uint64, err error, out Sender) {
	name, ok := readToken(token)
	if !ok || int(name.shard) >= len(l.shards) {
		return
	}
	s := l.shards[name.shard]
	if !s.enter(now, out) {
		return
	}
	defer s.leave()
	s.stats.Undelivered++
	tx := s.lookup(name.slot, name.gen, 1<<tokenGenBits-1)
	if tx == nil {
		return
	}
	if b := tx.Branch(int(name.index)); b != nil && b.state == clientCalling {
		tx.err = err
		s.fail(b, CauseTransport)
	}
	s.settle()
}
