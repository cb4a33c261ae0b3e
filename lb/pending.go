package lb

// conferences are the pending conferences of one group (R10): those into which
// we placed calls that no list of calls shows yet. They count as running where
// those calls are. The zero value is empty.
type conferences struct {
	byKey map[uint64]int32 // hashKey of the space id or URI → place in all.
	all   []conference
	free  []int32
	byURI int // How many are known by URI only.
}

// conference is one pending conference. It lives as long as a placement names
// it.
type conference struct {
	key     uint64
	byURI   bool  // Known by URI only: no reading can show it, so none can deny it.
	refs    int32 // Placements that name it, directly or through one that was moved into it.
	into    int32 // The conference that it was moved into, by place plus one; 0 for none.
	pending [MaxBridges]int32
	name    Text
}

// join counts one more call into a conference on a bridge.
func (cs *conferences) join(key uint64, byURI bool, name *Text, bridge uint8) int32 {
	i, known := cs.byKey[key]
	if !known {
		if n := len(cs.free); n > 0 {
			i, cs.free = cs.free[n-1], cs.free[:n-1]
		} else {
			i = int32(len(cs.all))
			cs.all = append(cs.all, conference{})
		}
		cs.all[i] = conference{key: key, byURI: byURI, name: *name}
		if cs.byKey == nil {
			cs.byKey = map[uint64]int32{}
		}
		cs.byKey[key] = i
		if byURI {
			cs.byURI++
		}
	}
	cs.all[i].refs++
	cs.all[i].pending[bridge]++
	return i
}

// leave takes one call back, and forgets conferences that nobody names.
func (cs *conferences) leave(i int32, bridge uint8) {
	for {
		c := &cs.all[i]
		into := c.into
		if into == 0 {
			c.pending[bridge]--
		}
		if c.refs--; c.refs == 0 {
			if cs.byKey[c.key] == i {
				delete(cs.byKey, c.key)
			}
			if c.byURI {
				cs.byURI--
			}
			*c = conference{}
			cs.free = append(cs.free, i)
		}
		if into == 0 {
			return
		}
		i = into - 1
	}
}

// find returns the calls that are on their way into a conference, per bridge of
// the group; nil if there are none.
func (cs *conferences) find(key uint64) *conference {
	if i, known := cs.byKey[key]; known {
		return &cs.all[i]
	}
	return nil
}

// at returns the conference that a placement names, after any move.
func (cs *conferences) at(i int32) *conference {
	for cs.all[i].into != 0 {
		i = cs.all[i].into - 1
	}
	return &cs.all[i]
}

// move gives a conference that was known by URI its space id; if that is
// pending too, the two become one (R3).
func (cs *conferences) move(from, to uint64, name *Text) {
	i, known := cs.byKey[from]
	if !known || from == to {
		return
	}
	delete(cs.byKey, from)
	c := &cs.all[i]
	if c.byURI {
		c.byURI = false
		cs.byURI--
	}
	j, taken := cs.byKey[to]
	if !taken {
		c.key, c.name = to, *name
		cs.byKey[to] = i
		return
	}
	target := &cs.all[j]
	for b, n := range c.pending {
		target.pending[b] += n
		c.pending[b] = 0
	}
	target.refs += c.refs
	c.into, c.key = j+1, 0
}
