package wire

import (
	"bytes"
	"math"
)

// MaxHeaderSection bounds start line and header fields together on a stream, in bytes: as much as a datagram could hold.
const MaxHeaderSection = 64 << 10

// Frame finds the first message in what a stream has brought so far (RFC 3261 section 18.3). skip is the number of
// bytes of CRLF before it, n its length behind these; n is 0 while more bytes are needed. maxMessage bounds n, in bytes.
// An error, always an *Error, means that nobody can tell where the message ends: a header section without end, a bare CR
// or LF in it, Content-Length absent, repeated or malformed, or more than maxMessage. The connection must then be closed.
// It does not allocate.
func Frame(b []byte, maxMessage int) (skip, n int, err error) {
	for len(b)-skip >= 2 && b[skip] == '\r' && b[skip+1] == '\n' {
		skip += 2
	}
	rest := b[skip:]
	if len(rest) == 0 || len(rest) == 1 && rest[0] == '\r' {
		return skip, 0, nil
	}
	if tokenLower[rest[0]] == 0 {
		return skip, 0, faultNotSIP.answer()
	}
	section := rest[:min(len(rest), MaxHeaderSection, maxMessage)]
	end, length, f := streamHeader(section)
	switch {
	case f != faultNone:
		return skip, 0, f.answer()
	case end == 0 && len(section) < len(rest):
		return skip, 0, faultTooLarge.answer()
	case end == 0:
		return skip, 0, nil
	case length > maxMessage-end:
		return skip, 0, faultTooLarge.answer()
	}
	if n = end + length; n > len(rest) {
		return skip, 0, nil
	}
	return skip, n, nil
}

// streamHeader finds the end of the header section and its Content-Length, by the same steps as Parse: if framer and parser
// read one section in two ways, a body could pass for a message. end is 0 while the section is not whole.
func streamHeader(section []byte) (end, length int, f fault) {
	length = -1
	lines := lineScanner{b: section}
	for first := true; first || !lines.blank(); first = false {
		pos := lines.pos
		next := lines.next()
		if lines.bare {
			return 0, 0, faultControl
		}
		if next < 0 || next == len(section) {
			return 0, 0, faultNone // the line may go on.
		}
		// Its name begins with "C" or, compact, "l"; the others need not be read.
		if c := section[pos] | 0x20; first || c != 'c' && c != 'l' {
			continue
		}
		id, _, value, ok := fieldName(section, pos, next)
		if !ok || id != ContentLength {
			continue
		}
		n, digits := decimal(trimLWS(section[value:next]), math.MaxInt32)
		if !digits {
			return 0, 0, faultContentLength
		}
		if length >= 0 {
			return 0, 0, faultDuplicateContentLength
		}
		length = int(n)
	}
	if bytes.Count(section[:lines.pos], crByte) != lines.feeds {
		return 0, 0, faultControl
	}
	if length < 0 {
		return 0, 0, faultMissingContentLength
	}
	return lines.pos, length, faultNone
}

// IsKeepAlive reports whether a datagram or segment holds no message but only what keeps a path open: nothing at all,
// CRLFs (RFC 5626 section 3.5.1), or up to four zero bytes as some address translators' clients send.
func IsKeepAlive(b []byte) bool {
	if len(b) <= 4 && len(bytes.Trim(b, "\x00")) == 0 {
		return true
	}
	for _, c := range b {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
