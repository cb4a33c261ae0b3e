package transaction

import (
	"math"
	"sync"
	"time"

	"bridgehead/sip/wire"
)

// shard is one independently locked part of the layer: its records, the index of
// their keys, their buffers and their timers.
type shard struct {
	layer  *Layer
	number uint8
	limit  int // Records at most.
	wake   chan struct{}

	mu       sync.Mutex
	closed   bool
	clock    clock
	records  slots[record]
	branches slots[branchRecord]
	data     []*[chunkSize]any // Data of the records, in step with them.
	index    index
	wheel    wheel
	buffers  *buffers
	places   places
	cipher   branchCipher
	stats    Stats
	sleep    uint64 // Tick until which the timer goroutine sleeps; 0 while it works.

	// What is at hand while the lock is held.
	tx       Tx
	views    [MaxBranches]Branch
	incoming *wire.Message // The request that is being handed to User.Request.
	built    []byte        // What Build gave.
	derived  []byte        // ACK, CANCEL or response made from it.
	parsed   wire.Message  // Index of built, or of a kept CANCEL.
}

func newShard(l *Layer, number uint8, limit int) *shard {
	s := &shard{layer: l, number: number, limit: limit, wake: make(chan struct{}, 1), sleep: math.MaxUint64}
	s.index = newIndex(&s.records)
	s.wheel.records = &s.records
	s.buffers = newBuffers()
	s.cipher.block = l.branchKey
	for i := range s.views {
		s.views[i].tx, s.views[i].index = &s.tx, uint8(i)
	}
	s.tx.shard = s
	return s
}

// enter takes the lock for an event, unless the layer is closed. If it reports
// true, leave must be deferred.
func (s *shard) enter(now time.Time, out Sender) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	s.clock.set(now)
	s.tx.now, s.tx.out = now, out
	return true
}

// leave unlocks. If a callback has panicked, the record that it was called for is
// still bound: what the user thinks of it is unknown, so it ends here.
func (s *shard) leave() {
	defer s.mu.Unlock()
	s.abort()
	s.tx.out = nil
}

// abort ends the record that a panic left bound, if any. An incoming request gets a
// 500, with a tag that its ACK is known by.
func (s *shard) abort() {
	i := s.tx.slot
	if i == 0 {
		return
	}
	defer s.free(i) // Also if Ended panics.
	r := s.tx.record
	if m := s.incoming; m != nil && r.server.open() {
		s.respondStateless(m, s.places.unpack(&r.hop), s.tx.From(), 500, "Server Internal Error", r.key, nil)
	}
	s.end(r)
}

// bind makes tx and the views show record i.
func (s *shard) bind(i uint32) *Tx {
	tx := &s.tx
	tx.slot, tx.record, tx.message = i, s.records.at(i), nil
	b := tx.record.branches
	for n := range tx.record.nbranches {
		rec := s.branches.at(b)
		s.views[n].show(rec)
		b = rec.next
	}
	return tx
}

func (s *shard) unbind() {
	for n := range s.tx.record.nbranches {
		s.views[n].branchRecord = nil
	}
	s.tx.slot, s.tx.record, s.tx.message, s.tx.err = 0, nil, nil, nil
	s.incoming = nil
}

// lookup binds the record with this slot and generation; mask says which bits of
// the generation are known. It returns nil if that record is gone.
func (s *shard) lookup(slot, gen, mask uint32) *Tx {
	if slot == 0 || slot >= s.records.size {
		return nil
	}
	if r := s.records.at(slot); r.flags&flagUsed == 0 || r.flags&flagOwn != 0 || (r.gen^gen)&mask != 0 {
		return nil
	}
	return s.bind(slot)
}

// open takes a record; it returns 0 when the table is full.
func (s *shard) open() uint32 {
	if s.records.used() >= s.limit {
		s.stats.Refused++
		return 0
	}
	i := s.records.take()
	r := s.records.at(i)
	*r = record{gen: r.gen, flags: flagUsed}
	if int(i>>chunkBits) == len(s.data) {
		s.data = append(s.data, new([chunkSize]any))
	}
	return i
}

