package sip

import (
	"context"
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
	sweepEvery = time.Minute // one shard
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
	if _, again := s.m[key]; !again && len(s.m) >= c.limit {
		return 0
	}
	s.m[key] = e
	return key
}

// move gives the entry of a call the placement of its next candidate. Like end
// it leaves an entry alone that another call with the same Call-ID has made
// since.
func (c *calls) move(key uint64, from, to lb.Placement, bridge lb.BridgeID) {
	c.change(key, from, func(s *callShard, e call) {
		e.placement, e.bridge = to, bridge
		s.m[key] = e
	})
}

// end removes the entry of a call.
func (c *calls) end(key uint64, p lb.Placement) {
	c.change(key, p, func(s *callShard, _ call) { delete(s.m, key) })
}

func (c *calls) change(key uint64, p lb.Placement, f func(*callShard, call)) {
	if key == 0 {
		return
	}
	s := c.at(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.m[key]; ok && e.placement == p {
		f(s, e)
	}
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

// sweep removes the calls of one shard that are older than any should be, and
// returns what they held.
func (c *calls) sweep(shard int, now time.Time) (held []lb.Placement) {
	s := &c.shard[shard%callShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, e := range s.m {
		if now.Sub(e.began) > maxCallAge {
			delete(s.m, key)
			held = append(held, e.placement)
		}
	}
	return held
}

// sweepCalls forgets calls whose BYE never came by, until ctx ends.
func (p *Proxy) sweepCalls(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for shard := 0; ; shard++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for _, held := range p.calls.sweep(shard, now) {
				p.set.Selector.Ended(held, now)
			}
		}
	}
}

// hangUp ends the promise that a call held, at its BYE from either side.
func (p *Proxy) hangUp(callID []byte, now time.Time) {
	if e, ok := p.calls.take(callID); ok {
		p.set.Selector.Ended(e.placement, now)
	}
}
