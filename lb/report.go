package lb

// settleChunk is how many placements are looked at under one hold of the lock.
const settleChunk = 64

// Report takes the result of one poll: the table is swapped, and what calls
// held until a reading shows them is settled (R10). Readings of one endpoint
// that arrive out of order are dropped.
func (b *Balancer) Report(r Reading) {
	if !b.known(r.Bridge) || r.Endpoint >= endpoints {
		return
	}
	b.write.Lock()
	defer b.write.Unlock()
	old := b.table.Load()
	next := old.with(r)
	if next == old {
		return
	}
	began := b.clock.at(r.BeganAt)
	good := next.rows[r.Bridge].polls[r.Endpoint].err == nil

	// Table and evidence change in one step; the placements follow in chunks. In
	// between a call may count twice, which errs on the careful side.
	book, l := b.bookOf(r.Bridge)
	b.table.Store(next)
	if good && r.Endpoint == ReadLoad {
		l.evidence.read(began)
	}
	book.mu.Unlock()
	if !good {
		return
	}
	switch r.Endpoint {
	case ReadLoad:
		b.settle(r.Bridge, holdLoad, func(*conferences, *placement) instant { return began })
	case ReadStatus:
		b.settle(r.Bridge, holdCalls, func(*conferences, *placement) instant { return began })
	case ReadCalls:
		running := next.rows[r.Bridge].running
		b.settle(r.Bridge, holdMeet, func(cs *conferences, p *placement) instant {
			return meetRead(cs.at(p.conf), running, began)
		})
	}
}

// meetRead returns when what a list of calls says about a pending conference
// was true. A conference known by URI only cannot be found in the list, so the
// list says nothing. If it is listed, its number of participants counts from
// when its details were read; until then the calls on their way are added (R4),
// and it runs in any case. If it is not listed, it does not run there.
func meetRead(c *conference, running *runningSet, began instant) instant {
	if c.byURI {
		return never
	}
	if slot := running.find(c.key); slot.key != 0 {
		return slot.detailsAt
	}
	return began
}

// settle ends one kind of holding for every answered call of a bridge that a
// reading shows: one whose poll began later than answer + settle (R10).
func (b *Balancer) settle(id BridgeID, h holding, readAt func(*conferences, *placement) instant) {
	for left, first := int32(0), true; first || left > 0; first = false {
		book, l := b.bookOf(id)
		open := &l.open[h]
		if first {
			left = open.count
		}
		for n := min(left, settleChunk, open.count); n > 0; n-- {
			index := open.head
			p := &book.placements[index]
			if readAt(&book.conferences, p) > p.since.plus(b.policy.Settle) {
				book.settled(index, h)
			} else {
				open.rotate(book.placements, h)
			}
		}
		left -= settleChunk
		book.mu.Unlock()
	}
}
