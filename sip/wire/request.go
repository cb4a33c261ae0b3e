package wire

import "strconv"

// AppendACK appends the ACK for a final response of 300 to 699 to an INVITE (RFC 3261 section 17.1.1.3): Request-URI,
// From, Call-ID, number of CSeq and Route of the INVITE, its top Via alone, To of the response.
// invite is the request as it was sent, with our Via on top. It does not allocate beyond dst.
func AppendACK(dst []byte, invite *Message, response *Message) []byte {
	dst = appendSibling(dst, invite, "ACK")
	dst = appendField(dst, response, To)
	return append(dst, "Content-Length: 0\r\n\r\n"...)
}

// AppendCANCEL appends the CANCEL of an INVITE (RFC 3261 section 9.1): Request-URI, From, To, Call-ID, number of CSeq
// and Route of the INVITE, its top Via alone. invite is the request as it was sent, with our Via on top; extra is
// further header fields, each with its CRLF, such as Reason. It does not allocate beyond dst.
func AppendCANCEL(dst []byte, invite *Message, extra []byte) []byte {
	dst = appendSibling(dst, invite, "CANCEL")
	dst = appendField(dst, invite, To)
	dst = append(dst, extra...)
	return append(dst, "Content-Length: 0\r\n\r\n"...)
}

// appendSibling appends what ACK and CANCEL share: a request that takes the INVITE's way hop by hop.
func appendSibling(dst []byte, invite *Message, method string) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, invite.Text(invite.RequestURI)...)
	dst = append(dst, " SIP/2.0\r\nVia: "...)
	dst = append(dst, invite.Text(invite.Via.Value)...)
	dst = append(dst, "\r\n"...)
	for i := range invite.Headers {
		if h := &invite.Headers[i]; h.ID == Route {
			dst = append(dst, invite.Text(h.Line)...)
		}
	}
	dst = append(dst, "Max-Forwards: 70\r\n"...)
	dst = appendField(dst, invite, From)
	dst = appendField(dst, invite, CallID)
	dst = append(dst, "CSeq: "...)
	dst = strconv.AppendUint(dst, uint64(invite.CSeq), 10)
	dst = append(dst, ' ')
	dst = append(dst, method...)
	return append(dst, "\r\n"...)
}
