package lb

import (
	"sync"
	"sync/atomic"
	"time"
)

// recorderShards spreads the locks of a Recorder; a power of two.
const recorderShards = 16

// Result is how the call of a recorded decision went.
type Result struct {
	// Status is the final SIP status sent to the caller, 0 if none was.
	Status int
	// Took is the time from the INVITE to that answer.
	Took time.Duration
	// Observed says that the decision was only made to be compared: the call was
	// delivered as it was dialled.
	Observed bool
	// Delivered is the bridge that an observed call went to, NoBridge if none.
	Delivered BridgeID
	// Differs says of an observed call that it would have gone elsewhere, or been
	// refused. Record sets it.
	Differs bool
}

// Record is one recorded decision.
type Record struct {
	Decision
	Result Result
}

// Recorder keeps the last decisions (R13) in slots of bounded size: recording
// costs a copy, whatever the traffic. It is safe for concurrent use. Neighbouring
// records lie in different shards, so writers rarely meet.
type Recorder struct {
	last   atomic.Uint64
	mask   uint64
	shards [recorderShards]sync.Mutex // Of slot i: i % recorderShards.
	slots  []slot
}

// slot holds one record in the form in which a decision takes the least memory;
// it is used again and again.
type slot struct {
	ID               uint64
	Result           Result
	callID, from, to Text
	decision         Frozen
}

// NewRecorder keeps the last n decisions (rounded up to a power of two, at least
// 64), about 0.6 kB each, 1.5 kB with 24 bridges.
func NewRecorder(n int) *Recorder {
	size := 64
	for size < n {
		size *= 2
	}
	r := &Recorder{mask: uint64(size - 1), slots: make([]slot, size)}
	room := make([]byte, size*slotRoom)
	for i := range r.slots {
		r.slots[i].decision.b = room[i*slotRoom : i*slotRoom : (i+1)*slotRoom]
	}
	return r
}

// slotRoom is the memory that each slot has from the start: for a decision over
// four bridges. A slot that needs more takes it once.
const slotRoom = 256

// Record copies d with its result and returns the record's id, which d.ID is
// set to as well: 1, 2, 3 and so on. It allocates only where a slot has never held
// so many candidates.
func (r *Recorder) Record(d *Decision, res Result) uint64 {
	id := r.last.Add(1)
	d.ID = id
	res.Differs = res.Observed && d.Differs(res.Delivered)
	i := id & r.mask
	shard := &r.shards[i%recorderShards]
	shard.Lock()
	defer shard.Unlock()
	if slot := &r.slots[i]; slot.ID < id { // A writer that was overtaken by a whole round keeps out.
		slot.ID, slot.Result = id, res
		slot.decision.Keep(d)
		slot.callID, slot.from, slot.to = d.CallID, d.From, d.To
	}
	return id
}

// Last returns the id of the newest record, 0 if there is none.
func (r *Recorder) Last() uint64 { return r.last.Load() }

// Get copies the record with that id to dst; false when it is gone, is being
// written, or never was.
func (r *Recorder) Get(id uint64, dst *Record) bool {
	if id == 0 {
		return false
	}
	i := id & r.mask
	shard := &r.shards[i%recorderShards]
	shard.Lock()
	defer shard.Unlock()
	if r.slots[i].ID != id {
		return false
	}
	slot := &r.slots[i]
	slot.decision.Restore(&dst.Decision)
	dst.CallID, dst.From, dst.To = slot.callID, slot.from, slot.to
	dst.Result = slot.Result
	return true
}

// Snapshot returns up to n records, newest first.
func (r *Recorder) Snapshot(n int) []Record {
	last := r.Last()
	n = min(max(n, 0), len(r.slots))
	list := make([]Record, 0, min(uint64(n), last))
	var rec Record
	for id := last; id > 0 && len(list) < n && last-id < uint64(len(r.slots)); id-- {
		if r.Get(id, &rec) {
			list = append(list, rec)
		}
	}
	return list
}
