package lb

import "slices"

// presence says of every conference on which bridges of one group it may be
// listed, so that a decision looks only there and costs the same however many
// conferences run. It is a superset: conferences that share a place share their
// bridges. Immutable.
type presence struct {
	masks  []uint32 // By the lowest bits of a conference's hash: a bit per place in the group.
	listed int      // Listed conferences of all bridges together.
}

const minPresence = 8

// at returns a bit per place in the group where the conference may be listed.
func (p *presence) at(key uint64) uint32 {
	if key == 0 || len(p.masks) == 0 {
		return 0
	}
	return p.masks[key&uint64(len(p.masks)-1)]
}

// with returns the presence after one bridge of the group listed its calls
// anew; rows are those of the group, with the new list. The cost is a copy.
func (p *presence) with(place int, old *runningSet, rows []row) presence {
	next := presence{listed: p.listed - old.listed() + rows[place].running.listed()}
	size := len(p.masks)
	if next.listed <= size && (size == minPresence || next.listed > size/8) {
		next.masks = slices.Clone(p.masks)
		for i := range next.masks {
			next.masks[i] &^= 1 << place
		}
		next.add(place, rows[place].running)
		return next
	}
	for size = minPresence; size < next.listed; {
		size *= 2
	}
	next.masks = make([]uint32, size)
	for i := range rows {
		next.add(i, rows[i].running)
	}
	return next
}

// add notes what one bridge lists.
func (p *presence) add(place int, s *runningSet) {
	if s == nil {
		return
	}
	mask := uint64(len(p.masks) - 1)
	for i := range s.slots {
		if key := s.slots[i].key; key != 0 {
			p.masks[key&mask] |= 1 << place
		}
	}
}

// listed returns the number of call objects that the bridge listed, an upper
// bound of the conferences.
func (s *runningSet) listed() int {
	if s == nil {
		return 0
	}
	return len(s.list)
}
