package wire

import "net/netip"

// URI is a SIP or SIPS URI, read (RFC 3261 section 19.1), or the scheme and rest of any other one.
// Slices alias the parsed bytes, as written; spans are relative to their start.
type URI struct {
	// Scheme is the scheme as written; compare it with IsSIP and Secure.
	Scheme []byte
	// User is the user part without password, still escaped; nil when there is none.
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

// ParseURI reads a URI. A scheme other than sip and sips is no error. The error is an *Error 400.
// It does not allocate.
func ParseURI(b []byte) (URI, error) { return URI{Port: -1}, nil }

// IsSIP reports whether the scheme is sip or sips.
func (u *URI) IsSIP() bool { return false }

// Secure reports whether the scheme is sips.
func (u *URI) Secure() bool { return false }

// HostPort is the span of host and port together: what is spliced when the target changes.
func (u *URI) HostPort() Span { return u.HostSpan }

// Param finds a URI parameter by its lower-case name, in any letter case. A parameter
// without a value gives an empty one. It does not allocate.
func (u *URI) Param(name string) (value []byte, ok bool) { return nil, false }

// Addr is the host as an address, when it is an IP literal. It does not allocate.
func (u *URI) Addr() (netip.Addr, bool) { return HostAddr(u.Host) }

// HostAddr reads a host as it stands in a URI or a Via value: an IPv4 address, or an IPv6 address with or
// without brackets. IPv4-mapped addresses come out as IPv4. It does not allocate.
func HostAddr(host []byte) (netip.Addr, bool) { return netip.Addr{}, false }

// AppendUserDecoded appends a user part with its %-escapes decoded, for use as a directory key.
// An escape that is not two hex digits stays as it is.
func AppendUserDecoded(dst, user []byte) []byte { return append(dst, user...) }
