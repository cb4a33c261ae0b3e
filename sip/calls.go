package sip

import (
	"hash/maphash"
	"sync"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// Bounds of the call table. A full table never refuses a call: the call is
// then placed without an entry, and its reservation ends by the next reading.
const (
	maxCalls   = 1 << 18
	callShards = 64
	maxCallAge = 24 * time.Hour
)

// calls knows the calls that this edge has placed: to end the promise made to
// a bridge when one of them hangs up, and to find the node of call control
// that a moved call came from. Safe for concurrent use.
type calls struct {
	seed  maphash.Seed
	limit int // per shard
	shard [callShards]callShard
}

type callShard struct {
	mu sync.Mutex
	m  map[uint64]call
}

// call is one placed call.
type call struct {
	placement lb.Placement
	bridge    lb.BridgeID
	from      wire.Hop
	began     time.Time
}

func newCalls(limit int) *calls {
	c := &calls{seed: maphash.MakeSeed(), limit: max(1, limit/callShards)}
	for i := range c.shard {
		c.shard[i].m = make(map[uint64]call)
	}
	return c
}

func (c *calls) at(key uint64) *callShard { return &c.shard[key%callShards] }

// begin enters a call by its Call-ID and returns its key, 0 when the table is
// full.
func (c *calls) begin(callID []byte, e call) uint64 {
	key := maphash.Bytes(c.seed, callID)
	if key == 0 {
		key = 1
	}
	s := c.at(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.m[key]; !again && len(s.m) >= c.limit && !s.reap(e.began) {
		return 0
	}
	s.m[key] = e
	return key
}

// reap drops what is older than any call should be; it looks at a few entries
// only, since a map gives them in random order.
func (s *callShard) reap(now time.Time) bool {
	dropped, looked := false, 0
	for k, e := range s.m {
		if now.Sub(e.began) > maxCallAge {
			delete(s.m, k)
			dropped = true
		}
		if looked++; looked >= 16 {
			break
		}
	}
	return dropped
}

// move gives an entry the placement of the next candidate.
func (c *calls) move(key uint64, p lb.Placement, to lb.BridgeID) {
	if key == 0 {
		return
	}
	s := c.at(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.m[key]; ok {
		e.placement, e.bridge = p, to
		s.m[key] = e
	}
}

// end removes an entry.
func (c *calls) end(key uint64) {
	if key == 0 {
		return
	}
	s := c.at(key)
	s.mu.Lock()
	delete(s.m, key)
	s.mu.Unlock()
}

// take removes and returns the call with this Call-ID.
func (c *calls) take(callID []byte) (call, bool) { return c.find(callID, true) }

// find returns the call with this Call-ID.
func (c *calls) find(callID []byte, remove bool) (call, bool) {
	key := max(maphash.Bytes(c.seed, callID), 1)
	s := c.at(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.m[key]
	if ok && remove {
		delete(s.m, key)
	}
	return e, ok
}

// count is the number of calls in the table.
func (c *calls) count() int {
	n := 0
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		n += len(s.m)
		s.mu.Unlock()
	}
	return n
}

// hangUp ends the promise that a call held, at its BYE from either side.
func (p *Proxy) hangUp(callID []byte, now time.Time) {
	if e, ok := p.calls.take(callID); ok {
		p.set.Selector.Ended(e.placement, now)
	}
}
