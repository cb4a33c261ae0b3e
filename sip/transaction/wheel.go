package transaction

import "math/bits"

const (
	tickShift   = 3 // A tick is 8 ms: fine enough for T1, coarse enough to fire many at once.
	wheelLevels = 5 // 2^40 ticks, 278 years: the wheel never wraps round.
	levelBits   = 8
	levelSlots  = 1 << levelBits
)

// wheelNode is what a record is queued by.
type wheelNode struct {
	prev, next uint32 // Neighbours in the list of the place.
	due        instant
	place      uint16 // 1 + level*levelSlots + slot; 0 when not queued.
}

// wheel is a hierarchical timer wheel of records. A record lies on the lowest level
// on which its deadline's tick and the current tick share all higher digits (base
// 256), in the slot of its own digit there; so whatever is on a level is earlier
// than all on the levels above, and a slot is found by a bitmap. When the
// current tick reaches a slot of a higher level, its records move down; a timer of a
// transaction does so twice at most. Insert and remove are O(1).
type wheel struct {
	records *slots[record]
	tick    uint64 // All that was due before it has been popped.
	count   int
	used    [wheelLevels][levelSlots / 64]uint64
	heads   [wheelLevels][levelSlots]uint32
}

// insert queues record i, which is not queued, to be popped at due. now is the
// clock's tick, which an empty wheel takes over.
func (w *wheel) insert(i uint32, due instant, now uint64) {
	if w.count == 0 {
		w.tick = max(w.tick, now)
	}
	w.count++
	w.records.at(i).node.due = due
	w.place(i)
}

// tickOf is the tick, rounded up, in which due is popped.
func (w *wheel) tickOf(due instant) uint64 {
	d := int32(due - instant(w.tick<<tickShift))
	if d <= 0 {
		return w.tick
	}
	return w.tick + uint64(d+1<<tickShift-1)>>tickShift
}

func (w *wheel) place(i uint32) {
	n := &w.records.at(i).node
	tick := w.tickOf(n.due)
	level := 0
	if differ := tick ^ w.tick; differ != 0 {
		level = (bits.Len64(differ) - 1) / levelBits
	}
	slot := tick >> (level * levelBits) & (levelSlots - 1)
	head := &w.heads[level][slot]
	n.place = uint16(1 + level*levelSlots + int(slot))
	n.prev, n.next = 0, *head
	if *head != 0 {
		w.records.at(*head).node.prev = i
	}
	*head = i
	w.used[level][slot/64] |= 1 << (slot % 64)
}

// remove takes record i out, if it is queued.
func (w *wheel) remove(i uint32) {
	n := &w.records.at(i).node
	if n.place == 0 {
		return
	}
	w.unlink(n)
	w.count--
}

func (w *wheel) unlink(n *wheelNode) {
	level, slot := int(n.place-1)/levelSlots, int(n.place-1)%levelSlots
	if n.next != 0 {
		w.records.at(n.next).node.prev = n.prev
	}
	if n.prev != 0 {
		w.records.at(n.prev).node.next = n.next
	} else {
		w.heads[level][slot] = n.next
		if n.next == 0 {
			w.used[level][slot/64] &^= 1 << (slot % 64)
		}
	}
	n.prev, n.next, n.place = 0, 0, 0
}

// pop takes out one record that is due at tick now or before; it reports false when
// there is none.
func (w *wheel) pop(now uint64) (uint32, bool) {
	for {
		tick, level, slot, ok := w.earliest()
		if !ok || tick > now {
			w.tick = max(w.tick, now)
			return 0, false
		}
		w.tick = tick
		if level == 0 {
			i := w.heads[0][slot]
			w.remove(i)
			return i, true
		}
		for i := w.heads[level][slot]; i != 0; i = w.heads[level][slot] {
			w.unlink(&w.records.at(i).node)
			w.place(i)
		}
	}
}

// next is the tick at which pop has something to do: the next deadline, or the
// start of the slot of a higher level that holds it. It reports false when the wheel
// is empty.
func (w *wheel) next() (tick uint64, ok bool) {
	tick, _, _, ok = w.earliest()
	return tick, ok
}

func (w *wheel) earliest() (tick uint64, level int, slot int, ok bool) {
	for level := range wheelLevels {
		shift := level * levelBits
		from := int(w.tick >> shift & (levelSlots - 1))
		if level > 0 {
			from++ // The current slot has moved down.
		}
		if slot := firstUsed(&w.used[level], from); slot >= 0 {
			return w.tick>>(shift+levelBits)<<(shift+levelBits) | uint64(slot)<<shift, level, slot, true
		}
	}
	return 0, 0, 0, false
}

// firstUsed is the first set bit from a given one on, -1 for none.
func firstUsed(used *[levelSlots / 64]uint64, from int) int {
	for word := from / 64; word < len(used); word++ {
		b := used[word]
		if word == from/64 {
			b &= ^uint64(0) << (from % 64)
		}
		if b != 0 {
			return word*64 + bits.TrailingZeros64(b)
		}
	}
	return -1
}
