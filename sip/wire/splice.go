package wire

import (
	"net/netip"
	"strconv"
)

// PushVia puts line, a full Via field with its CRLF, before the first Via line (RFC 3261 section 16.6, step 8).
func (e *Edits) PushVia(m *Message, line []byte) {
	if !m.Has(Via) {
		e.Insert(m.afterVia(), line)
		return
	}
	h, _ := m.Get(Via)
	e.Insert(h.Line.Start, line)
}

// PopVia removes the top Via value (RFC 3261 section 16.7, step 3): its whole line, or one value of a comma-joined line.
// m must have been parsed without a fault.
func (e *Edits) PopVia(m *Message) {
	v := &m.Via
	if v.Value.Empty() {
		return
	}
	h := &m.Headers[v.Header]
	if v.Value == h.Value {
		e.Delete(h.Line)
		return
	}
	next := skipLWS(m.Bytes, int(v.Value.End)) // at the comma.
	e.Delete(Span{v.Value.Start, uint32(skipLWS(m.Bytes, next+1))})
}

// StampVia writes into the top Via where the request really came from: received when the sent-by host is a name or
// another address (RFC 3261 section 18.2.1), rport and then always received when the sender asked for it (RFC 3581).
// What the sender wrote there itself is overwritten: a forged one would lead responses astray.
// An invalid src stamps nothing.
func (e *Edits) StampVia(m *Message, src netip.AddrPort) {
	v := &m.Via
	if !src.IsValid() || v.Value.Empty() {
		return
	}
	addr := src.Addr().Unmap().WithZone("")
	if v.RPort != RPortAbsent {
		text := append(e.draft(), "rport="...)
		e.place(v.RPortSpan, strconv.AppendUint(text, uint64(src.Port()), 10))
	}
	if !v.Received.Empty() {
		e.place(v.Received, addr.AppendTo(e.draft()))
		return
	}
	sentBy, literal := HostAddr(m.Text(v.Host))
	if v.RPort == RPortAbsent && literal && sentBy == addr {
		return
	}
	text := e.draft()
	if m.Bytes[v.Value.End-1] != ';' {
		text = append(text, ';')
	}
	text = append(text, "received="...)
	e.place(Span{v.Value.End, v.Value.End}, addr.AppendTo(text))
}

// MaxForwards writes n in place of the figure, or a new field below the Via block (RFC 3261 section 16.6, step 3).
func (e *Edits) MaxForwards(m *Message, n int) {
	if h, ok := m.Get(MaxForwards); ok {
		e.place(h.Value, strconv.AppendInt(e.draft(), int64(n), 10))
		return
	}
	at := m.afterVia()
	text := strconv.AppendInt(append(e.draft(), "Max-Forwards: "...), int64(n), 10)
	e.place(Span{at, at}, append(text, "\r\n"...))
}

// PushRecordRoute puts line, full Record-Route fields with their CRLFs, above existing ones, else below the Via
// block (RFC 3261 section 16.6, step 4).
func (e *Edits) PushRecordRoute(m *Message, line []byte) {
	if h, ok := m.Get(RecordRoute); ok {
		e.Insert(h.Line.Start, line)
		return
	}
	e.Insert(m.afterVia(), line)
}

// afterVia is the place behind the last Via line; without one, that of the first header field.
func (m *Message) afterVia() uint32 {
	for i := len(m.Headers) - 1; i >= 0; i-- {
		if m.Headers[i].ID == Via {
			return m.Headers[i].Line.End
		}
	}
	if len(m.Headers) > 0 {
		return m.Headers[0].Line.Start
	}
	return m.Body.Start
}
