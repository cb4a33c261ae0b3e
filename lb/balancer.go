package lb

import (
	"sync/atomic"
	"time"
)

// Balancer is the one stateful thing here: the table of what the bridges last
// said, and the Book of what calls hold. It starts no goroutine and reads no
// clock: time is an argument. All methods are safe for concurrent use, never
// block on I/O, and hold a group's lock for about a microsecond.
type Balancer struct {
	table atomic.Pointer[Table]
}

// New returns a Balancer that has read nothing yet. now is the time from which
// the silence of never-read bridges counts (R11).
func New(t *Topology, p Policy, now time.Time) *Balancer { return &Balancer{} }

// Table returns the current table: an immutable snapshot.
func (b *Balancer) Table() *Table { return b.table.Load() }

// Report takes the result of one poll: the table is swapped, and reservations
// and pending conferences that the reading shows are settled (R10).
func (b *Balancer) Report(r Reading) {}

// Reach reports whether a bridge's SIP side answered (anything) or failed to,
// at the given time: the result of an OPTIONS probe, or any SIP answer of a
// call (R11). News older than what is known is ignored. Cheap enough to be
// called for every response.
func (b *Balancer) Reach(id BridgeID, ok bool, at time.Time) {}

// Suspect says whether a bridge's SIP side is taken for dead: probe it (R12).
func (b *Balancer) Suspect(id BridgeID) bool { return false }

// Evidence records what a call attempt taught about a bridge (R12). It returns
// true when the bridge has just become suspect and wants a probe at once.
func (b *Balancer) Evidence(id BridgeID, e Evidence, now time.Time) (probe bool) { return false }

// Refused records that the chosen bridge of d answered 488 (R12). It returns
// true when the offer is at fault: two bridges that do not look full refused
// it, nobody is marked, and Next will give nobody else.
func (b *Balancer) Refused(d *Decision, now time.Time) (offerAtFault bool) { return false }

// Place chooses a bridge for a call and reserves its cost there in one step,
// and records the whole decision in d, which it overwrites (R5, R6, R9, R10).
// See d.Outcome for the result.
func (b *Balancer) Place(c *Call, now time.Time, d *Decision) {}

// Explain does what Place does, with no side effect.
func (b *Balancer) Explain(c *Call, now time.Time, d *Decision) {}

// Next gives the next candidate of d after the chosen one failed (R12): it
// releases what the call held there, looks at the next candidate by the rules
// as of now, and reserves. It returns false when nobody is left, the policy's
// attempts are used up, or the offer is at fault; d.Outcome is then Spent.
func (b *Balancer) Next(d *Decision, now time.Time) (BridgeID, bool) { return NoBridge, false }

// Answered says that the call was answered: its reservation now waits for a
// reading that shows it (R10). Idempotent.
func (b *Balancer) Answered(p Placement, now time.Time) {}

// Ended says that the call is over, whether it was answered, failed or was
// cancelled: it holds nothing any more. Idempotent.
func (b *Balancer) Ended(p Placement, now time.Time) {}

// SetCost corrects a call's expected cost once the offer is known (R10).
func (b *Balancer) SetCost(p Placement, cost int) {}

// Resolve moves a pending conference that was dialled by a URI (Key.URI) before
// the directory knew it to its space id (R3). Cheap when there is none.
func (b *Balancer) Resolve(uri, space string) {}

// SetState puts a bridge into an administrative state (R4).
func (b *Balancer) SetState(id BridgeID, s AdminState) {}

// SetOrders replaces the pinned and learned orders (R3).
func (b *Balancer) SetOrders(o *Orders) {}

// Bridges returns every bridge as it stands at now, for people and metrics.
func (b *Balancer) Bridges(now time.Time) []BridgeView { return nil }
