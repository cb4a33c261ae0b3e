package lb

import (
	"errors"
	"fmt"
)

// MaxBridges is the most bridges that one group may have: what a CMS cluster
// supports.
const MaxBridges = 24

// BridgeConfig is what the operator says about one bridge.
type BridgeConfig struct {
	// Name is the bridge's name as CMS knows it (uniqueName), for example
	// cluster1. It is part of the rendezvous hash (R3), so every edge must use
	// the same one.
	Name string
	// Overrides replace figures read from the bridge.
	Overrides Overrides
	// LastLoadLimit is the loadLimit that an earlier run of this edge read, 0
	// if unknown. It serves as weight (R3) until the bridge is read again, so
	// that a restart does not change the order; it is never a limit.
	LastLoadLimit int
}

// GroupConfig is what the operator says about one Call Bridge group.
type GroupConfig struct {
	Name    string
	Bridges []BridgeConfig // In configuration order, 1 to MaxBridges.
}

// Pin fixes the order of a conference's bridges by hand (R3).
type Pin struct {
	// Conference is a space id, or the user part of a space's URI in any
	// letter case. A pin by URI counts for calls that dial that URI, and once
	// the URI is known to be a space (Balancer.Resolve) for that space, by
	// whichever of its URIs it is dialled.
	Conference string
	// Order lists bridge names, best first. Bridges of the group that it leaves
	// out follow in hash order; bridges of other groups are skipped.
	Order []string
}

// Bridge is one Call Bridge of a Topology.
type Bridge struct {
	BridgeConfig
	ID    BridgeID
	Group GroupID
}

// Group is one Call Bridge group of a Topology.
type Group struct {
	Name    string
	Bridges []BridgeID // In configuration order.
}

// Topology is the immutable set of groups and bridges, and the operator's
// pins. It is safe for concurrent use; do not write to its fields.
type Topology struct {
	Groups  []Group  // Indexed by GroupID.
	Bridges []Bridge // Indexed by BridgeID.
	Pins    []Pin

	byName map[string]BridgeID
}

// NewTopology numbers the groups and bridges in the given order. All faults are
// reported at once: an empty or repeated name, a group with no bridge or more
// than MaxBridges, a pin with no conference or one that names an unknown
// bridge.
func NewTopology(groups []GroupConfig, pins []Pin) (*Topology, error) {
	t := &Topology{Pins: pins, byName: map[string]BridgeID{}}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	groupNames := map[string]bool{}
	for g, gc := range groups {
		if gc.Name == "" || groupNames[gc.Name] {
			fault("group %q: every group needs a name of its own", gc.Name)
		}
		groupNames[gc.Name] = true
		if n := len(gc.Bridges); n == 0 || n > MaxBridges {
			fault("group %q has %d bridges: it must have 1 to %d", gc.Name, n, MaxBridges)
		}
		group := Group{Name: gc.Name}
		for _, bc := range gc.Bridges {
			if _, taken := t.byName[bc.Name]; taken || bc.Name == "" {
				fault("group %q, bridge %q: every bridge needs a name of its own", gc.Name, bc.Name)
			}
			id := BridgeID(len(t.Bridges))
			t.byName[bc.Name] = id
			t.Bridges = append(t.Bridges, Bridge{BridgeConfig: bc, ID: id, Group: GroupID(g)})
			group.Bridges = append(group.Bridges, id)
		}
		t.Groups = append(t.Groups, group)
	}
	if _, err := NewOrders(t, pins, nil); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return t, nil
}

// Bridge returns the bridge with that name.
func (t *Topology) Bridge(name string) (BridgeID, bool) {
	id, ok := t.byName[name]
	return id, ok
}

// Group returns the group with that name.
func (t *Topology) Group(name string) (GroupID, bool) {
	for i := range t.Groups {
		if t.Groups[i].Name == name {
			return GroupID(i), true
		}
	}
	return 0, false
}

// Name returns a bridge's name, or "none" for NoBridge and unknown ids.
func (t *Topology) Name(id BridgeID) string {
	if id < 0 || int(id) >= len(t.Bridges) {
		return "none"
	}
	return t.Bridges[id].Name
}
