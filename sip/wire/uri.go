package wire

import (
	"bytes"
	"net/netip"
)

// URI is a SIP or SIPS URI, read (RFC 3261 section 19.1), or the scheme and rest of any other one.
// Slices alias the parsed bytes, as written; spans are relative to their start.
type URI struct {
	// Scheme is the scheme as written; compare it with IsSIP and Secure.
	Scheme []byte
	// User is the user part without password, still escaped, user parameters included; nil when there is none.
	User []byte
	// Password is what follows a colon in the user part; nil when there is none.
	Password []byte
	// Host is as written, an IPv6 address with its brackets.
	Host []byte
	// Port is 1 to 65535, -1 when absent.
	Port int
	// Params is what follows the first semicolon behind the host, Headers what follows the question mark.
	Params, Headers []byte
	// Opaque is everything behind the colon, for schemes other than sip and sips.
	Opaque []byte
	// UserSpan, HostSpan and PortSpan (digits only) say where these stand; zero when absent.
	UserSpan, HostSpan, PortSpan Span
}

// ParseURI reads a URI. A scheme other than sip and sips is no error: what to do with it is the caller's business.
// The error is an *Error 400. It does not allocate.
func ParseURI(b []byte) (URI, error) {
	u := URI{Port: -1}
	if !u.read(b) {
		return URI{Port: -1}, faultURI.answer()
	}
	return u, nil
}

func (u *URI) read(b []byte) bool {
	colon := bytes.IndexByte(b, ':')
	if colon <= 0 || !isAlpha(b[0]) || !visible(b) || bytes.IndexByte(b, '<') >= 0 || bytes.IndexByte(b, '>') >= 0 {
		return false
	}
	for _, c := range b[:colon] {
		if !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	u.Scheme = b[:colon]
	if !u.IsSIP() {
		u.Opaque = b[colon+1:]
		return len(u.Opaque) > 0
	}
	pos, ok := u.readUserinfo(b, colon+1)
	if !ok {
		return false
	}
	if pos, ok = u.readHostPort(b, pos); !ok {
		return false
	}
	return u.readTail(b, pos)
}

// readUserinfo reads up to the "@". A user part may hold ";" and "?" unescaped but never "@", so the first one counts.
func (u *URI) readUserinfo(b []byte, start int) (next int, ok bool) {
	at := bytes.IndexByte(b[start:], '@')
	if at < 0 {
		return start, true
	}
	at += start
	end := at
	if colon := bytes.IndexByte(b[start:at], ':'); colon >= 0 {
		end = start + colon
		u.Password = b[end+1 : at]
	}
	u.User = b[start:end]
	u.UserSpan = Span{uint32(start), uint32(end)}
	return at + 1, end > start
}

func (u *URI) readHostPort(b []byte, start int) (next int, ok bool) {
	end := skipHost(b, start)
	if end == start {
		return start, false
	}
	if b[start] == '[' {
		if _, ok := HostAddr(b[start:end]); !ok {
			return start, false
		}
	}
	u.Host = b[start:end]
	u.HostSpan = Span{uint32(start), uint32(end)}
	if end == len(b) || b[end] != ':' {
		return end, true
	}
	start = end + 1
	end = start
	for end < len(b) && isDigit(b[end]) {
		end++
	}
	port, ok := decimal(b[start:end], 1<<16)
	if !ok || port == 0 || port == 1<<16 {
		return start, false
	}
	u.Port = int(port)
	u.PortSpan = Span{uint32(start), uint32(end)}
	return end, true
}

// readTail reads parameters and headers.
func (u *URI) readTail(b []byte, pos int) bool {
	if pos < len(b) && b[pos] == ';' {
		end := len(b)
		if q := bytes.IndexByte(b[pos:], '?'); q >= 0 {
			end = pos + q
		}
		u.Params = b[pos+1 : end]
		if bytes.IndexByte(u.Params, '@') >= 0 {
			return false // another element could take it for the end of the user part.
		}
		pos = end
	}
	if pos < len(b) && b[pos] == '?' {
		u.Headers = b[pos+1:]
		pos = len(b)
	}
	return pos == len(b)
}

// IsSIP reports whether the scheme is sip or sips.
func (u *URI) IsSIP() bool { return equalFold(u.Scheme, "sip") || u.Secure() }

// Secure reports whether the scheme is sips.
func (u *URI) Secure() bool { return equalFold(u.Scheme, "sips") }

// HostPort is the span of host and port together: what is spliced when the target changes.
func (u *URI) HostPort() Span {
	return Span{u.HostSpan.Start, max(u.HostSpan.End, u.PortSpan.End)}
}

// Param finds a URI parameter by its lower-case name, in any letter case. A parameter
// without a value gives an empty one. It does not allocate.
func (u *URI) Param(name string) (value []byte, ok bool) { return findParam(u.Params, name) }

// Addr is the host as an address, when it is an IP literal. It does not allocate.
func (u *URI) Addr() (netip.Addr, bool) { return HostAddr(u.Host) }

// AppendUserDecoded appends a user part with its %-escapes decoded, for use as a directory key.
// An escape that is not two hex digits stays as it is.
func AppendUserDecoded(dst, user []byte) []byte {
	for i := 0; i < len(user); i++ {
		c := user[i]
		if c == '%' && i+2 < len(user) {
			high, okHigh := hexDigit(user[i+1])
			low, okLow := hexDigit(user[i+2])
			if okHigh && okLow {
				c = high<<4 | low
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}
