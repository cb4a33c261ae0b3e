package wire

// PopRoute removes one Route value, and its field with the last one (RFC 3261 section 16.4). v comes from Values;
// several values, also of one field, may be popped in any order. It suits every other list header as well.
func (e *Edits) PopRoute(m *Message, v Value) {
	h := &m.Headers[v.Header]
	if v.Whole {
		e.restore(h.Line)
		e.Delete(h.Line)
		return
	}
	// The commas to go depend on what else goes, so the field's removals are made anew each time.
	var (
		cut   Span  // the run of removed elements that is open.
		stay  bool  // some element stays.
		prior int64 // end of the last element that stays.
		runs  [maxEdits]Span
		n     int
	)
	prior = -1
	m.eachElement(v.Header, func(el Value) bool {
		switch gone := el.Span == v.Span || e.deletes(el.Span); {
		case gone && cut.Empty():
			cut = el.Span
		case gone:
			cut.End = el.Span.End
		default:
			if !cut.Empty() {
				if n == len(runs) {
					e.failed = true
					return false
				}
				runs[n] = Span{cut.Start, el.Span.Start}
				n++
			}
			cut = Span{}
			stay, prior = true, int64(el.Span.End)
		}
		return true
	})
	e.restore(h.Line)
	if !stay {
		e.Delete(h.Line)
		return
	}
	for _, s := range runs[:n] {
		e.Delete(s)
	}
	if !cut.Empty() {
		e.Delete(Span{uint32(prior), cut.End})
	}
}

// deletes reports whether some edit removes all of s.
func (e *Edits) deletes(s Span) bool {
	for i := range e.n {
		if d := &e.list[i]; d.isDelete() && d.span.Start <= s.Start && d.span.End >= s.End {
			return true
		}
	}
	return false
}

// restore forgets the removals that lie in s.
func (e *Edits) restore(s Span) {
	kept := 0
	for i := range e.n {
		if d := e.list[i]; !d.isDelete() || d.span.Start < s.Start || d.span.End > s.End {
			e.list[kept] = d
			kept++
		}
	}
	e.n = kept
}
