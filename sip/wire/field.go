package wire

// field indexes one header field, the lines b[pos:end].
func (m *Message) field(pos, end int) {
	b := m.Bytes
	id, nameEnd, i, ok := fieldName(b, pos, end)
	if !ok {
		m.note(faultHeaderName)
		return
	}
	if len(m.Headers) == MaxHeaders {
		m.note(faultTooManyHeaders)
		m.tainted |= 1 << id // an answer would be incomplete without it.
		return
	}
	stop := end // an empty value stands behind the colon, so that what is put there stays in the line.
	for i < stop && isLWS(b[stop-1]) {
		stop--
	}
	for i < stop && isLWS(b[i]) {
		i++
	}
	value := Span{uint32(i), uint32(stop)}
	m.Headers = append(m.Headers, Header{
		ID:    id,
		Line:  Span{uint32(pos), uint32(end)},
		Name:  Span{uint32(pos), uint32(nameEnd)},
		Value: value,
	})
	if id == Other {
		return
	}
	again := m.Has(id)
	m.seen |= 1 << id
	if again {
		m.repeated(id, value)
		return
	}
	m.singleton(id, value)
}

// repeated judges a field that was met before. Those of which there may be one only are refused whether or not
// they agree: the next element may go by the other one.
func (m *Message) repeated(id HeaderID, value Span) {
	switch id {
	case Via:
		m.Via.Last = false
		if !areVias(m.Bytes[:value.End], int(value.Start)) {
			m.note(faultVia)
			m.tainted |= 1 << Via
		}
	case From:
		m.note(faultDuplicateFrom)
	case To:
		m.note(faultDuplicateTo)
	case CallID:
		m.note(faultDuplicateCallID)
	case CSeq:
		m.note(faultDuplicateCSeq)
	case MaxForwards:
		m.note(faultDuplicateMaxForwards)
	case ContentLength:
		m.note(faultDuplicateContentLength)
	case ContentType:
		m.note(faultDuplicateContentType)
	}
}
