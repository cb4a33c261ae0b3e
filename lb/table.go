package lb

import (
	"fmt"
	"slices"
	"time"
)

// Table is an immutable snapshot of what the bridges last said, of the
// operator's states, and of the orders. A new one replaces it at each Report.
type Table struct {
	topology *Topology
	policy   *Policy
	clock    clock
	rows     []row      // By BridgeID.
	members  []members  // By GroupID.
	presence []presence // By GroupID.
	orders   *Orders
	anyRead  bool    // Some bridge's load was read at some time.
	newest   instant // When the latest good load poll of a bridge not in maintenance began, never if there is none.
}

// row is one bridge's part of the table.
type row struct {
	loadAt       instant // When its last good load poll began, never if there was none.
	load         int64
	thresholds   thresholds
	running      *runningSet
	participants int32
	state        AdminState
	limits       Limits // What counts: the operator's word over the bridge's.
	read         Limits // As the bridge said.
	polls        [endpoints]poll
}

// poll is what is known of one endpoint of one bridge.
type poll struct {
	good     time.Time // When the last good poll began.
	err      error     // Of the last poll, nil if it was good.
	at       time.Time // When the last poll ended, good or not.
	failures int       // In a row.
}

func newTable(t *Topology, p *Policy, c clock) *Table {
	orders, _ := NewOrders(t, t.Pins, nil) // NewTopology has checked them.
	table := &Table{
		topology: t, policy: p, clock: c, orders: orders, newest: never,
		rows: make([]row, len(t.Bridges)), members: make([]members, len(t.Groups)), presence: make([]presence, len(t.Groups)),
	}
	for i := range table.rows {
		r := &table.rows[i]
		r.loadAt, r.read = never, NoLimits()
		table.setLimits(r, BridgeID(i))
	}
	for g := range t.Groups {
		table.members[g] = newMembers(&t.Groups[g], t, table.weights())
	}
	return table
}

func (t *Table) setLimits(r *row, id BridgeID) {
	r.limits = t.topology.Bridges[id].Overrides.apply(r.read)
	r.thresholds = thresholdsOf(r.limits, t.policy)
}

// weights are the rendezvous weights (R3): the configured loadLimit, else the
// one last read, in this run or an earlier one; 0 if there is none.
func (t *Table) weights() []int {
	w := make([]int, len(t.rows))
	for i := range t.rows {
		w[i] = t.rows[i].limits.LoadLimit
		if w[i] <= 0 && t.rows[i].polls[ReadLimits].good.IsZero() {
			w[i] = t.topology.Bridges[i].LastLoadLimit
		}
	}
	return w
}

// copyRows returns a table whose rows may be changed before it is published.
func (t *Table) copyRows() *Table {
	next := *t
	next.rows = slices.Clone(t.rows)
	return &next
}

// with returns the table after one more reading. A failed poll is recorded and
// renews nothing (R11); one that began before what is known is dropped.
func (t *Table) with(r Reading) *Table {
	if r.Err == nil {
		r.Err = r.fault()
	}
	next := t.copyRows()
	row := &next.rows[r.Bridge]
	p := &row.polls[r.Endpoint]
	p.at = r.At
	if p.err = r.Err; r.Err != nil {
		p.failures++
		return next
	}
	if r.BeganAt.Before(p.good) {
		return t
	}
	p.good, p.failures = r.BeganAt, 0
	switch r.Endpoint {
	case ReadLoad:
		row.load, row.loadAt = int64(r.Load), t.clock.at(r.BeganAt)
		next.anyRead, next.newest = true, next.findNewest()
	case ReadCalls:
		row.running = newRunningSet(r.Conferences, t.clock)
		next.setPresence(r.Bridge, t)
	case ReadLimits:
		row.read = r.Limits
		next.setLimits(row, r.Bridge)
		g := t.topology.Bridges[r.Bridge].Group
		next.members = slices.Clone(t.members)
		next.members[g] = newMembers(&t.topology.Groups[g], t.topology, next.weights())
	case ReadStatus:
		row.participants = int32(r.Participants)
	}
	return next
}

// setPresence notes where conferences run after one bridge has listed its calls.
func (t *Table) setPresence(id BridgeID, old *Table) {
	g := t.topology.Bridges[id].Group
	first := t.members[g].first
	rows := t.rows[first : int(first)+len(t.members[g].seeds)]
	t.presence = slices.Clone(old.presence)
	t.presence[g] = old.presence[g].with(int(id-first), old.rows[id].running, rows)
}

// fault names figures that no bridge can mean.
func (r *Reading) fault() error {
	check := func(what string, n int) error {
		if n < 0 || n > maxUnits {
			return fmt.Errorf("%s is %d: not believed", what, n)
		}
		return nil
	}
	switch r.Endpoint {
	case ReadLoad:
		return check("mediaProcessingLoad", r.Load)
	case ReadLimits:
		if err := check("loadLimit", r.Limits.LoadLimit); err != nil {
			return err
		}
		return check("participantLimit", r.Limits.ParticipantLimit)
	case ReadStatus:
		return check("callLegsActive", r.Participants)
	}
	return nil
}

// withState returns the table with one bridge in another state.
func (t *Table) withState(id BridgeID, s AdminState) *Table {
	next := t.copyRows()
	next.rows[id].state = s
	next.newest = next.findNewest()
	return next
}

// withOrders returns the table with other pinned and learned orders.
func (t *Table) withOrders(o *Orders) *Table {
	next := *t
	next.orders = o
	return &next
}

// findNewest leaves bridges in maintenance out: that they are being worked on
// says nothing about our own network.
func (t *Table) findNewest() instant {
	newest := never
	for i := range t.rows {
		if t.rows[i].state != Maintenance {
			newest = max(newest, t.rows[i].loadAt)
		}
	}
	return newest
}

// Topology returns the topology that the table is about.
func (t *Table) Topology() *Topology { return t.topology }

// Conferences returns what a bridge last listed; do not write to it.
func (t *Table) Conferences(id BridgeID) []Conference {
	if s := t.rows[id].running; s != nil {
		return s.list
	}
	return nil
}
