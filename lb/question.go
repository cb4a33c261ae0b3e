package lb

import (
	"slices"
	"time"
)

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
	anyway  bool   // Take the bridge of priority 0 if nobody is eligible.
	limited bool   // Some bridge was vetoed for load or limits (R7).
	refused bool   // One bridge that does not look full refused the offer: refuser.
	refuser BridgeID
	sender  BridgeID // The bridge that sent the call, NoBridge if none did.
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
	*q = question{reserve: reserve, refuser: NoBridge, sender: NoBridge}
	if c.ExcludeSet {
		q.sender = c.Exclude
	}
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

// makeRoom lets candidates of earlier groups give way until n more fit: those
// that were never tried first. What was tried last is still named by Chosen.
func (d *Decision) makeRoom(n int) {
	if d.count+n <= MaxCandidates {
		return
	}
	d.prioritise()
	for _, tried := range []bool{false, true} {
		for i := d.count - 1; i >= 0 && d.count+n > MaxCandidates; i-- {
			if d.candidates[i].Tried() != tried {
				continue
			}
			copy(d.candidates[i:d.count-1], d.candidates[i+1:d.count])
			d.count--
			d.Omitted++
		}
	}
	d.at = slices.IndexFunc(d.candidates[:d.count], func(c Candidate) bool { return c.Bridge == d.Chosen })
}

// keepOnly forgets all candidates but one bridge's, and what was noted of them: the
// limits and the Retry-After of a bridge that was never asked for say nothing.
func (d *Decision) keepOnly(id BridgeID) {
	d.prioritise()
	d.candidates[0] = *d.find(id)
	d.count = 1
	d.question.limited, d.RetryAfter = false, 0
}

// landingFull is CMS's own way (R9): a landing bridge at level 2, whose group is
// the first to be asked, refuses at once, and nobody else is asked. A bridge that could not answer itself does
// not count, and Lync calls are never refused.
func (d *Decision) landingFull() bool {
	if d.Mode != LandingNative || d.Kind == Lync {
		return false
	}
	c := d.find(d.Landing)
	return c != nil && c.Level == 2 && c.Veto >= VetoDraining
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
