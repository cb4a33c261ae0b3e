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
	b := d.append(f.b[:0])
	if cap(b) > cap(f.b) { // It grew by doubling; what is kept for long is as long as it must be.
		b = append([]byte(nil), b...)
	}
	f.b, f.order = b, d.question.order
}

// Restore makes d what was kept, but for CallID, From and To, which it leaves
// empty. It does nothing, and reports false, where nothing is kept.
func (f *Frozen) Restore(d *Decision) bool {
	if f.Empty() {
		return false
	}
	r := frozenReader{f.b}
	r.decision(d)
	d.question.order = f.order
	d.CallID, d.From, d.To = Text{}, Text{}, Text{}
	return true
}

// Drop forgets what is kept, and keeps the memory for the next Decision.
func (f *Frozen) Drop() { f.b, f.order = f.b[:0], nil }

// append and frozenReader.decision name the fields in one order; what the one
// has written is all that the other ever reads, so there is nothing to check.
func (d *Decision) append(b []byte) []byte {
	q := &d.question
	b = append(b, byte(d.Kind), byte(d.Mode), byte(d.Outcome), byte(d.count), byte(q.count), d.Conference.n,
		pack(d.OfferAtFault, q.byURI, q.reserve, q.anyway, q.limited, q.refused, q.meet == q.hash))
	b = append(b, d.Conference.Bytes()...)
	b = appendWords(b, uint64(d.At.UnixNano()), d.Caller, q.hash)
	if q.meet != q.hash {
		b = appendWords(b, q.meet)
	}
	b = appendNumbers(b, int64(d.ID), int64(d.Chosen), int64(d.Landing), int64(d.at), int64(d.Tries), int64(d.Omitted),
		int64(d.Cost), int64(d.RetryAfter), int64(d.Placement.group), int64(d.Placement.index), int64(d.Placement.gen),
		int64(q.refuser), int64(q.sender), int64(q.next))
	for _, g := range q.groups[:q.count] {
		b = appendNumbers(b, int64(g))
	}
	for i := range d.candidates[:d.count] {
		b = d.candidates[i].append(b)
	}
	return b
}

func (r *frozenReader) decision(d *Decision) {
	q := &d.question
	b := r.bytes(7)
	d.Kind, d.Mode, d.Outcome = Kind(b[0]), LandingMode(b[1]), Outcome(b[2])
	d.count, q.count, d.Conference.n = int(b[3]), int(b[4]), b[5]
	is := b[6]
	d.OfferAtFault, q.byURI, q.reserve = is&1 != 0, is&2 != 0, is&4 != 0
	q.anyway, q.limited, q.refused = is&8 != 0, is&16 != 0, is&32 != 0
	copy(d.Conference.b[:], r.bytes(int(d.Conference.n)))
	d.At = time.Unix(0, int64(r.word()))
	d.Caller, q.hash = r.word(), r.word()
	if q.meet = q.hash; is&64 == 0 {
		q.meet = r.word()
	}
	d.ID, d.Chosen, d.Landing = uint64(r.number()), BridgeID(r.number()), BridgeID(r.number())
	d.at, d.Tries, d.Omitted = int(r.number()), int(r.number()), int(r.number())
	d.Cost, d.RetryAfter = int(r.number()), time.Duration(r.number())
	d.Placement = Placement{GroupID(r.number()), int32(r.number()), uint32(r.number())}
	q.refuser, q.sender, q.next = BridgeID(r.number()), BridgeID(r.number()), int(r.number())
	for i := range q.groups[:q.count] {
		q.groups[i] = GroupID(r.number())
	}
	for i := range d.candidates[:d.count] {
		r.candidate(&d.candidates[i])
	}
}

func (c *Candidate) append(b []byte) []byte {
	b = append(b, pack(c.HasLimit, c.ranked, c.Running, c.Pending), c.Priority, byte(c.Level), byte(c.Reach), byte(c.Veto), c.try)
	b = appendWords(b, math.Float64bits(c.draw))
	return appendNumbers(b, int64(c.Bridge), int64(c.Group), c.Load, c.Reserved, c.New, c.Existing,
		int64(c.Participants), int64(c.ParticipantLimit), int64(c.Local), int64(c.Answer))
}

func (r *frozenReader) candidate(c *Candidate) {
	b := r.bytes(6)
	c.HasLimit, c.ranked, c.Running, c.Pending = b[0]&1 != 0, b[0]&2 != 0, b[0]&4 != 0, b[0]&8 != 0
	c.Priority, c.Level, c.Reach, c.Veto, c.try = b[1], Level(b[2]), Reach(b[3]), Veto(b[4]), b[5]
	c.draw = math.Float64frombits(r.word())
	c.Bridge, c.Group = BridgeID(r.number()), GroupID(r.number())
	c.Load, c.Reserved, c.New, c.Existing = r.number(), r.number(), r.number(), r.number()
	c.Participants, c.ParticipantLimit, c.Local = int32(r.number()), int32(r.number()), int32(r.number())
	c.Answer = uint16(r.number())
}

// pack makes a byte of up to eight yes or no.
func pack(list ...bool) (b byte) {
	for i, v := range list {
		if v {
			b |= 1 << i
		}
	}
	return b
}

// appendWords writes figures that may be anything, such as hashes.
func appendWords(b []byte, list ...uint64) []byte {
	for _, w := range list {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// appendNumbers writes figures that are small as a rule: most take one byte.
func appendNumbers(b []byte, list ...int64) []byte {
	for _, n := range list {
		b = binary.AppendVarint(b, n)
	}
	return b
}

// frozenReader takes the same from the front.
type frozenReader struct{ b []byte }

func (r *frozenReader) bytes(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *frozenReader) word() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }

func (r *frozenReader) number() int64 {
	if b := r.b[0]; b < 0x80 {
		r.b = r.b[1:]
		return int64(b>>1) ^ -int64(b&1)
	}
	n, size := binary.Varint(r.b)
	r.b = r.b[size:]
	return n
}
