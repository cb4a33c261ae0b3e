package wire

// NameAddr is one element of From, To, Contact, Route, Record-Route, Refer-To and their like. Slices alias the value.
type NameAddr struct {
	// Display is the display name as written, quotes included, without blanks around it; nil when there is none.
	Display []byte
	// URI is what stands inside the angle brackets, or the bare URI.
	URI []byte
	// Params is what follows the first semicolon behind the URI.
	Params []byte
}

// ParseNameAddr reads one name-addr or addr-spec with its parameters. In the bare form every parameter belongs to
// the header, not to the URI (RFC 3261 section 20). The error is an *Error 400. It does not allocate.
func ParseNameAddr(value []byte) (NameAddr, error) { return NameAddr{}, nil }

// Param finds a header parameter by its lower-case name, in any letter case. A parameter without a value gives an empty one.
func (n *NameAddr) Param(name string) (value []byte, ok bool) { return nil, false }
