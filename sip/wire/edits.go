package wire

const (
	maxEdits     = 32  // a forwarded request needs fewer than ten.
	scratchBytes = 192 // for texts made here: figures and addresses.
)

// Edits is a list of changes to one message: everything not named in it is passed on byte for byte.
// The zero value is ready for use. It holds at most 32 changes and allocates nothing. Texts given to it are kept
// by reference until Apply, those that it makes itself are kept inside. A call that cannot be obeyed — too many
// changes, or two that overlap — makes Apply report false. It is not safe for concurrent use.
type Edits struct {
	list    [maxEdits]edit
	scratch [scratchBytes]byte
	n       int // used part of list.
	used    int // used part of scratch.
	failed  bool
}

// edit puts text, or scratch[from:to] when text is nil, in place of span.
type edit struct {
	span     Span
	text     []byte
	from, to uint16
}

// Reset forgets all edits.
func (e *Edits) Reset() {
	clear(e.list[:e.n]) // texts may be large; do not keep them alive.
	e.n, e.used, e.failed = 0, 0, false
}

// Insert puts text before the byte at offset at. Several inserts at one place keep the order of the calls and
// stand before what replaces or follows that byte.
func (e *Edits) Insert(at uint32, text []byte) {
	if len(text) > 0 {
		e.add(edit{span: Span{at, at}, text: text})
	}
}

// Replace puts text in place of s.
func (e *Edits) Replace(s Span, text []byte) { e.add(edit{span: s, text: text}) }

// Delete removes s.
func (e *Edits) Delete(s Span) {
	if !s.Empty() {
		e.add(edit{span: s})
	}
}

// Apply appends src with the edits to dst, which must not overlap src. It reports false, with dst as it was, when
// edits overlap, reach beyond src, or were too many: faults of the caller, so the message must not be sent.
func (e *Edits) Apply(dst, src []byte) ([]byte, bool) {
	return e.applyWithin(dst, src, Span{0, uint32(len(src))})
}

// applyWithin appends the part of src inside s with the edits, all of which must lie in it.
func (e *Edits) applyWithin(dst, src []byte, s Span) ([]byte, bool) {
	if e.failed {
		return dst, false
	}
	out, pos := dst, s.Start
	for i := range e.n {
		d := &e.list[i]
		if d.span.Start < pos || d.span.End > s.End {
			return dst, false
		}
		out = append(out, src[pos:d.span.Start]...)
		if d.text != nil {
			out = append(out, d.text...)
		} else {
			out = append(out, e.scratch[d.from:d.to]...)
		}
		pos = d.span.End
	}
	return append(out, src[pos:s.End]...), true
}

// add keeps the list ordered by place, an insert before a replacement that begins at its place.
func (e *Edits) add(d edit) {
	if e.n == len(e.list) || d.span.End < d.span.Start {
		e.failed = true
		return
	}
	i := e.n
	for i > 0 && d.before(&e.list[i-1]) {
		e.list[i] = e.list[i-1]
		i--
	}
	e.list[i] = d
	e.n++
}

func (d *edit) before(other *edit) bool {
	if d.span.Start != other.span.Start {
		return d.span.Start < other.span.Start
	}
	return d.span.Empty() && !other.span.Empty()
}

// isDelete reports whether the edit puts nothing in place of something.
func (d *edit) isDelete() bool { return len(d.text) == 0 && d.from == d.to && !d.span.Empty() }

// draft is where a text made here begins: append to it and hand the result to place.
func (e *Edits) draft() []byte { return e.scratch[:e.used] }

// place puts what was appended to draft in place of s.
func (e *Edits) place(s Span, drafted []byte) {
	if len(drafted) > len(e.scratch) {
		e.failed = true
		return
	}
	e.add(edit{span: s, from: uint16(e.used), to: uint16(len(drafted))})
	e.used = len(drafted)
}
