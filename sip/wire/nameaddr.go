package wire

// NameAddr is one element of From, To, Contact, Route, Record-Route, Refer-To and their like.
// Slices alias the parsed value.
type NameAddr struct {
	// Display is the display name as written, quotes included, without blanks around it; nil when there is none.
	Display []byte
	// URI is what stands inside the angle brackets, or the bare URI.
	URI []byte
	// Params is what follows the first semicolon behind the URI; nil when there is none.
	Params []byte
}

// ParseNameAddr reads one name-addr or addr-spec with its parameters. In the bare form every parameter belongs
// to the header, not to the URI (RFC 3261 section 20). The error is an *Error 400. It does not allocate.
func ParseNameAddr(value []byte) (NameAddr, error) {
	value = trimLWS(value)
	parts, ok := splitNameAddr(value)
	if !ok {
		return NameAddr{}, faultNameAddr.answer()
	}
	p := params{b: value, pos: parts.params}
	for p.next() {
	}
	if !p.done() {
		return NameAddr{}, faultNameAddr.answer()
	}
	n := NameAddr{URI: trimLWS(parts.uri.Of(value))}
	if display := trimLWS(value[:parts.display]); len(display) > 0 {
		n.Display = display
	}
	if parts.params < len(value) {
		n.Params = value[parts.params+1:]
	}
	return n, nil
}

// Param finds a header parameter by its lower-case name, in any letter case. A quoted value comes with its quotes, a
// parameter without a value gives an empty one. It does not allocate.
func (n *NameAddr) Param(name string) (value []byte, ok bool) {
	p := params{b: n.Params, in: true}
	for p.next() {
		if equalFold(p.name.Of(n.Params), name) {
			return p.value.Of(n.Params), true
		}
	}
	return nil, false
}

// nameAddrParts says where the parts of a name-addr or addr-spec stand.
type nameAddrParts struct {
	display int  // where the display name and the blanks behind it end.
	uri     Span // without the angle brackets.
	params  int  // at the first semicolon behind the URI, or at the end.
}

// splitNameAddr finds the parts of v, which has no blanks around it; the parameters are left to the caller.
func splitNameAddr(v []byte) (parts nameAddrParts, ok bool) {
	i := 0
	if len(v) > 0 && v[0] == '"' {
		if i = skipQuoted(v, 0); i < 0 {
			return parts, false
		}
		if i = skipLWS(v, i); i == len(v) || v[i] != '<' {
			return parts, false
		}
	}
	for i < len(v) && v[i] != '<' && v[i] != ';' {
		if v[i] == '"' || v[i] == '>' {
			return parts, false
		}
		i++
	}
	if i == len(v) || v[i] == ';' {
		uri := trimLWS(v[:i])
		parts.uri = Span{0, uint32(len(uri))}
		parts.params = i
		return parts, visible(uri)
	}
	parts.display = i
	start := i + 1
	for i < len(v) && v[i] != '>' {
		i++
	}
	if i == len(v) || i == start {
		return parts, false
	}
	parts.uri = Span{uint32(start), uint32(i)}
	parts.params = skipLWS(v, i+1)
	return parts, parts.params == len(v) || v[parts.params] == ';'
}
