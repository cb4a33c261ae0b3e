package lb

import "time"

// Place chooses a bridge for a call and reserves its cost there in one step,
// and records the whole decision in d, which it overwrites (R5, R6, R9, R10).
// See d.Outcome for the result.
func (b *Balancer) Place(c *Call, now time.Time, d *Decision) { b.decide(c, now, d, true) }

// Explain does what Place does, with no side effect; Next then reserves nothing
// either. It also serves requests that follow an INVITE's way but are no calls.
func (b *Balancer) Explain(c *Call, now time.Time, d *Decision) { b.decide(c, now, d, false) }

func (b *Balancer) decide(c *Call, now time.Time, d *Decision, reserve bool) {
	d.begin(c, now, b.table.Load(), reserve)
	at := b.clock.at(now)
	if b.askNextGroups(d, at) {
		return
	}
	if q := &d.question; d.Kind == Lync && q.count > 0 { // Somebody has to refuse it, and it is not us (R8).
		d.count, d.Omitted = 0, 0
		q.anyway, q.next = true, 0
		found := b.askNextGroups(d, at)
		q.next = q.count // Its refusal is the answer: there is no next one.
		if found {
			return
		}
	}
	d.conclude()
}

// Next gives the next candidate of d after the chosen one failed (R12): it
// releases what the call held there, looks at the next candidate by the rules
// as of now, and reserves. When the candidates of one group are used up, the
// route's next group is asked (R6). It returns false when nobody is left, the
// policy's attempts are used up, or the offer is at fault; d.Outcome is then
// Spent. It must not be called once anything but 100 went up.
func (b *Balancer) Next(d *Decision, now time.Time) (BridgeID, bool) {
	failed := d.current()
	if d.Outcome != Chosen || failed == nil {
		return NoBridge, false
	}
	at := b.clock.at(now)
	b.Ended(d.Placement, now)
	d.Placement = Placement{}
	failed.Veto = VetoTried
	if d.OfferAtFault || d.Tries >= b.policy.Attempts || d.Landing != NoBridge && d.Mode == LandingOnly {
		d.Outcome = Spent
		return NoBridge, false
	}
	for {
		i := best(d.Kind, d.candidates[:d.count])
		if i < 0 {
			break
		}
		if b.retry(d, i, at) {
			return d.Chosen, true
		}
	}
	if b.askNextGroups(d, at) {
		return d.Chosen, true
	}
	d.Outcome = Spent
	return NoBridge, false
}

// retry judges a candidate again, and takes it if it may still be taken;
// otherwise it is vetoed now.
func (b *Balancer) retry(d *Decision, i int, now instant) bool {
	c := &d.candidates[i]
	book := b.lock(c.Group)
	defer book.mu.Unlock()
	s := b.scene(book, d, c.Group, now)
	b.judge(book, &s, d, c)
	if c.Veto != Free {
		return false
	}
	b.take(book, d, i, now)
	return true
}

// askNextGroups asks group after group until one has somebody (R6), and says
// whether the decision is made.
func (b *Balancer) askNextGroups(d *Decision, now instant) bool {
	for q := &d.question; q.next < q.count; {
		g := q.groups[q.next]
		q.next++
		if b.askGroup(d, g, now) {
			return true
		}
	}
	return false
}

// askGroup judges every bridge of one group and takes the best, in one step
// under the group's lock.
func (b *Balancer) askGroup(d *Decision, g GroupID, now instant) (decided bool) {
	book := b.lock(g)
	defer book.mu.Unlock()
	s := b.scene(book, d, g, now)
	m, q := &s.table.members[g], &d.question
	d.makeRoom(len(m.seeds))
	first := d.count
	for place := range m.seeds {
		c := &d.candidates[d.count]
		d.count++
		*c = Candidate{}
		c.Bridge, c.Group = m.first+BridgeID(place), g
		c.draw = m.draw(q.hash, place)
		if q.order != nil {
			if pinned, ok := q.order.draw(c.Bridge); ok {
				c.draw = pinned
			}
		}
		b.judge(book, &s, d, c)
	}
	switch {
	case first == 0 && d.landingFull():
		d.keepOnly(d.Landing)
		d.Outcome = LandingFull
		return true
	case d.Landing != NoBridge && d.Mode == LandingOnly: // Whatever its state (R9).
		d.keepOnly(d.Landing)
		if d.candidates[0].Veto == VetoSender {
			return false
		}
		b.take(book, d, 0, now)
		return true
	}
	i := best(d.Kind, d.candidates[first:d.count])
	if i < 0 && q.anyway {
		i = lowest(d.candidates[first:d.count])
	}
	if i < 0 {
		return false
	}
	b.take(book, d, first+i, now)
	return true
}

// scene gathers what the candidates of one group have in common.
func (b *Balancer) scene(book *book, d *Decision, g GroupID, now instant) scene {
	t := b.table.Load() // Under the lock: Report settles the Book when it swaps the table.
	book.expire(now, b.policy.Unanswered)
	s := scene{
		table: t, first: t.members[g].first, now: now, kind: d.Kind, meet: d.question.meet,
		allDark: now.since(t.newest) > b.policy.StaleAfter,
	}
	if s.meet != 0 {
		s.listed = t.presence[g].at(s.meet)
		s.pending = book.conferences.find(s.meet)
		if b.policy.MaxBridgesPerConference > 0 {
			s.spread = s.countSpread()
		}
	}
	return s
}

// judge looks one bridge up in the Book, and judges it.
func (b *Balancer) judge(book *book, s *scene, d *Decision, c *Candidate) {
	place := uint8(c.Bridge - s.first)
	l := &book.bridges[place]
	st := standing{sender: c.Bridge == d.question.sender}
	st.reserved, st.calls = l.reserved, l.calls
	if own := s.own; own != nil && own.bridge == place && own.holds[holdLoad] {
		st.reserved -= own.cost
	}
	st.sip = b.signals[c.Bridge].load()
	st.heldUntil, st.full = l.evidence.heldUntil, l.evidence.isFull(s.now, b.policy)
	if s.pending != nil {
		st.pending = s.pending.pending[place]
	}
	if limit := b.policy.MaxJoinRate; limit > 0 && s.meet != 0 {
		st.overJoins = book.joins.reached(s.meet, place, limit, s.now)
	}
	s.judge(&s.table.rows[c.Bridge], &st, c)
	if c.Veto != Free {
		d.note(c, st.heldUntil.since(s.now))
	}
}

// take gives the call to a candidate and reserves there.
func (b *Balancer) take(book *book, d *Decision, i int, now instant) {
	c := &d.candidates[i]
	d.Tries++
	c.try = uint8(min(d.Tries, 255))
	d.Outcome, d.Chosen, d.at = Chosen, c.Bridge, i
	if d.question.reserve {
		b.hold(book, d, c.Group, c.Bridge, now)
	}
}

// hold books the call on a bridge of the group (R10).
func (b *Balancer) hold(book *book, d *Decision, g GroupID, id BridgeID, now instant) {
	q := &d.question
	place := uint8(id - b.topology.Groups[g].Bridges[0])
	index, gen := book.place(place, d.Cost, q.meet, q.byURI, &d.Conference, now)
	d.Placement = Placement{group: g, index: index, gen: gen}
	if b.policy.MaxJoinRate > 0 && q.meet != 0 {
		book.joins.add(q.meet, place, now)
	}
}

// lock returns a group's Book, locked.
func (b *Balancer) lock(g GroupID) *book {
	book := &b.books[g]
	book.mu.Lock()
	return book
}
