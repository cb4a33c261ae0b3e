package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Originate opens a Tx with no server half, for a request of our own, and runs
// start under the shard's lock; start calls tx.NewBranch and tx.Send. The Tx ends
// when no branch is live and no user timer is set. It reports false, and start is
// not run, when the table is full or the layer closed. It must not be called from a
// callback.
func (l *Layer) Originate(now time.Time, method wire.Method, data any, out Sender, start func(tx *Tx)) bool {
	s := l.shards[l.turn.Add(1)%uint32(len(l.shards))]
	if !s.enter(now, out) {
		return false
	}
	defer s.leave()
	i := s.open()
	if i == 0 {
		return false
	}
	s.stats.Originated++
	s.records.at(i).method = method
	*s.dataOf(i) = data
	start(s.bind(i))
	s.settle()
	return true
}

// Post runs f for the Tx that ref names, under its shard's lock, as if in a
// callback. It reports false, and f is not run, when that Tx has ended. It must
// not be called from a callback.
func (l *Layer) Post(ref Ref, now time.Time, out Sender, f func(tx *Tx)) bool {
	if int(ref.shard) >= len(l.shards) {
		return false
	}
	s := l.shards[ref.shard]
	if !s.enter(now, out) {
		return false
	}
	defer s.leave()
	tx := s.lookup(ref.slot, ref.gen, ^uint32(0))
	if tx == nil {
		return false
	}
	f(tx)
	s.settle()
	return true
}
