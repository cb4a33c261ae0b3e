package wire

import (
	"net/netip"
	"strconv"
)

// ResponseOptions is what AppendResponse adds to what it takes from the request.
type ResponseOptions struct {
	// Source is where the request came from; it is stamped into the top Via as StampVia does.
	Source netip.AddrPort
	// ToTag is added to To when the request has none there and the status is not 100.
	ToTag []byte
	// Extra is further header fields, each with its CRLF.
	Extra []byte
	// ContentType and Body make the body; both empty for none.
	ContentType string
	Body        []byte
}

// AppendResponse appends a response to the request m (RFC 3261 section 8.2.6): every Via in order, From, To, Call-ID
// and CSeq as they came, Timestamp too in a 100. m may be faulty as long as it is Answerable; of fields that it should
// not repeat the first is taken. It does not allocate beyond dst.
func AppendResponse(dst []byte, m *Message, status int, reason string, o ResponseOptions) []byte {
	dst = append(dst, "SIP/2.0 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	dst = append(dst, "\r\n"...)
	dst = appendStampedVia(dst, m, o.Source)
	dst = appendField(dst, m, From)
	if to, ok := m.Get(To); ok {
		dst = append(dst, m.Bytes[to.Line.Start:to.Value.End]...)
		if status != 100 && m.ToTag.Empty() && len(o.ToTag) > 0 {
			if dst[len(dst)-1] != ';' {
				dst = append(dst, ';')
			}
			dst = append(dst, "tag="...)
			dst = append(dst, o.ToTag...)
		}
		dst = append(dst, "\r\n"...)
	}
	dst = appendField(dst, m, CallID)
	dst = appendField(dst, m, CSeq)
	if status == 100 {
		dst = appendField(dst, m, Timestamp)
	}
	dst = append(dst, o.Extra...)
	if o.ContentType != "" {
		dst = append(dst, "Content-Type: "...)
		dst = append(dst, o.ContentType...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(o.Body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, o.Body...)
}

func appendStampedVia(dst []byte, m *Message, src netip.AddrPort) []byte {
	var stamp Edits
	stamp.StampVia(m, src)
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.ID != Via {
			continue
		}
		switch {
		case i != m.Via.Header:
			dst = append(dst, m.Text(h.Line)...)
		case m.viaCut:
			dst, _ = stamp.applyWithin(dst, m.Bytes, Span{h.Line.Start, m.Via.Value.End})
			dst = append(dst, "\r\n"...)
		default:
			dst, _ = stamp.applyWithin(dst, m.Bytes, h.Line)
		}
	}
	return dst
}

// appendField appends the first field with that id as it came.
func appendField(dst []byte, m *Message, id HeaderID) []byte {
	if h, ok := m.Get(id); ok {
		dst = append(dst, m.Text(h.Line)...)
	}
	return dst
}
