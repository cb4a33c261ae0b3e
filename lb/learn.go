package lb

import "time"

// Reach reports whether a bridge's SIP side answered (anything) or failed to,
// at the given time: the result of an OPTIONS probe, or any SIP answer of a
// call (R11). News older than what is known is ignored. Cheap enough to be
// called for every response.
func (b *Balancer) Reach(id BridgeID, ok bool, at time.Time) {
	if !b.known(id) {
		return
	}
	when := int64(b.clock.at(at))
	s := &b.signals[id]
	if ok && s.load() == SIPAnswers {
		for old := s.at.Load(); when > old && !s.at.CompareAndSwap(old, when); {
			old = s.at.Load()
		}
		return
	}
	book, _ := b.bookOf(id)
	defer book.mu.Unlock()
	if when < s.at.Load() {
		return
	}
	state := SIPSilent
	if ok {
		state = SIPAnswers
	}
	s.at.Store(when)
	s.state.Store(uint32(state))
}

// Suspect says whether a bridge's SIP side is taken for dead: it gets no calls
// until Reach says that it answered, so it must be probed (R12).
func (b *Balancer) Suspect(id BridgeID) bool {
	return b.known(id) && b.signals[id].load() == SIPSilent
}

// Evidence records what a call attempt taught about a bridge (R12). It returns
// true when the bridge has just become suspect and wants a probe at once.
func (b *Balancer) Evidence(id BridgeID, e Evidence, now time.Time) (probe bool) {
	if !b.known(id) {
		return false
	}
	switch e.Kind {
	case Timeout, Transport:
		was := b.Suspect(id)
		b.Reach(id, false, now)
		return !was && b.Suspect(id)
	case Unavailable503:
		book, l := b.bookOf(id)
		l.evidence.hold(e.RetryAfter, b.clock.at(now))
		book.mu.Unlock()
	case Refused488:
		book, l := b.bookOf(id)
		l.evidence.refuse(e.Caller, looksFull(&b.table.Load().rows[id], l, nil), b.clock.at(now))
		book.mu.Unlock()
	}
	return false
}

// own returns what the call of d holds on a bridge, nil if that is nothing. The
// Book of the bridge's group is locked.
func (b *Balancer) own(book *book, d *Decision, id BridgeID) *placement {
	g := b.topology.Bridges[id].Group
	p := book.lookup(d.Placement.index, d.Placement.gen)
	if p == nil || d.Placement.group != g || b.topology.Groups[g].Bridges[p.bridge] != id {
		return nil
	}
	return p
}

// Refused records that the chosen bridge of d answered 488 (R12). It returns
// true when the offer is at fault: two bridges that do not look full refused
// it, nobody is marked for it, and Next will give nobody else.
func (b *Balancer) Refused(d *Decision, now time.Time) (offerAtFault bool) {
	id := d.Chosen
	if !b.known(id) || d.Outcome != Chosen {
		return false
	}
	d.NoteAnswer(488)
	book, l := b.bookOf(id)
	full := looksFull(&b.table.Load().rows[id], l, b.own(book, d, id))
	credible := l.evidence.refuse(d.Caller, full, b.clock.at(now))
	book.mu.Unlock()
	q := &d.question
	switch {
	case credible || q.refused && q.refuser == id:
		return d.OfferAtFault
	case !q.refused:
		q.refused, q.refuser = true, id
		return false
	}
	for _, innocent := range []BridgeID{q.refuser, id} {
		book, l := b.bookOf(innocent)
		l.evidence.acquit(d.Caller)
		book.mu.Unlock()
	}
	d.OfferAtFault = true
	return true
}
