package lb

import (
	"cmp"
	"slices"
	"time"
)

// MaxCandidates is the most candidates that one Decision records: any one group
// fits. When a later group needs room, vetoed ones of earlier groups give way.
const MaxCandidates = MaxBridges

// MaxGroups is the most groups of a route that a decision looks at.
const MaxGroups = 8

// Placement is a handle to what one call holds in the Book: a reservation on a
// bridge and its share in a pending conference. It is comparable; the zero
// Placement holds nothing. Handles that outlived what they name are harmless.
type Placement struct {
	group GroupID
	index int32
	gen   uint32
}

// Held says whether the placement was ever given out.
func (p Placement) Held() bool { return p.gen != 0 }

// Level is a load level (R2): 0 below the new-conference limit, 1 between, 2 at
// or above the existing-conference limit.
type Level uint8

// Candidate is one bridge as one decision saw it.
type Candidate struct {
	Bridge BridgeID
	Group  GroupID
	// Load is the last mediaProcessingLoad, Reserved the load units promised to
	// calls that it does not show yet; their sum is the effective load (R2).
	Load, Reserved int64
	// New and Existing are the thresholds (R1); HasLimit is false where no
	// loadLimit is set or known, and they are then 0.
	New, Existing int64
	// Participants are call legs and calls not yet among them;
	// ParticipantLimit is 0 where there is none (R4).
	Participants, ParticipantLimit int32
	// Local are the conference's participants on this bridge, with those still
	// on the way (R4).
	Local int32
	// Answer is the SIP status that the bridge gave when it was tried: 0 not
	// tried or no answer noted, 408 silence, 503 transport error.
	Answer   uint16
	HasLimit bool
	// Priority is the conference's order of the group's bridges, 0 is best (R3).
	// It is worked out when a Decision's candidates are asked for.
	Priority uint8
	ranked   bool
	Level    Level
	// Running says that the conference runs there; Pending that this is so
	// because we placed a call there that no reading shows yet (R10).
	Running, Pending bool
	Reach            Reach
	Veto             Veto
	try              uint8 // 1 for the first one that the call was sent to, 0 for never.

	draw float64 // What priorities are made from: the lowest of the group has priority 0.
}

// Effective returns the effective load (R2) in load units.
func (c *Candidate) Effective() int64 { return c.Load + c.Reserved }

// Decision is the full record of one selection, and what Next goes on from. It
// is large (about 2 kB) and holds nothing of its caller's: reuse it. It may be
// copied, but only one copy should be given to Next.
type Decision struct {
	// ID is the record's number, given by Recorder.Record; 0 before.
	ID uint64
	// At is the time of the decision.
	At      time.Time
	Kind    Kind
	Mode    LandingMode // Never LandingDefault.
	Outcome Outcome
	// Chosen is the bridge to try, or the last one tried when Outcome is Spent.
	Chosen  BridgeID
	Landing BridgeID
	// Placement is what the call holds on Chosen; zero after Explain.
	Placement Placement
	// Cost is the call's expected load (R10).
	Cost int
	// Caller is Call.Caller.
	Caller uint64
	// Tries counts the bridges given out so far.
	Tries int
	// OfferAtFault says that two bridges that do not look full refused the same
	// offer (R12): nobody else is tried.
	OfferAtFault bool
	// Omitted counts candidates that gave way to those of later groups.
	Omitted int
	// RetryAfter is how long call control should wait after a 503 (R7): until the
	// first bridge that asked to be left alone is back, else a plain guess.
	RetryAfter time.Duration

	Conference       Text // The space id, else the URI.
	CallID, From, To Text

	candidates [MaxCandidates]Candidate
	count      int
	at         int // Place of Chosen in candidates, -1 if none.
	question   question
}

// Candidates returns every bridge that was looked at: the groups in the order in
// which they were asked, the bridges of each in configuration order. It aliases
// d, and works out their priorities: not for concurrent use.
func (d *Decision) Candidates() []Candidate {
	d.prioritise()
	return d.candidates[:d.count]
}

// Ordered returns copies of the candidates as R5 orders them: of each group
// first those that were tried, as they were, then those that could be, then the
// vetoed, by priority.
func (d *Decision) Ordered() []Candidate { return d.appendOrdered(nil) }

// appendOrdered appends them to an empty list.
func (d *Decision) appendOrdered(list []Candidate) []Candidate {
	list = append(list, d.Candidates()...)
	slices.SortStableFunc(list, func(a, b Candidate) int {
		switch {
		case a.Group != b.Group:
			return 0 // Groups are in order already.
		case a.try != b.try:
			return cmp.Compare(a.try-1, b.try-1) // Never tried, 0, wraps round to last.
		case before(d.Kind, &a, &b):
			return -1
		case before(d.Kind, &b, &a):
			return 1
		}
		return 0
	})
	return list
}

// prioritise turns draws into priorities (R3). A group's candidates must all
// still be there.
func (d *Decision) prioritise() {
	list := d.candidates[:d.count]
	for i := range list {
		if c := &list[i]; !c.ranked {
			c.Priority, c.ranked = uint8(d.rank(i)), true
		}
	}
}

// rank counts the group's candidates with a lower draw.
func (d *Decision) rank(i int) (n int) {
	c := &d.candidates[i]
	for j := range d.candidates[:d.count] {
		if o := &d.candidates[j]; o.Group == c.Group && (o.draw < c.draw || o.draw == c.draw && j < i) {
			n++
		}
	}
	return n
}

// ChosenCandidate returns the candidate that Chosen names, or nil.
func (d *Decision) ChosenCandidate() *Candidate {
	c := d.current()
	if c != nil && !c.ranked {
		c.Priority = uint8(d.rank(d.at))
	}
	return c
}

func (d *Decision) current() *Candidate {
	if d.at < 0 || d.at >= d.count {
		return nil
	}
	return &d.candidates[d.at]
}

// Tried says whether the call was sent there.
func (c *Candidate) Tried() bool { return c.try > 0 }

// NoteAnswer notes what the chosen bridge answered (a final SIP status; 408 for
// silence, 503 for a transport error), for the record.
func (d *Decision) NoteAnswer(status int) {
	if c := d.current(); c != nil {
		c.Answer = uint16(min(max(status, 0), 999))
	}
}
