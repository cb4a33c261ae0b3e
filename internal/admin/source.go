package admin

import (
	"context"
	"errors"

	"bridgehead/lb"
)

// ErrUnknownBridge says that no bridge has the name.
var ErrUnknownBridge = errors.New("no bridge has that name")

// Source is asked for what the API shows. Its methods are called from many
// goroutines at once, must not block on the network where they do not say so, and
// return values that nobody changes afterwards.
type Source interface {
	// Bridges returns every bridge as it stands now, in configuration order.
	Bridges() []Bridge
	// SetState puts a bridge into a state (R4) and keeps it over a restart. It
	// returns the bridge as it stands then, and a warning if the state is in
	// force but could not be kept. The error wraps ErrUnknownBridge.
	SetState(bridge string, s lb.AdminState) (b Bridge, warning string, err error)
	// Groups returns every group as it stands now, in configuration order.
	Groups() []Group
	// Conferences returns every conference that runs, those on several bridges
	// first.
	Conferences() []lb.ConferenceView
	// Decisions returns at most limit decisions, newest first.
	Decisions(limit int) []Decision
	// Decision returns the account of a recorded decision; false when it is not,
	// or no longer, recorded.
	Decision(id uint64) (Account, bool)
	// Explain decides about a call that nobody makes, with no side effect. The
	// error says why such a call would never come to a decision. It may wait a
	// second for what a bridge says of the URI, as a call would.
	Explain(ctx context.Context, q Question) (Explanation, error)
	// Observation compares what was decided with where calls went.
	Observation() Observation
	// Ready reports whether the edge can do its work: every bridge was polled
	// once, whatever the result, and some route can take calls. If not, reasons
	// says what is amiss, a line each.
	Ready() (ready bool, reasons []string)
}
