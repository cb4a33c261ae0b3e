package app

import (
	"sync/atomic"
	"time"

	"bridgehead/lb"
)

// tallyShards spreads the counters so that readers on several cores seldom meet;
// a power of two.
const tallyShards = 16

// verdict is how the call of one decision ended, and why it went where it did:
// the labels result and reason of a placement.
type verdict struct{ result, reason string }

// The verdicts. placed was answered with success; declined got another answer
// from its bridge, which went up; cancelled was given up by the caller; refused
// found no bridge; failed found some, and all tries are used up.
var verdicts = []verdict{
	{"placed", "running"}, {"placed", "new"}, {"placed", "disfavoured"}, {"placed", "other"},
	{"declined", "running"}, {"declined", "new"}, {"declined", "disfavoured"}, {"declined", "other"},
	{"cancelled", "running"}, {"cancelled", "new"}, {"cancelled", "disfavoured"}, {"cancelled", "other"},
	{"refused", "full"}, {"refused", "landing_full"}, {"refused", "unavailable"},
	{"failed", "tries"}, {"failed", "offer"},
}

// Places in verdicts: the first of each result, and the reasons after it.
const (
	firstPlaced    = 0
	firstDeclined  = 4
	firstCancelled = 8
	firstRefused   = 12
	firstFailed    = 15

	reasonRunning     = 0
	reasonNew         = 1
	reasonDisfavoured = 2
	reasonOther       = 3
)

// durations are the upper bounds of the histogram of set-up times.
var durations = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute,
}

// durationBounds are the same in seconds.
var durationBounds = func() (list []float64) {
	for _, d := range durations {
		list = append(list, d.Seconds())
	}
	return list
}()

// tally counts decisions on their way into the Recorder. It is on the call path:
// a few additions to atomic counters, no lock, no allocation.
type tally struct {
	next   *lb.Recorder
	shards [tallyShards]tallyShard
}

type tallyShard struct {
	placements        []atomic.Uint64 // by group, then verdict
	durations         [len(durations) + 1]atomic.Uint64
	nanoseconds       atomic.Uint64
	observed, differs atomic.Uint64
	_                 [64]byte // neighbours share no cache line
}

func newTally(t *lb.Topology, next *lb.Recorder) *tally {
	y := &tally{next: next}
	for i := range y.shards {
		y.shards[i].placements = make([]atomic.Uint64, len(t.Groups)*len(verdicts))
	}
	return y
}

// Record counts the decision and records it.
func (y *tally) Record(d *lb.Decision, r lb.Result) uint64 {
	id := y.next.Record(d, r)
	s := &y.shards[id%tallyShards]
	if g := groupOf(d); g >= 0 {
		s.placements[int(g)*len(verdicts)+verdictOf(d, r)].Add(1)
	}
	if r.Observed {
		s.observed.Add(1)
		if d.Differs(r.Delivered) {
			s.differs.Add(1)
		}
	}
	i := 0
	for i < len(durations) && r.Took > durations[i] {
		i++
	}
	s.durations[i].Add(1)
	s.nanoseconds.Add(uint64(max(r.Took, 0)))
	return id
}

// groupOf is the group of the chosen bridge, else the first that was asked; -1
// if none was.
func groupOf(d *lb.Decision) lb.GroupID {
	if c := d.ChosenCandidate(); c != nil {
		return c.Group
	}
	if all := d.Candidates(); len(all) > 0 {
		return all[0].Group
	}
	return -1
}

// verdictOf is the place of a decision in verdicts.
func verdictOf(d *lb.Decision, r lb.Result) int {
	switch d.Outcome {
	case lb.Exhausted:
		return firstRefused
	case lb.LandingFull:
		return firstRefused + 1
	case lb.Unavailable:
		return firstRefused + 2
	case lb.Spent:
		if d.OfferAtFault {
			return firstFailed + 1
		}
		return firstFailed
	}
	switch reason := reasonOf(d); {
	case r.Status >= 200 && r.Status < 300:
		return firstPlaced + reason
	case r.Status == 0, r.Status == requestTerminated:
		return firstCancelled + reason
	default:
		return firstDeclined + reason
	}
}

// requestTerminated is what a cancelled INVITE gets (RFC 3261 section 21.4.25).
const requestTerminated = 487

// reasonOf says which step of R5 chose the bridge.
func reasonOf(d *lb.Decision) int {
	c := d.ChosenCandidate()
	switch {
	case c == nil, d.Kind == lb.IVR, d.Kind == lb.Lync, d.Mode == lb.LandingOnly && d.Landing == d.Chosen, c.Level > 1:
		return reasonOther
	case c.Running:
		return reasonRunning
	case c.Level == 0:
		return reasonNew
	}
	return reasonDisfavoured
}

// placements returns the count of a group and verdict.
func (y *tally) placements(g lb.GroupID, verdict int) (n uint64) {
	for i := range y.shards {
		n += y.shards[i].placements[int(g)*len(verdicts)+verdict].Load()
	}
	return n
}

// took returns the histogram of set-up times: how many in all, their sum in
// seconds, and how many up to each of durations.
func (y *tally) took() (count uint64, sum float64, upTo []uint64) {
	upTo = make([]uint64, len(durations))
	for i := range len(durations) + 1 {
		for s := range y.shards {
			count += y.shards[s].durations[i].Load()
		}
		if i < len(durations) {
			upTo[i] = count
		}
	}
	for s := range y.shards {
		sum += time.Duration(y.shards[s].nanoseconds.Load()).Seconds()
	}
	return count, sum, upTo
}

// observed returns how many calls went as dialled, and how many of these the
// rules would have treated otherwise.
func (y *tally) observed() (all, differs uint64) {
	for i := range y.shards {
		all += y.shards[i].observed.Load()
		differs += y.shards[i].differs.Load()
	}
	return all, differs
}
