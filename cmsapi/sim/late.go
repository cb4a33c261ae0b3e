package sim

import "time"

// lateQueue holds back the messages of SIPSlow, in order. A queue that its
// bridge has replaced does nothing more.
type lateQueue struct {
	items []lateItem
}

// lateItem is one message held back.
type lateItem struct {
	due time.Time
	do  func()
}

// waiting tells if messages are held back; later ones must not overtake them.
func (q *lateQueue) waiting() bool { return len(q.items) > 0 }

// delay does something d from now, after all that was delayed before. The
// caller holds mu.
func (b *Bridge) delay(d time.Duration, do func()) {
	q := b.late
	q.items = append(q.items, lateItem{time.Now().Add(d), do})
	if len(q.items) == 1 {
		time.AfterFunc(d, func() { b.drain(q) })
	}
}

// drain does what is due. An item leaves the queue only when it is done, so
// that nothing overtakes it and no second drain starts.
func (b *Bridge) drain(q *lateQueue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.late == q && q.waiting() {
		if wait := time.Until(q.items[0].due); wait > 0 {
			time.AfterFunc(wait, func() { b.drain(q) })
			return
		}
		do := q.items[0].do
		b.mu.Unlock()
		do()
		b.mu.Lock()
		q.items = q.items[1:]
	}
}
