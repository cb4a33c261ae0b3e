package lb

import "fmt"

// BridgeID numbers a Call Bridge within one Topology: its place in the
// configuration, counted over all groups from 0. It is never sent anywhere, so
// edges with differently ordered configurations still agree.
type BridgeID int

// NoBridge stands for no bridge: no landing bridge named, or nobody chosen.
const NoBridge BridgeID = -1

// GroupID numbers a Call Bridge group within one Topology, from 0.
type GroupID int

// Limits are the load settings of one bridge, as its node
// /system/configuration/cluster gives them. Every bridge has its own.
type Limits struct {
	// LoadLimit is the bridge's capacity in load units. 0 means none is set:
	// the load level is then 0 for ever (R1).
	LoadLimit int
	// NewBasisPoints is newConferenceLoadLimitBasisPoints, 0..10000 (1/10000
	// of LoadLimit); a negative value means not set, and the Policy's default
	// counts.
	NewBasisPoints int
	// ExistingBasisPoints is existingConferenceLoadLimitBasisPoints, same form.
	ExistingBasisPoints int
	// ParticipantLimit is participantLimit, the most call legs that the bridge
	// takes; 0 means none is set.
	ParticipantLimit int
}

// NoLimits returns Limits with nothing set: what an all-empty answer means.
func NoLimits() Limits { return Limits{NewBasisPoints: -1, ExistingBasisPoints: -1} }

// Overrides are limits that the operator's configuration sets for one bridge;
// nil means that the figure read from the bridge counts.
type Overrides struct {
	LoadLimit           *int // Load units, 0 for none.
	NewBasisPoints      *int // 0..10000.
	ExistingBasisPoints *int // 0..10000.
	ParticipantLimit    *int // Call legs, 0 for none.
}

// apply returns the limits that count: the operator's word over the bridge's.
func (o Overrides) apply(l Limits) Limits {
	for _, f := range []struct {
		to   *int
		from *int
	}{
		{&l.LoadLimit, o.LoadLimit},
		{&l.NewBasisPoints, o.NewBasisPoints},
		{&l.ExistingBasisPoints, o.ExistingBasisPoints},
		{&l.ParticipantLimit, o.ParticipantLimit},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return l
}

// AdminState is the operator's hand on one bridge (R4).
type AdminState uint8

// The states an operator can put a bridge into.
const (
	// Ready takes everything.
	Ready AdminState = iota
	// Drain takes no new conferences; those running there are still joined.
	Drain
	// DrainStrict takes nothing new at all, not even joiners.
	DrainStrict
	// Maintenance takes nothing, and the bridge is not expected to answer.
	Maintenance
)

// String returns ready, drain, drain-strict or maint.
func (s AdminState) String() string {
	switch s {
	case Ready:
		return "ready"
	case Drain:
		return "drain"
	case DrainStrict:
		return "drain-strict"
	case Maintenance:
		return "maint"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// ParseAdminState is the inverse of AdminState.String.
func ParseAdminState(s string) (AdminState, error) {
	for _, state := range []AdminState{Ready, Drain, DrainStrict, Maintenance} {
		if s == state.String() {
			return state, nil
		}
	}
	return Ready, fmt.Errorf("%q is no bridge state: use ready, drain, drain-strict or maint", s)
}
