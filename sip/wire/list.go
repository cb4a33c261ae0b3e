package wire

import "iter"

// Value is one element of a header that may hold several, joined by commas or on lines of their own.
type Value struct {
	// Header is the index into Message.Headers.
	Header int
	// Span is the element without the blanks around it.
	Span Span
	// Whole tells that it is all that its header field holds.
	Whole bool
}

// Values yields every comma-separated element of every header with that id, in message order.
// Commas inside quoted strings and angle brackets do not separate; empty elements are skipped.
// It does not allocate.
func (m *Message) Values(id HeaderID) iter.Seq[Value] {
	return func(yield func(Value) bool) { m.eachValue(id, yield) }
}

func (m *Message) eachValue(id HeaderID, yield func(Value) bool) {
	if id != Other && !m.Has(id) {
		return
	}
	for i := range m.Headers {
		if m.Headers[i].ID == id && !m.eachElement(i, yield) {
			return
		}
	}
}

// eachElement yields the elements of one header field; it returns false when yield did.
func (m *Message) eachElement(header int, yield func(Value) bool) bool {
	h := &m.Headers[header]
	b := m.Bytes[:h.Value.End]
	for pos := int(h.Value.Start); pos < len(b); {
		start := skipLWS(b, pos)
		end := elementEnd(b, start, h.ID != Via)
		pos = end + 1
		for end > start && isLWS(b[end-1]) {
			end--
		}
		if end == start {
			continue
		}
		s := Span{uint32(start), uint32(end)}
		if !yield(Value{Header: header, Span: s, Whole: s == h.Value}) {
			return false
		}
	}
	return true
}

// elementEnd finds the comma that ends the element, or the end of b. A quote or bracket that never closes takes in the rest.
// Angle brackets mean nothing in Via.
func elementEnd(b []byte, i int, brackets bool) int {
	for i < len(b) {
		switch b[i] {
		case ',':
			return i
		case '"':
			if i = skipQuoted(b, i); i < 0 {
				return len(b)
			}
			continue
		case '<':
			if brackets {
				for i < len(b) && b[i] != '>' {
					i++
				}
			}
		}
		i++
	}
	return len(b)
}
