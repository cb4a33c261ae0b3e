package lb

import (
	"errors"
	"fmt"
	"strings"
)

// Orders are the orders of bridges that go before the hash (R3): the operator's
// pins, then what was learned from CMS event logs. Immutable.
type Orders struct {
	pins, learned map[string]*order
}

// order is one pin or learned order: bridges of any group, best first.
type order struct{ bridges []BridgeID }

// NewOrders looks every name up; a name that no group has, an empty order and a
// conference that is named twice are errors, all reported at once. Learned
// orders are keyed by space id.
func NewOrders(t *Topology, pins, learned []Pin) (*Orders, error) {
	var faults []error
	index := func(list []Pin) map[string]*order {
		m := make(map[string]*order, len(list))
		for _, p := range list {
			o := &order{}
			for _, name := range p.Order {
				id, ok := t.byName[name]
				if !ok {
					faults = append(faults, fmt.Errorf("priorities for %q: no group has a bridge %q", p.Conference, name))
					continue
				}
				o.bridges = append(o.bridges, id)
			}
			key := strings.ToLower(p.Conference)
			if key == "" || len(p.Order) == 0 || m[key] != nil {
				faults = append(faults, fmt.Errorf("priorities for %q: give each conference once, with at least one bridge", p.Conference))
			}
			m[key], m[p.Conference] = o, o
		}
		return m
	}
	o := &Orders{pins: index(pins), learned: index(learned)}
	return o, errors.Join(faults...)
}

// find returns the order for a conference, or nil: a pin by space id or by the
// dialled user part, else what was learned.
func (o *Orders) find(k Key) *order {
	if len(o.pins) > 0 {
		if p := o.pins[k.Space]; p != nil {
			return p
		}
		user := k.URI
		if at := strings.LastIndexByte(user, '@'); at >= 0 {
			user = user[:at]
		}
		if p := o.pins[user]; p != nil {
			return p
		}
	}
	if len(o.learned) > 0 {
		return o.learned[k.String()]
	}
	return nil
}

// draw returns what a pinned or learned bridge draws instead of its hash: less
// than any hash, and less the earlier it is named. false if it is not named.
func (o *order) draw(id BridgeID) (float64, bool) {
	for i, named := range o.bridges {
		if named == id {
			return float64(i - len(o.bridges)), true
		}
	}
	return 0, false
}
