package wire

import "net/netip"

// ResponseOptions is what AppendResponse adds to what it takes from the request.
type ResponseOptions struct {
	// Source is where the request came from; it is stamped into the top Via.
	Source netip.AddrPort
	// ToTag is added to To when the request has none there and the status is not 100.
	ToTag []byte
	// Extra is further header fields, each with its CRLF.
	Extra []byte
	// ContentType and Body make the body; both empty for none.
	ContentType string
	Body        []byte
}

// AppendResponse appends a response to the request m (RFC 3261 section 8.2.6). m may be faulty as long as it is Answerable.
func AppendResponse(dst []byte, m *Message, status int, reason string, o ResponseOptions) []byte {
	return dst
}
