package wire

import "math"

// maxForwardsLimit is the largest figure of Max-Forwards (RFC 3261 section 20.22); a larger one is read as this.
const maxForwardsLimit = 255

// singleton reads the fields that a proxy goes by, at their first occurrence.
func (m *Message) singleton(id HeaderID, value Span) {
	text := m.Text(value)
	switch id {
	case Via:
		m.topVia(value)
	case From:
		m.From = value
		if !m.tag(value, &m.FromTag) {
			m.note(faultFrom)
		}
	case To:
		m.To = value
		if !m.tag(value, &m.ToTag) {
			m.note(faultTo)
		}
	case CallID:
		m.CallID = value
		if !visible(text) {
			m.note(faultCallID)
		}
	case CSeq:
		m.readCSeq(value)
	case MaxForwards:
		n, ok := decimal(text, maxForwardsLimit)
		if !ok {
			m.note(faultMaxForwards)
			return
		}
		m.MaxForwards = int(n)
	case ContentLength:
		n, ok := decimal(text, math.MaxInt32)
		if !ok {
			m.note(faultContentLength)
			return
		}
		m.ContentLength = int(n)
	case Contact:
		m.Contact = value
	}
}

// readCSeq reads a number of 32 bits, blanks and a method (RFC 3261 section 20.16).
func (m *Message) readCSeq(value Span) {
	b := m.Bytes[:value.End]
	i := int(value.Start)
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	n, ok := decimal(b[value.Start:i], math.MaxUint32+1)
	method := skipLWS(b, i)
	if !ok || n > math.MaxUint32 || method == i || method == len(b) || skipToken(b, method) != len(b) {
		m.note(faultCSeq)
		return
	}
	m.CSeq = uint32(n)
	m.CSeqMethod = Span{uint32(method), value.End}
}

// tag finds the tag parameter of From or To. Two tags, or one without a value, name no dialog for certain.
func (m *Message) tag(value Span, tag *Span) bool {
	v := m.Text(value)
	parts, ok := splitNameAddr(v)
	if !ok {
		return false
	}
	p := params{b: v, pos: parts.params}
	for p.next() {
		if !equalFold(v[p.name.Start:p.name.End], "tag") {
			continue
		}
		if tag.End != 0 || !p.hasValue || p.quoted {
			return false
		}
		*tag = Span{value.Start + p.value.Start, value.Start + p.value.End}
	}
	return p.done()
}

// visible reports whether b holds at least one byte and neither blanks nor control characters.
func visible(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(b) > 0
}
