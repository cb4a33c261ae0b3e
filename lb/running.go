package lb

// runningSet answers whether a conference runs on one bridge, by the last good
// reading of its calls. Immutable; an open-addressing table, because every
// decision asks every bridge of a group.
type runningSet struct {
	slots []runningSlot // A power of two, at most half full.
	list  []Conference  // As reported.
}

// runningSlot is one listed space. Several call objects of one space are one
// conference.
type runningSlot struct {
	key       uint64  // hashKey of the space id, 0 for an empty slot.
	detailsAt instant // Of the oldest details among its call objects, never while unknown.
	local     int32
	running   bool
}

func newRunningSet(list []Conference, c clock) *runningSet {
	size := 8
	for size < 2*len(list) {
		size *= 2
	}
	s := &runningSet{slots: make([]runningSlot, size), list: list}
	for i := range list {
		conf := &list[i]
		if conf.Space == "" {
			continue
		}
		key := hashKey(conf.Space)
		slot := s.slot(key)
		detailsAt := never
		if !conf.DetailsAt.IsZero() {
			detailsAt = c.at(conf.DetailsAt)
			slot.local += int32(min(max(conf.Local, 0), maxUnits))
		}
		if slot.key == 0 || detailsAt < slot.detailsAt {
			slot.detailsAt = detailsAt
		}
		slot.key = key
		slot.running = slot.running || conf.Running()
	}
	return s
}

// slot returns the slot of a key, or the empty one where it would go.
func (s *runningSet) slot(key uint64) *runningSlot {
	mask := uint64(len(s.slots) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if k := s.slots[i].key; k == key || k == 0 {
			return &s.slots[i]
		}
	}
}

// find returns what is known of a conference; the zero slot if it is not
// listed, or nothing was ever read.
func (s *runningSet) find(key uint64) runningSlot {
	if s == nil || key == 0 {
		return runningSlot{}
	}
	return *s.slot(key)
}

// participants returns the local ones, nil while no details are known.
func (s *runningSlot) participants() *int {
	if s.detailsAt == never && s.local == 0 {
		return nil
	}
	n := int(s.local)
	return &n
}

// count returns the number of conferences that run.
func (s *runningSet) count() (n int) {
	if s == nil {
		return 0
	}
	for i := range s.slots {
		if s.slots[i].running {
			n++
		}
	}
	return n
}
