package lb

import "time"

// defaultRetryAfter is what a 503 says when no bridge named a time itself: by
// then a bridge that is back has been probed (R7).
const defaultRetryAfter = 10 * time.Second

// question is the part of a call that outlives Place, for Next.
type question struct {
	hash    uint64 // Of what ranks the bridges: the key, or an IVR call's Call-ID.
	meet    uint64 // Of the conference that calls meet in; 0 where there is no affinity.
	order   *order // Pin or learned order that goes before the hash, or nil.
	byURI   bool   // The key is a URI: no reading can show it.
	reserve bool   // False after Explain.
	limited bool   // Some bridge was vetoed for load or limits (R7).
	refused bool   // One bridge that does not look full refused the offer: refuser.
	refuser BridgeID
	groups  [MaxGroups]GroupID
	count   int // Of groups.
	next    int // The first group not looked at yet.
}

// begin fills in everything but candidates. The arrays are left as they are:
// only what count covers means anything.
func (d *Decision) begin(c *Call, now time.Time, t *Table, reserve bool) {
	d.ID, d.At, d.Kind, d.Mode = 0, now, c.Kind, c.Mode
	d.Outcome, d.Chosen, d.Landing = Unavailable, NoBridge, c.Landing
	d.Placement, d.Cost, d.Caller = Placement{}, c.Cost, c.Caller
	d.Tries, d.OfferAtFault, d.Omitted, d.RetryAfter = 0, false, 0, 0
	d.count, d.at = 0, -1
	d.Conference.Set(c.Conference.String())
	d.CallID.Set(c.CallID)
	d.From.Set(c.From)
	d.To.Set(c.To)
	if d.Mode == LandingDefault {
		d.Mode = t.policy.Landing
	}
	if d.Landing < 0 || int(d.Landing) >= len(t.rows) {
		d.Landing = NoBridge
	}

	q := &d.question
	*q = question{reserve: reserve, refuser: NoBridge}
	switch c.Kind {
	case IVR: // The Call-ID only spreads ties (R8).
		q.hash = hashKey(c.CallID)
	case Space:
		q.hash = hashKey(c.Conference.String())
		q.meet, q.byURI = q.hash, c.Conference.Space == ""
		q.order = t.orders.find(c.Conference)
	default:
		q.hash = hashKey(c.Conference.String())
	}
	if d.Landing != NoBridge {
		q.add(t.topology.Bridges[d.Landing].Group, t)
	}
	if d.Landing == NoBridge || d.Mode != LandingOnly {
		for _, g := range c.Groups {
			q.add(g, t)
		}
	}
}

// add appends a group to those that will be asked, once. The landing bridge's
// comes first: the call is already there (R9).
func (q *question) add(g GroupID, t *Table) {
	if g < 0 || int(g) >= len(t.members) || q.count == MaxGroups {
		return
	}
	for _, have := range q.groups[:q.count] {
		if have == g {
			return
		}
	}
	q.groups[q.count] = g
	q.count++
}

// admit appends one group's candidates, which come as arrange left them. Where
// there is no room, vetoed ones give way: of the earlier groups to make room
// for the usable, then of this group. It returns the place of the first.
func (d *Decision) admit(list []Candidate, eligible int) (first int) {
	if over := d.count + eligible - MaxCandidates; over > 0 {
		d.dropVetoed(over)
	}
	first = d.count
	n := copy(d.candidates[first:], list)
	d.count += n
	d.Omitted += len(list) - n
	return first
}

// landingFull is CMS's own way (R9): a landing bridge at level 2 refuses at
// once, and nobody else is asked. A bridge that could not answer itself does
// not count, and Lync calls are never refused.
func (d *Decision) landingFull(list []Candidate) bool {
	if d.Mode != LandingNative || d.Kind == Lync {
		return false
	}
	for i := range list {
		c := &list[i]
		if c.Bridge == d.Landing && c.Level == 2 && c.Veto >= VetoDraining {
			d.Outcome = LandingFull
			d.candidates[0], d.count = *c, 1
			return true
		}
	}
	return false
}

// dropVetoed removes up to n vetoed candidates that were never tried, last ones
// first.
func (d *Decision) dropVetoed(n int) {
	for i := d.count - 1; i >= 0 && n > 0; i-- {
		if c := &d.candidates[i]; c.Veto == Free || c.Tried {
			continue
		}
		copy(d.candidates[i:d.count-1], d.candidates[i+1:d.count])
		d.count--
		d.Omitted++
		n--
		if i < d.at {
			d.at--
		}
	}
}

// note remembers what R7 asks of a candidate that is not free.
func (d *Decision) note(c *Candidate, heldFor time.Duration) {
	d.question.limited = d.question.limited || c.Veto.Limit()
	if c.Veto == VetoHeld && (d.RetryAfter == 0 || heldFor < d.RetryAfter) {
		d.RetryAfter = heldFor
	}
}

// conclude settles R7 when nobody was found before the first try.
func (d *Decision) conclude() {
	d.Outcome = Unavailable
	if d.question.limited {
		d.Outcome = Exhausted
	}
	if d.RetryAfter == 0 {
		d.RetryAfter = defaultRetryAfter
	}
}
