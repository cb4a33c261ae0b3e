package transaction

import (
	"math"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// portion is how many records the timer goroutine handles before it lets go of the
// lock and flushes, so that a great many that are due at once delay no message.
const portion = 64

// run is the timer goroutine of a shard: it sleeps until the next deadline, or
// until an earlier one is set.
func (s *shard) run(out Flusher) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.layer.done:
			return
		case <-s.wake:
		case <-timer.C:
		}
		for s.expire(time.Now(), out) {
			out.Flush()
		}
		out.Flush()
		if d, ok := s.rest(time.Now()); ok {
			timer.Reset(d)
		} else {
			timer.Stop()
		}
	}
}

// rest says how long to sleep, or that there is nothing to wait for.
func (s *shard) rest(now time.Time) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock.set(now)
	tick, ok := s.wheel.next()
	if !ok {
		s.sleep = math.MaxUint64
		return 0, false
	}
	s.sleep = tick
	return s.clock.untilTick(tick), true
}

// expire handles one portion of what is due and reports whether there may be more.
func (s *shard) expire(now time.Time, out Sender) bool {
	if !s.enter(now, out) {
		return false
	}
	defer s.leave()
	s.sleep = 0
	for range portion {
		i, ok := s.wheel.pop(s.clock.tick())
		if !ok {
			return false
		}
		s.fire(i)
	}
	return true
}

// fire handles the timers of record i that are due. A panic of the user ends that
// record and nothing else.
func (s *shard) fire(i uint32) {
	defer func() {
		if p := recover(); p != nil {
			s.stats.Panics++
			s.layer.log.Error("A timer callback panicked; its transaction was dropped.", zap.Any("panic", p), zap.Stack("stack"))
			s.recoverAbort()
		}
	}()
	tx := s.bind(i)
	r, now := tx.record, s.clock.now()
	if r.resendAt.due(now) {
		s.resendFinal(r)
	}
	if r.expireAt.due(now) {
		s.expireServer(r)
	}
	if r.userAt.due(now) {
		r.userAt = 0
		s.layer.user.Timer(tx)
	}
	for n := uint8(0); n < r.nbranches; n++ { // A callback may add branches.
		b := &s.views[n]
		if b.resendAt.due(now) {
			s.resendBranch(b)
		}
		if b.expireAt.due(now) {
			s.expireBranch(b)
		}
	}
	s.settle()
}

// recoverAbort aborts the bound record even if Ended panics as well.
func (s *shard) recoverAbort() {
	defer func() {
		if p := recover(); p != nil {
			s.layer.log.Error("Ended panicked.", zap.Any("panic", p), zap.Stack("stack"))
		}
	}()
	s.abort()
}

// discard is the sender of the last callbacks.
type discard struct{}

func (discard) Send(wire.Hop, uint64, []byte) {}

// close ends all records.
func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.tx.out, s.tx.now = discard{}, s.clock.at(s.clock.now())
	for i := range s.records.all {
		if s.records.at(i).flags&flagUsed != 0 {
			s.bind(i)
			s.recoverAbort()
		}
	}
	s.tx.out = nil
}
