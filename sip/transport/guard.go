package transport

import (
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// recovered is deferred around every call of the handler, and around what this
// package does with bytes from outside: one message that trips a fault must not
// end the calls of everybody else.
func (s *Stack) recovered(where string, hop wire.Hop) {
	p := recover()
	if p == nil {
		return
	}
	s.count.panics.Add(1)
	s.count.dropped[DropPanic].Add(1)
	if ok, missed := s.panicLimit.allow(s.age()); ok {
		s.log.Error("a message tripped a fault in this program and was dropped; please report it",
			zap.String("where", where), zap.Stringer("transport", hop.Transport), zap.Stringer("remote", hop.Remote),
			zap.Any("panic", p), zap.ByteString("stack", debug.Stack()), zap.Uint64("notShown", missed))
	}
}

// logLimit lets one line per second through, so that a flood of faults is not
// a flood of log lines.
type logLimit struct {
	next   atomic.Int64 // the stack's age in ns from which the next line may pass
	missed atomic.Uint64
}

// allow reports whether a line may be logged now, and how many were not since
// the last one.
func (l *logLimit) allow(age time.Duration) (ok bool, missed uint64) {
	next := l.next.Load()
	if int64(age) < next || !l.next.CompareAndSwap(next, int64(age+time.Second)) {
		l.missed.Add(1)
		return false, 0
	}
	return true, l.missed.Swap(0)
}

// backoff paces retries of a system call that fails, 1 ms to 1 s.
type backoff struct{ d time.Duration }

// wait pauses, or returns early when stop is closed.
func (b *backoff) wait(stop <-chan struct{}) {
	b.d = min(max(2*b.d, time.Millisecond), time.Second)
	t := time.NewTimer(b.d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-stop:
	}
}

// reset starts over after a success.
func (b *backoff) reset() { b.d = 0 }
