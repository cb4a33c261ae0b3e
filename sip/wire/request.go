package wire

// AppendACK appends the ACK for a final response of 300 to 699 to an INVITE (RFC 3261 section 17.1.1.3).
// invite is the request as it was sent, with our Via on top.
func AppendACK(dst []byte, invite *Message, response *Message) []byte { return dst }

// AppendCANCEL appends the CANCEL of an INVITE (RFC 3261 section 9.1). invite is the request as it was sent, with our Via on top;
// extra is further header fields, each with its CRLF, such as Reason.
func AppendCANCEL(dst []byte, invite *Message, extra []byte) []byte { return dst }
