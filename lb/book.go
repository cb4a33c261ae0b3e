package lb

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxPlacements bounds one group's Book. A call beyond it goes on without a
// reservation and is counted.
const maxPlacements = 1 << 18

// shrinkAbove is the size from which an empty Book gives its memory back.
const shrinkAbove = 1 << 10

// book is what moves with the calls of one group: reservations, calls that no
// status shows yet, pending conferences, and evidence. Everything is guarded by
// mu, which is never held during I/O. A call that a reading has shown leaves no
// trace here, so the size follows the poll interval, not the calls that are up.
type book struct {
	mu          sync.Mutex
	bridges     []ledger // In the group's configuration order.
	placements  []placement
	free        []int32
	gen         uint32
	waiting     list // Unanswered calls, oldest first.
	conferences conferences
	unresolved  atomic.Bool // Some conference is known by URI only; read without the lock.
	joins       joins
	unreserved  uint64 // Calls that found the Book full.
}

// ledger is what the Book knows about one bridge.
type ledger struct {
	reserved int64          // Sum of the costs of placements with holdLoad.
	calls    int32          // Number of placements with holdCalls.
	open     [holdings]list // Answered placements by what they still hold.
	evidence evidence
}

// holding is one thing that a placement holds until a reading of the matching
// endpoint shows it: the call began to count there, so it must not count here.
type holding uint8

const (
	holdLoad  holding = iota // Its cost, until a reading of the load (R10).
	holdCalls                // One call leg, until a reading of the status (R4).
	holdMeet                 // Its conference, until a reading of the calls (R10).
	holdings

	linkWaiting = holdings // The links of the waiting list come after those of the ledgers.
)

// placement is what one call holds.
type placement struct {
	gen      uint32 // 0 while free.
	bridge   uint8  // Place in the group.
	answered bool
	holds    [holdings]bool
	conf     int32 // In conferences, -1 for none.
	cost     int64
	since    instant // When it was placed, later when it was answered.
	links    [holdings + 1]link
}

// place records a call on a bridge; the handle's group is the caller's to fill.
func (b *book) place(bridge uint8, cost int, meet uint64, byURI bool, name *Text, now instant) (index int32, gen uint32) {
	if len(b.free) == 0 && len(b.placements) >= maxPlacements {
		b.unreserved++
		return 0, 0
	}
	if n := len(b.free); n > 0 {
		index, b.free = b.free[n-1], b.free[:n-1]
	} else {
		index = int32(len(b.placements))
		b.placements = append(b.placements, placement{})
	}
	if b.gen++; b.gen == 0 {
		b.gen = 1
	}
	p := &b.placements[index]
	*p = placement{gen: b.gen, bridge: bridge, conf: -1, cost: int64(min(max(cost, 0), maxUnits)), since: now}
	b.hold(p, holdLoad)
	b.hold(p, holdCalls)
	if meet != 0 {
		p.conf = b.conferences.join(meet, byURI, name, bridge)
		p.holds[holdMeet] = true
		b.unresolved.Store(b.conferences.byURI > 0)
	}
	b.waiting.push(b.placements, index, linkWaiting)
	return index, p.gen
}

// lookup returns the placement that a handle names, nil if it is gone.
func (b *book) lookup(index int32, gen uint32) *placement {
	if gen == 0 || int(index) >= len(b.placements) || b.placements[index].gen != gen {
		return nil
	}
	return &b.placements[index]
}

// hold and drop are the only places where the counters move. They do nothing
// when nothing changes, so no counter can go below zero.
func (b *book) hold(p *placement, h holding) {
	if p.holds[h] {
		return
	}
	p.holds[h] = true
	l := &b.bridges[p.bridge]
	switch h {
	case holdLoad:
		l.reserved += p.cost
	case holdCalls:
		l.calls++
	}
}

func (b *book) drop(index int32, h holding) {
	p := &b.placements[index]
	if !p.holds[h] {
		return
	}
	p.holds[h] = false
	l := &b.bridges[p.bridge]
	switch h {
	case holdLoad:
		l.reserved -= p.cost
	case holdCalls:
		l.calls--
	case holdMeet:
		b.conferences.leave(p.conf, p.bridge)
		p.conf = -1
		b.unresolved.Store(b.conferences.byURI > 0)
	}
	if p.answered {
		l.open[h].remove(b.placements, index, h)
	}
}

// answer moves a call from the waiting list to those that await a reading.
func (b *book) answer(index int32, now instant) {
	p := &b.placements[index]
	if p.answered {
		return
	}
	if b.waiting.holds(b.placements, index, linkWaiting) {
		b.waiting.remove(b.placements, index, linkWaiting)
	} else { // It waited so long that it holds nothing; its media begins now.
		b.hold(p, holdLoad)
		b.hold(p, holdCalls)
	}
	p.answered, p.since = true, now
	for h := range holdings {
		if p.holds[h] {
			b.bridges[p.bridge].open[h].push(b.placements, index, h)
		}
	}
}

// end takes everything that a call holds and frees its place.
func (b *book) end(index int32) {
	if b.waiting.holds(b.placements, index, linkWaiting) {
		b.waiting.remove(b.placements, index, linkWaiting)
	}
	for h := range holdings {
		b.drop(index, h)
	}
	b.placements[index].gen = 0
	b.free = append(b.free, index)
	if len(b.free) == len(b.placements) && len(b.placements) > shrinkAbove {
		b.placements, b.free = nil, nil
		b.conferences = conferences{}
	}
}

// setCost corrects what a call reserves.
func (b *book) setCost(p *placement, cost int) {
	old := p.cost
	p.cost = int64(min(max(cost, 0), maxUnits))
	if p.holds[holdLoad] {
		b.bridges[p.bridge].reserved += p.cost - old
	}
}

// expire ends the reservations of calls that nobody answered (R10). They keep
// their conference until they end.
func (b *book) expire(now instant, unanswered time.Duration) {
	for b.waiting.count > 0 {
		index := b.waiting.head
		if now.since(b.placements[index].since) < unanswered {
			return
		}
		b.waiting.remove(b.placements, index, linkWaiting)
		b.drop(index, holdLoad)
		b.drop(index, holdCalls)
	}
}

// settled drops one holding of an answered call; with the last, its place is
// free again and its handle stale.
func (b *book) settled(index int32, h holding) {
	b.drop(index, h)
	if b.placements[index].holds == [holdings]bool{} {
		b.end(index)
	}
}
