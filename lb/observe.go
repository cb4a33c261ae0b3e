package lb

import (
	"fmt"
	"time"
)

// Observe is Place for an edge that only watches: it decides and fills d as
// Place would, but the call is delivered to the bridge `to` in any case. It is
// booked there, because that is where its load and its conference will show
// (R10): the next decision is made from what is, not from what would have been.
// d.Placement is what the call holds on `to`; nothing is held where `to` is no
// bridge.
func (b *Balancer) Observe(c *Call, to BridgeID, now time.Time, d *Decision) {
	b.decide(c, now, d, false)
	if !b.known(to) {
		return
	}
	g := b.topology.Bridges[to].Group
	book := b.lock(g)
	defer book.mu.Unlock()
	b.hold(book, d, g, to, b.clock.at(now))
}

// Differs says whether the decision would have treated the call otherwise than
// by delivering it to that bridge: sent it elsewhere, or refused it.
func (d *Decision) Differs(delivered BridgeID) bool {
	return d.Outcome != Chosen || d.Chosen != delivered
}

// View returns the record as JSON shows it, like Decision.View, with where an
// observed call went.
func (r *Record) View(t *Table) DecisionView {
	v := r.Decision.View(t)
	if !r.Result.Observed {
		return v
	}
	v.Observed, v.Differs = true, r.Result.Differs
	v.Delivered = t.topology.Name(r.Result.Delivered)
	v.Text = fmt.Sprintf("observed: delivered to %s as dialled; by the rules it %s", v.Delivered, v.Text)
	return v
}
