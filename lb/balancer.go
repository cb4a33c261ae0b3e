package lb

import (
	"sync"
	"sync/atomic"
	"time"
)

// Balancer is the one stateful thing here: the table of what the bridges last
// said, and a Book per group of what calls hold. It starts no goroutine and
// reads no clock: time is an argument. All methods are safe for concurrent use,
// never block on I/O, and hold a group's lock for about a microsecond.
type Balancer struct {
	topology *Topology
	policy   *Policy
	clock    clock
	write    sync.Mutex // Serialises changes of the table; taken before a Book's lock.
	table    atomic.Pointer[Table]
	books    []book   // By GroupID.
	signals  []signal // By BridgeID.
}

// signal is the SIP state of one bridge (R11). Changes happen under the lock of
// its group's Book; the common news, that an answering bridge has answered
// again, needs no lock.
type signal struct {
	state atomic.Uint32
	at    atomic.Int64 // The instant of the last sign.
}

func (s *signal) load() SIP { return SIP(s.state.Load()) }

// New returns a Balancer that has read nothing yet. now is the time from which
// the silence of never-read bridges counts (R11). The policy must be valid.
func New(t *Topology, p Policy, now time.Time) *Balancer {
	b := &Balancer{
		topology: t, policy: &p, clock: clock{now},
		books: make([]book, len(t.Groups)), signals: make([]signal, len(t.Bridges)),
	}
	for g := range t.Groups {
		b.books[g].bridges = make([]ledger, len(t.Groups[g].Bridges))
	}
	for i := range b.signals {
		b.signals[i].at.Store(int64(never))
	}
	b.table.Store(newTable(t, &p, b.clock))
	return b
}

// Table returns the current table: an immutable snapshot.
func (b *Balancer) Table() *Table { return b.table.Load() }

// Policy returns a copy of the policy.
func (b *Balancer) Policy() Policy { return *b.policy }

func (b *Balancer) known(id BridgeID) bool { return id >= 0 && int(id) < len(b.signals) }

// bookOf returns the Book that a bridge is in, locked, and its place there.
func (b *Balancer) bookOf(id BridgeID) (*book, *ledger) {
	g := b.topology.Bridges[id].Group
	book := b.lock(g)
	return book, &book.bridges[id-b.topology.Groups[g].Bridges[0]]
}

// Answered says that the call was answered: its reservation now waits for a
// reading that shows it (R10). Idempotent.
func (b *Balancer) Answered(p Placement, now time.Time) {
	b.with(p, func(book *book) { book.answer(p.index, b.clock.at(now)) })
}

// Ended says that the call is over, whether it was answered, failed or was
// cancelled: it holds nothing any more. Idempotent.
func (b *Balancer) Ended(p Placement, now time.Time) {
	b.with(p, func(book *book) { book.end(p.index) })
}

// SetCost corrects a call's expected cost once the offer is known (R10).
func (b *Balancer) SetCost(p Placement, cost int) {
	b.with(p, func(book *book) { book.setCost(&book.placements[p.index], cost) })
}

// with runs f under the lock, if the placement is still there.
func (b *Balancer) with(p Placement, f func(*book)) {
	if !p.Held() {
		return
	}
	book := b.lock(p.group)
	defer book.mu.Unlock()
	if book.lookup(p.index, p.gen) != nil {
		f(book)
	}
}

// Resolve says that a URI (Key.URI) is a space (R3): a pending conference that
// was dialled before the directory knew that moves to the space id, and a pin of
// the URI's user part counts for the space, by whichever URI it is dialled. Cheap
// enough for every call: where that is no news, no lock is taken.
func (b *Balancer) Resolve(uri, space string) {
	if b.table.Load().orders.news(uri, space) {
		b.pinSpace(uri, space)
	}
	for g := range b.books {
		if !b.books[g].unresolved.Load() {
			continue
		}
		var name Text
		name.Set(space)
		book := b.lock(GroupID(g))
		book.conferences.move(hashKey(uri), hashKey(space), &name)
		book.unresolved.Store(book.conferences.byURI > 0)
		book.mu.Unlock()
	}
}

func (b *Balancer) pinSpace(uri, space string) {
	b.write.Lock()
	defer b.write.Unlock()
	if t := b.table.Load(); t.orders.news(uri, space) {
		b.table.Store(t.withOrders(t.orders.with(uri, space)))
	}
}

// SetState puts a bridge into an administrative state (R4).
func (b *Balancer) SetState(id BridgeID, s AdminState) {
	b.write.Lock()
	defer b.write.Unlock()
	if b.known(id) {
		b.table.Store(b.table.Load().withState(id, s))
	}
}

// SetOrders replaces the pinned and learned orders (R3). What pinned URIs turned
// out to be stays known.
func (b *Balancer) SetOrders(o *Orders) {
	b.write.Lock()
	defer b.write.Unlock()
	t := b.table.Load()
	b.table.Store(t.withOrders(o.resolve(t.orders.resolved)))
}
