package wire

// params walks the parameters of a header value: *( SEMI name [ EQUAL value ] ), with blanks and folds wherever the
// grammar allows them (RFC 3261 section 25.1). Empty parameters are skipped. It stops at a comma, which ends an element.
type params struct {
	b   []byte
	pos int  // where the walk stands: at a semicolon, a comma, or the end.
	in  bool // the semicolon of the first parameter was taken off.
	bad bool

	name, value Span // of the current parameter; a quoted value with its quotes.
	hasValue    bool
	quoted      bool
}

// next moves to the next parameter. It returns false at the end, at a comma, and at a fault.
func (p *params) next() bool {
	b := p.b
	i := skipLWS(b, p.pos)
	for i < len(b) && (b[i] == ';' || p.in) {
		start := i
		if !p.in {
			start = skipLWS(b, i+1)
		}
		p.in = false
		end := skipToken(b, start)
		i = skipLWS(b, end)
		if start == end {
			continue
		}
		p.name = Span{uint32(start), uint32(end)}
		p.value, p.hasValue, p.quoted = Span{}, false, false
		p.pos = i
		if i < len(b) && b[i] == '=' {
			p.bad = !p.readValue(skipLWS(b, i+1))
			return !p.bad
		}
		return true
	}
	p.pos = i
	return false
}

func (p *params) readValue(start int) bool {
	b := p.b
	p.hasValue = true
	end := start
	if start < len(b) && b[start] == '"' {
		p.quoted = true
		if end = skipQuoted(b, start); end < 0 {
			return false
		}
	} else {
		for end < len(b) && b[end] > ' ' && b[end] != ';' && b[end] != ',' {
			if b[end] == '"' {
				return false
			}
			end++
		}
	}
	p.value = Span{uint32(start), uint32(end)}
	p.pos = skipLWS(b, end)
	return end > start
}

// done reports whether the walk reached the end of b without a fault.
func (p *params) done() bool { return !p.bad && p.pos == len(p.b) }

// atComma reports whether the walk ended without a fault at a comma.
func (p *params) atComma() bool { return !p.bad && p.pos < len(p.b) && p.b[p.pos] == ',' }

// findParam finds a parameter by its lower-case name in a list separated by semicolons, as in a URI, where nothing is quoted.
func findParam(list []byte, name string) (value []byte, ok bool) {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ';' {
			end++
		}
		param := list[:end]
		if len(param) == len(name) || len(param) > len(name) && param[len(name)] == '=' {
			if equalFold(param[:len(name)], name) {
				return param[min(len(name)+1, len(param)):], true
			}
		}
		list = list[min(end+1, len(list)):]
	}
	return nil, false
}
