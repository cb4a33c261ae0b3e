package wire

// Frame finds the first message in a stream (RFC 3261 section 18.3). skip is the number of bytes of CRLF before it, n its length after
// these; n is 0 while more bytes are needed. maxMessage bounds n in bytes. The error, an *Error, means that the stream
// cannot be read on and the connection must be closed.
func Frame(b []byte, maxMessage int) (skip, n int, err error) { return 0, 0, nil }

// IsKeepAlive reports whether a datagram or segment holds no message but only what keeps a path open: CRLFs or zero bytes.
func IsKeepAlive(b []byte) bool { return false }