func (s *shard) dataOf(i uint32) *any { return &s.data[i>>chunkBits][i&(chunkSize-1)] }

// settle closes an event: it frees what is not needed any more, ends the bound
// record if all its parts are over, else queues it for its next deadline.
func (s *shard) settle() {
	i, r := s.tx.slot, s.tx.record
	s.release(r)
	if s.over(r) {
		s.end(r)
		s.free(i)
		return
	}
	if s.tx.message != nil && r.flags&flagReleased == 0 {
		r.message = s.buffers.put(s.tx.message)
	}
	s.guard(r)
	due := s.deadline(r)
	s.unbind()
	s.schedule(i, r, due)
}

// over reports whether nothing keeps the record alive. Only a request of our own is
// kept by its user timer: it has no server half to bound its life.
func (s *shard) over(r *record) bool {
	if !r.server.over() || r.server == serverNone && r.userAt != 0 {
		return false
	}
	for n := range r.nbranches {
		if s.views[n].state.live() {
			return false
		}
	}
	return true
}

// end tells the user that the bound record is over.
func (s *shard) end(r *record) {
	if r.flags&(flagEnding|flagOwn) != 0 {
		return
	}
	s.endServer(r)
	r.flags |= flagEnding
	s.layer.user.Ended(&s.tx)
}

// endServer ends the server half of the bound record: a further request with its
// key is a new one.
func (s *shard) endServer(r *record) {
	if r.server.over() {
		return
	}
	s.index.remove(s.tx.slot)
	r.server = serverTerminated
	r.resendAt, r.expireAt = 0, 0
	s.buffers.free(&r.response)
}

// free gives back the bound record i and all that it holds, and unbinds it.
func (s *shard) free(i uint32) {
	r := s.records.at(i)
	s.endServer(r)
	s.wheel.remove(i)
	s.buffers.free(&r.response)
	s.buffers.free(&r.message)
	for b := r.branches; b != 0; {
		rec := s.branches.at(b)
		next := rec.next
		s.buffers.free(&rec.keep)
		s.branches.put(b)
		b = next
	}
	s.unbind()
	*s.dataOf(i) = nil
	r.flags = 0
	r.gen++
	s.records.put(i)
}

// schedule queues record i for due, and wakes the timer goroutine if it sleeps
// longer than that.
func (s *shard) schedule(i uint32, r *record, due instant) {
	if r.node.place != 0 {
		if r.node.due == due {
			return
		}
		s.wheel.remove(i)
	}
	s.wheel.insert(i, due, s.clock.tick())
	if tick := s.wheel.tickOf(due); tick < s.sleep {
		s.sleep = tick
		select {
		case s.wake <- struct{}{}:
		default: // It has been woken already.
		}
	}
}

// deadline is the earliest of all timers of the record; there always is one.
func (s *shard) deadline(r *record) instant {
	t := earlier(earlier(r.resendAt, r.expireAt), r.userAt)
	for n := range r.nbranches {
		b := &s.views[n]
		t = earlier(t, earlier(b.resendAt, b.expireAt))
	}
	return t
}

// guard bounds the life of a server half that the user left with nothing to wait
// for: no answer, no pending branch, no timer. That is a fault of the user, and must not
// fill the table.
func (s *shard) guard(r *record) {
	if !r.server.open() {
		return
	}
	waits := s.waits(r)
	switch {
	case waits && r.server == serverTrying:
		if r.expireAt == 0 {
			r.expireAt = s.clock.in(s.layer.times.late) // Of lateTrying.
		}
	case waits:
		r.expireAt = 0
	case r.expireAt != 0:
	case r.method == wire.INVITE:
		r.expireAt = s.clock.in(s.layer.times.c)
	default:
		r.expireAt = s.clock.in(s.layer.times.wait)
	}
}

// waits reports whether something will still happen to the server half of the
// bound record by itself.
func (s *shard) waits(r *record) bool {
	waits := r.userAt != 0
	for n := range r.nbranches {
		waits = waits || s.views[n].state.pending()
	}
	return waits
}
