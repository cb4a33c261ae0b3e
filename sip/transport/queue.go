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

// queue is what a connection has yet to write. Senders put, and one at a time
// writes everything that waits, so that many messages share one write: a sender
// as far as the kernel takes it at once (claim), else the connection's writer
// (take), who can wait for the peer.
type queue struct {
	wake chan struct{} // capacity 1; tells the writer that its turn may have come

	mu      sync.Mutex
	waiting queued
	writing queued // of whoever writes now, but its size counts
	written int    // bytes of it that are out
	busy    bool   // somebody writes
	handed  bool   // ... and it is the writer's turn to go on
	since   time.Time
	up      bool  // connected
	err     error // no more is taken
	cut     bool  // what waits is not written any more
}

// put appends a message, or says why not: ErrQueueFull, or the queue's end.
// stuck reports a queue that is full because the peer does not read. Whoever put
// something must see that it is written: conn.push.
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
	return false, nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// claim gives a sender everything that waits; nil where there is nothing, or
// somebody else will write it.
func (q *queue) claim() *queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.up || q.busy || q.cut || len(q.waiting.bytes) == 0 {
		return nil
	}
	return q.begin()
}

// begin starts a write of all that waits.
func (q *queue) begin() *queued {
	q.waiting, q.writing = q.writing, q.waiting
	q.since, q.busy, q.written = time.Now(), true, 0
	return &q.writing
}

// hand leaves the rest of a sender's write, of which n bytes are out, to the
// writer.
func (q *queue) hand(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.written, q.handed = n, true
	q.signal()
}

// take gives the writer what was handed to it, of which some bytes are out
// already, else everything that waits. It returns nil with the error of the
// queue's end once nothing is left to write, and nil alone while there is
// nothing or a sender writes.
func (q *queue) take() (run *queued, from int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.busy && !q.handed:
		return nil, 0, nil
	case q.cut:
		return nil, 0, q.err
	case q.handed:
		q.handed = false
		return &q.writing, q.written, nil
	case len(q.waiting.bytes) == 0:
		return nil, 0, q.err
	}
	return q.begin(), 0, nil
}

// wrote ends a write that succeeded.
func (q *queue) wrote() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing.reset()
	q.busy, q.written = false, 0
	if q.err != nil {
		q.signal() // the writer waits for the end
	}
}

// failed ends the writer's write after n bytes, and with it the queue.
func (q *queue) failed(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.written = n
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
// was not written whole.
func (q *queue) rest(each func(m mark, p []byte)) {
	q.mu.Lock()
	n := q.written
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
