package transport

import (
	"sync"
	"time"

	"bridgehead/sip/wire"
)

const (
	maxQueueBytes  = 1 << 20 // per connection, what is being written included
	maxQueueLength = 1024    // likewise, in messages
	keepQueue      = 64 << 10
	stuckAfter     = time.Second // a full queue whose write has not moved for that long
)

// mark is the end of a message in the bytes of a queue.
type mark struct {
	end   int
	token uint64
	to    wire.Hop
	moved bool
}

// queued is a run of messages, one after the other.
type queued struct {
	bytes    []byte
	marks    []mark
	messages int // marks that are messages, not pongs
}

func (q *queued) reset() {
	if cap(q.bytes) > keepQueue {
		*q = queued{}
	}
	clear(q.marks)
	q.bytes, q.marks, q.messages = q.bytes[:0], q.marks[:0], 0
}

// queue is what a connection has yet to write. Senders put, the connection's
// one writer takes everything at once, so that many messages share one write.
type queue struct {
	wake chan struct{} // capacity 1; tells the writer of messages, or of the end

	mu      sync.Mutex
	waiting queued
	writing queued // the writer's, but its size counts
	since   time.Time
	up      bool  // connected
	err     error // no more is taken
	cut     bool  // what waits is not written any more
}

// put appends a message, or says why not: ErrQueueFull, or the queue's end.
// stuck reports a queue that is full because the peer does not read.
func (q *queue) put(p []byte, e *entry) (stuck bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return false, q.err
	}
	if len(q.waiting.marks)+len(q.writing.marks) >= maxQueueLength || len(q.waiting.bytes)+len(q.writing.bytes)+len(p) > maxQueueBytes {
		return q.up && len(q.writing.bytes) > 0 && time.Since(q.since) > stuckAfter, ErrQueueFull
	}
	q.waiting.bytes = append(q.waiting.bytes, p...)
	q.waiting.marks = append(q.waiting.marks, mark{end: len(q.waiting.bytes), token: e.token, to: e.to, moved: e.moved})
	if e.to.Remote.IsValid() {
		q.waiting.messages++
	}
	if len(q.waiting.marks) == 1 {
		q.signal()
	}
	return false, nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take gives the writer everything that waits. It returns nil with the error
// of the queue's end once nothing is left to write.
func (q *queue) take() (*queued, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cut || len(q.waiting.bytes) == 0 {
		return nil, q.err
	}
	q.waiting, q.writing = q.writing, q.waiting
	q.since = time.Now()
	return &q.writing, nil
}

// wrote ends a write that succeeded.
func (q *queue) wrote() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing.reset()
}

// connected marks the end of dialling.
func (q *queue) connected() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.up = true
}

// end refuses further messages with err, the first of several calls says which.
// With cut, what waits is left for rest; otherwise the writer still writes it.
func (q *queue) end(err error, cut bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.cut = q.cut || cut
	q.signal()
}

// rest empties the queue after its end and calls each for every message that
// was not written, n bytes of the last write being out.
func (q *queue) rest(n int, each func(m mark, p []byte)) {
	q.mu.Lock()
	runs := [2]queued{q.writing, q.waiting}
	q.writing, q.waiting = queued{}, queued{}
	q.mu.Unlock()
	for i, run := range runs {
		start := 0
		for _, m := range run.marks {
			if i == 1 || m.end > n {
				each(m, run.bytes[start:m.end])
			}
			start = m.end
		}
	}
}

// isUp reports whether dialling is over and the queue still takes messages.
func (q *queue) isUp() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.up && q.err == nil
}
