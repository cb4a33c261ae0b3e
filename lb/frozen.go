package lb

import (
	"encoding/binary"
	"math"
	"time"
)

// Frozen keeps a Decision between two events of its call in a tenth of the
// memory: a call may ring for minutes, and hardly ever has to be decided again.
// What a call's INVITE itself says (CallID, From, To) is left out, since whoever
// keeps that sets it again. The zero value is empty. It is not safe for
// concurrent use.
type Frozen struct {
	b     []byte
	order *order // The one thing in a Decision that is no figure and no text.
}

// Empty reports whether nothing is kept.
func (f *Frozen) Empty() bool { return len(f.b) == 0 }

// Keep keeps d in place of what was kept before. It allocates only where that
// was smaller.
func (f *Frozen) Keep(d *Decision) {
	c := codec{b: f.b[:0]}
	d.pass(&c)
	if cap(c.b) > cap(f.b) { // It grew by doubling; what is kept for long is as long as it must be.
		c.b = append(make([]byte, 0, len(c.b)), c.b...)
	}
	f.b, f.order = c.b, d.question.order
}

// Restore makes d what was kept, but for CallID, From and To, which it leaves
// empty. It does nothing, and reports false, where nothing is kept.
func (f *Frozen) Restore(d *Decision) bool {
	if f.Empty() {
		return false
	}
	c := codec{b: f.b, reading: true}
	d.pass(&c)
	d.question.order = f.order
	d.CallID, d.From, d.To = Text{}, Text{}, Text{}
	return true
}

// Drop forgets what is kept, and keeps the memory for the next Decision.
func (f *Frozen) Drop() { f.b, f.order = f.b[:0], nil }

// pass hands every field to the codec, to be written or read.
func (d *Decision) pass(c *codec) {
	at := d.At.UnixNano()
	number(c, &at)
	if c.reading {
		d.At = time.Unix(0, at)
	}
	number(c, &d.ID)
	number(c, &d.Kind)
	number(c, &d.Mode)
	number(c, &d.Outcome)
	number(c, &d.Chosen)
	number(c, &d.Landing)
	number(c, &d.Placement.group)
	number(c, &d.Placement.index)
	number(c, &d.Placement.gen)
	number(c, &d.Cost)
	number(c, &d.Caller)
	number(c, &d.Tries)
	number(c, &d.Omitted)
	number(c, &d.RetryAfter)
	c.flags(&d.OfferAtFault)
	c.text(&d.Conference)
	number(c, &d.at)
	d.question.pass(c)
	number(c, &d.count)
	for i := range d.candidates[:d.count] {
		d.candidates[i].pass(c)
	}
}

func (q *question) pass(c *codec) {
	number(c, &q.hash)
	number(c, &q.meet)
	c.flags(&q.byURI, &q.reserve, &q.anyway, &q.limited, &q.refused)
	number(c, &q.refuser)
	number(c, &q.sender)
	number(c, &q.count)
	number(c, &q.next)
	for i := range q.groups[:q.count] {
		number(c, &q.groups[i])
	}
}

func (x *Candidate) pass(c *codec) {
	number(c, &x.Bridge)
	number(c, &x.Group)
	number(c, &x.Load)
	number(c, &x.Reserved)
	number(c, &x.New)
	number(c, &x.Existing)
	number(c, &x.Participants)
	number(c, &x.ParticipantLimit)
	number(c, &x.Local)
	number(c, &x.Answer)
	number(c, &x.Priority)
	number(c, &x.Level)
	number(c, &x.Reach)
	number(c, &x.Veto)
	number(c, &x.try)
	c.flags(&x.HasLimit, &x.ranked, &x.Running, &x.Pending)
	c.float(&x.draw)
}

// codec writes fields to b, or reads them from it: one list of them serves both
// ways. What it reads it has written itself, so there is nothing to check.
type codec struct {
	b       []byte
	reading bool
}

func number[T ~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](c *codec, v *T) {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, int64(*v))
		return
	}
	n, size := binary.Varint(c.b)
	*v, c.b = T(n), c.b[max(size, 0):]
}

func (c *codec) flags(list ...*bool) {
	var bits uint8
	for i, v := range list {
		if *v {
			bits |= 1 << i
		}
	}
	number(c, &bits)
	if c.reading {
		for i, v := range list {
			*v = bits&(1<<i) != 0
		}
	}
}

func (c *codec) float(v *float64) {
	if !c.reading {
		c.b = binary.LittleEndian.AppendUint64(c.b, math.Float64bits(*v))
		return
	}
	*v, c.b = math.Float64frombits(binary.LittleEndian.Uint64(c.b)), c.b[8:]
}

func (c *codec) text(t *Text) {
	number(c, &t.n)
	if !c.reading {
		c.b = append(c.b, t.b[:t.n]...)
		return
	}
	c.b = c.b[copy(t.b[:t.n], c.b):]
}
