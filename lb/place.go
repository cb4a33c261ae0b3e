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
	if d.Kind == Lync && d.count > 0 { // Somebody has to refuse it, and it is not us (R8).
		book := b.lock(d.candidates[0].Group)
		b.take(book, d, 0, at)
		book.mu.Unlock()
		return
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
	failed := d.ChosenCandidate()
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
	for i := d.at + 1; i < d.count; i++ {
		if d.candidates[i].Veto == Free && b.retry(d, i, at) {
			return d.Chosen, true
		}
	}
	if b.askNextGroups(d, at) {
		return d.Chosen, true
	}
	d.Outcome = Spent
	return NoBridge, false
}

// retry judges a candidate again, and takes it if it may still be taken.
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
	m := &s.table.members[g]
	var places ranking
	m.rank(d.question.hash, &places)
	if o := d.question.order; o != nil {
		o.first(m, &places)
	}

	var list, arranged [MaxBridges]Candidate
	n := 0
	only := d.Landing != NoBridge && d.Mode == LandingOnly
	for priority, place := range places[:len(m.seeds)] {
		id := m.first + BridgeID(place)
		if only && id != d.Landing {
			continue
		}
		c := &list[n]
		c.Bridge, c.Group, c.Priority = id, g, uint8(priority)
		b.judge(book, &s, d, c)
		n++
	}
	if d.landingFull(list[:n]) {
		return true
	}
	eligible := arrange(d.Kind, list[:n], arranged[:n])
	first := d.admit(arranged[:n], eligible)
	if first == d.count || eligible == 0 && !only { // A call for one bridge alone goes there whatever its state (R9).
		return false
	}
	b.take(book, d, first, now)
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
	st := standing{
		reserved: l.reserved, calls: l.calls, sip: b.signals[c.Bridge].load(),
		heldUntil: l.evidence.heldUntil, full: l.evidence.isFull(s.now, b.policy),
	}
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
	c.Tried = true
	d.Outcome, d.Chosen, d.at = Chosen, c.Bridge, i
	d.Tries++
	q := &d.question
	if !q.reserve {
		return
	}
	place := uint8(c.Bridge - b.table.Load().members[c.Group].first)
	index, gen := book.place(place, d.Cost, q.meet, q.byURI, &d.Conference, now)
	d.Placement = Placement{group: c.Group, index: index, gen: gen}
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
