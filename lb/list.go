package lb

// link chains one placement in one list. Places are stored plus one, so that
// the zero link is in no list.
type link struct{ prev, next int32 }

// list is a first-in first-out list of placements, by their places in a slice
// that may move. The zero list is empty.
type list struct {
	head, tail int32 // Valid while count > 0.
	count      int32
}

const noLink = -1 // In a link: nobody before or after.

func (l *list) push(all []placement, i int32, kind holding) {
	all[i].links[kind] = link{prev: noLink, next: noLink}
	if l.count == 0 {
		l.head = i
	} else {
		all[l.tail].links[kind].next = i + 1
		all[i].links[kind].prev = l.tail + 1
	}
	l.tail = i
	l.count++
}

// holds says whether i is in the list.
func (l *list) holds(all []placement, i int32, kind holding) bool {
	return all[i].links[kind] != link{}
}

// remove takes i out; it must be in the list.
func (l *list) remove(all []placement, i int32, kind holding) {
	at := all[i].links[kind]
	all[i].links[kind] = link{}
	if at.prev == noLink {
		l.head = at.next - 1
	} else {
		all[at.prev-1].links[kind].next = at.next
	}
	if at.next == noLink {
		l.tail = at.prev - 1
	} else {
		all[at.next-1].links[kind].prev = at.prev
	}
	l.count--
}

// rotate moves the head to the tail.
func (l *list) rotate(all []placement, kind holding) {
	i := l.head
	l.remove(all, i, kind)
	l.push(all, i, kind)
}
