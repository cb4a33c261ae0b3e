package lb

import (
	"errors"
	"fmt"
	"maps"
	"strings"
)

// Orders are the orders of bridges that go before the hash (R3): the operator's
// pins, then what was learned from CMS event logs. Immutable.
type Orders struct {
	pins, learned map[string]*order
	spaces        map[string]*order // Pins by URI, under the ids of the spaces that the URIs turned out to be.
	resolved      map[string]string // Pinned URIs (Key.URI) → space id.
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

// find returns the order for a conference, or nil: a pin by space id, else by a
// URI of the space, else what was learned. The dialled URI comes last of the
// pins, so that a space has one order whichever of its URIs is dialled.
func (o *Orders) find(k Key) *order {
	if len(o.pins) > 0 {
		if p := o.pins[k.Space]; p != nil {
			return p
		}
		if p := o.spaces[k.Space]; p != nil {
			return p
		}
		if p := o.pins[userPart(k.URI)]; p != nil {
			return p
		}
	}
	if len(o.learned) > 0 {
		return o.learned[k.String()]
	}
	return nil
}

// userPart returns what stands before the last @ of a Key.URI.
func userPart(uri string) string {
	if at := strings.LastIndexByte(uri, '@'); at >= 0 {
		return uri[:at]
	}
	return uri
}

// news says whether it is news, and worth keeping, that a URI is a space: a pin
// names its user part.
func (o *Orders) news(uri, space string) bool {
	return len(o.pins) > 0 && space != "" && o.resolved[uri] != space && o.pins[userPart(uri)] != nil
}

// resolve returns orders that know what pinned URIs mean. A URI that has moved
// to another space takes its pin along; of several pinned URIs of one space the
// first in the alphabet counts, so that all edges agree. Pins times routes bound
// its size.
func (o *Orders) resolve(resolved map[string]string) *Orders {
	next := &Orders{pins: o.pins, learned: o.learned, spaces: map[string]*order{}, resolved: map[string]string{}}
	first := map[string]string{}
	for uri, space := range resolved {
		pin := o.pins[userPart(uri)]
		if pin == nil {
			continue // No longer pinned.
		}
		next.resolved[uri] = space
		if have, taken := first[space]; !taken || uri < have {
			first[space], next.spaces[space] = uri, pin
		}
	}
	return next
}

// with returns orders that also know that a URI is a space.
func (o *Orders) with(uri, space string) *Orders {
	resolved := maps.Clone(o.resolved)
	if resolved == nil {
		resolved = map[string]string{}
	}
	resolved[strings.Clone(uri)] = strings.Clone(space)
	return o.resolve(resolved)
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
