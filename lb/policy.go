package lb

import (
	"errors"
	"fmt"
	"time"
)

// Blind says what to do while no bridge has ever been read (R11).
type Blind uint8

// The two ways to be blind.
const (
	// BlindPlace places by priority and lets SIP failover find a live bridge.
	BlindPlace Blind = iota
	// BlindRefuse refuses every call as unavailable.
	BlindRefuse
)

// Costs are the load units that a call is expected to take, by the best video
// that its offer allows (R10). Source: loadLimit per capacity of CMS hardware,
// 720p30 being 1000 units.
type Costs struct {
	Audio   int // No video, or video that is refused.
	P480    int // Up to 480p30.
	P720    int // Up to 720p30.
	P1080   int // 1080p30 and above.
	Unknown int // No offer yet (delayed offer), or one that cannot be read.
}

// Policy holds every number of the rules. It is plain data; a Balancer keeps a
// copy.
type Policy struct {
	// NewBasisPoints and ExistingBasisPoints count where neither the operator
	// nor the bridge sets them (R1). 0..10000; CMS defaults 5000 and 8000.
	NewBasisPoints, ExistingBasisPoints int

	// MaxPerConference is the most local participants of one conference on one
	// bridge (R4). CMS supports 450; 0 switches the rule off.
	MaxPerConference int
	// MaxJoinRate is the most joins per minute of one conference on one bridge
	// (R4); 0, the default, means no cap.
	MaxJoinRate int
	// MaxBridgesPerConference is the most bridges that one conference may
	// spread over (R4); 0, the default, means no cap. Too low a value refuses
	// joiners while other bridges stand idle.
	MaxBridgesPerConference int

	// StaleAfter is the age at which a load reading stops being trusted (R11).
	// It must exceed the poll interval by enough for one poll to be late, or
	// every reading is stale half of the time.
	StaleAfter time.Duration
	// DownAfter is the age at which a bridge whose SIP side is unproven counts
	// as down (R11). At least StaleAfter.
	DownAfter time.Duration
	// Blind says what to do while no bridge has ever been read (R11).
	Blind Blind

	// Settle is how long after the answer a poll must begin for its figure to
	// contain the call (R10): load follows media, not signalling. Too short
	// oversubscribes, too long counts calls twice for a moment.
	Settle time.Duration
	// Unanswered is how long an unanswered call keeps its reservation (R10).
	Unanswered time.Duration
	// Costs are used by the SIP side to fill Call.Cost.
	Costs Costs

	// Landing is what Call.Landing means for calls that say LandingDefault (R9).
	Landing LandingMode

	// AttemptTimeout is how long a bridge may stay silent before the next is
	// tried, connect included (R12). Used by the SIP side, as are the next three.
	AttemptTimeout time.Duration
	// Attempts is the most bridges that one call tries; also obeyed by Next.
	Attempts int
	// DecisionTimeout bounds all attempts of one call together.
	DecisionTimeout time.Duration
	// SetupTimeout is how long a bridge may answer nothing but 100.
	SetupTimeout time.Duration
}

// DefaultPolicy returns the defaults of every field.
func DefaultPolicy() Policy {
	return Policy{
		NewBasisPoints:      5000,
		ExistingBasisPoints: 8000,
		MaxPerConference:    450,
		StaleAfter:          5 * time.Second,
		DownAfter:           15 * time.Second,
		Blind:               BlindPlace,
		Settle:              3 * time.Second,
		Unanswered:          32 * time.Second,
		Costs:               Costs{Audio: 50, P480: 500, P720: 1000, P1080: 2000, Unknown: 1000},
		Landing:             LandingGroup,
		AttemptTimeout:      3 * time.Second,
		Attempts:            3,
		DecisionTimeout:     10 * time.Second,
		SetupTimeout:        20 * time.Second,
	}
}

// Validate reports every field that is out of its range, all at once.
func (p *Policy) Validate() error {
	var faults []error
	check := func(good bool, format string, args ...any) {
		if !good {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	for _, bp := range []int{p.NewBasisPoints, p.ExistingBasisPoints} {
		check(bp >= 0 && bp <= 10000, "basis points %d: must be 0 to 10000", bp)
	}
	for _, n := range []int{p.MaxPerConference, p.MaxJoinRate, p.MaxBridgesPerConference} {
		check(n >= 0, "cap %d: must be 0 (off) or more", n)
	}
	for _, c := range []int{p.Costs.Audio, p.Costs.P480, p.Costs.P720, p.Costs.P1080, p.Costs.Unknown} {
		check(c >= 0 && c <= maxUnits, "cost %d: must be 0 to %d load units", c, maxUnits)
	}
	check(p.StaleAfter > 0, "staleAfter %v: must be above 0", p.StaleAfter)
	check(p.DownAfter >= p.StaleAfter, "downAfter %v: must be at least staleAfter (%v)", p.DownAfter, p.StaleAfter)
	check(p.Settle >= 0, "settle %v: must not be negative", p.Settle)
	check(p.Unanswered > 0, "unanswered %v: must be above 0", p.Unanswered)
	check(p.Attempts >= 1, "attempts %d: must be 1 or more", p.Attempts)
	for _, d := range []time.Duration{p.AttemptTimeout, p.DecisionTimeout, p.SetupTimeout} {
		check(d > 0, "timeout %v: must be above 0", d)
	}
	check(p.Blind <= BlindRefuse, "blind %d: use BlindPlace or BlindRefuse", p.Blind)
	check(p.Landing >= LandingGroup && p.Landing <= LandingOnly, "landing %d: use LandingGroup, LandingNative or LandingOnly", p.Landing)
	return errors.Join(faults...)
}
