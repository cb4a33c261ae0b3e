package wire

import "bytes"

// magicCookie begins every branch made by an element that obeys RFC 3261 (section 8.1.1.7).
const magicCookie = "z9hG4bK"

// RPortState tells how a Via value carries the rport parameter (RFC 3581).
type RPortState uint8

// The forms of rport: no parameter, a bare one, one with a value.
const (
	RPortAbsent RPortState = iota
	RPortEmpty
	RPortFilled
)

// ViaValue is one Via value, read (RFC 3261 section 20.42). Spans point into Message.Bytes;
// a zero span means absent.
type ViaValue struct {
	// Value is the whole value without blanks around it; Header the index of its field.
	Value  Span
	Header int
	// Transport is meaningful when KnownTransport is true.
	Transport      Transport
	KnownTransport bool
	// SentBy is host and port as written, Host without the port (IPv6 with its brackets),
	// Port 0 when absent.
	SentBy, Host Span
	Port         uint16
	// Branch, Received and Maddr are the values of these parameters.
	Branch, Received, Maddr Span
	// RPort tells the form of rport, RPortValue its port when filled with a valid one,
	// RPortSpan where the parameter stands, from its name to the end of its value.
	RPort      RPortState
	RPortValue uint16
	RPortSpan  Span
	// Magic tells that the branch begins with the cookie of RFC 3261, "z9hG4bK", and goes on behind it.
	Magic bool
	// Last tells that no other Via value follows in the message.
	Last bool

	foreign bool // of another version than 2.0.
}

// topVia reads the first Via value of the message, whose field's whole value is given. Another version, and a comma with
// no value behind it, are faults too, but leave the way back to the sender readable.
func (m *Message) topVia(value Span) {
	v := ViaValue{Header: len(m.Headers) - 1}
	b := m.Bytes[:value.End]
	pos, ok := v.readSentBy(b, int(value.Start))
	if ok {
		v.Value.Start = value.Start
		pos, ok = v.readParams(b, pos)
	}
	if !ok {
		m.note(faultVia)
		return
	}
	v.Last = pos == len(b)
	if !v.Last {
		m.viaCut = !areVias(b, pos+1)
	}
	if v.foreign || m.viaCut {
		m.note(faultVia)
	}
	m.Via = v
}

// areVias reports whether each element of the list that begins at pos may be a Via value: none is empty or begins with
// a separator.
func areVias(b []byte, pos int) bool {
	for {
		i := skipLWS(b, pos)
		if i == len(b) || tokenLower[b[i]] == 0 {
			return false
		}
		if pos = elementEnd(b, i, false) + 1; pos > len(b) {
			return true
		}
	}
}

// readSentBy reads sent-protocol and sent-by; blanks may stand between all their parts.
func (v *ViaValue) readSentBy(b []byte, i int) (next int, ok bool) {
	for _, part := range [...]string{"sip", "2.0"} {
		end := skipToken(b, i)
		if !equalFold(b[i:end], part) {
			if v.foreign = part == "2.0" && end > i; !v.foreign {
				return i, false
			}
		}
		if i = skipLWS(b, end); i == len(b) || b[i] != '/' {
			return i, false
		}
		i = skipLWS(b, i+1)
	}
	end := skipToken(b, i)
	host := skipLWS(b, end)
	if end == i || host == end {
		return i, false
	}
	v.Transport, v.KnownTransport = ParseTransport(b[i:end])
	if end = skipHost(b, host); end == host {
		return i, false
	}
	v.Host = Span{uint32(host), uint32(end)}
	v.SentBy = v.Host
	if i = skipLWS(b, end); i == len(b) || b[i] != ':' {
		return i, true
	}
	i = skipLWS(b, i+1)
	end = i
	for end < len(b) && isDigit(b[end]) {
		end++
	}
	port, ok := decimal(b[i:end], 1<<16)
	if !ok || port == 0 || port == 1<<16 {
		return i, false
	}
	v.Port = uint16(port)
	v.SentBy.End = uint32(end)
	return skipLWS(b, end), true
}

// readParams reads via-params up to the end of the value: the end of b, or a comma. A parameter that decides where
// responses go may stand there once only.
func (v *ViaValue) readParams(b []byte, pos int) (next int, ok bool) {
	p := params{b: b, pos: pos}
	for p.next() {
		name := b[p.name.Start:p.name.End]
		once := true
		switch {
		case equalFold(name, "branch"):
			once = v.Branch.set(&p)
		case equalFold(name, "received"):
			once = v.Received.set(&p)
		case equalFold(name, "maddr"):
			once = v.Maddr.set(&p)
		case equalFold(name, "rport"):
			once = v.RPort == RPortAbsent
			v.readRPort(&p)
		}
		if !once {
			return p.pos, false
		}
	}
	if !p.done() && !p.atComma() {
		return p.pos, false
	}
	end := p.pos
	for isLWS(b[end-1]) {
		end--
	}
	v.Value.End = uint32(end)
	branch := b[v.Branch.Start:v.Branch.End]
	v.Magic = len(branch) > len(magicCookie) && bytes.HasPrefix(branch, []byte(magicCookie))
	return p.pos, true
}

// set takes the value of the current parameter; it returns false when there is none, or there was one before.
func (s *Span) set(p *params) bool {
	if s.End != 0 || !p.hasValue {
		return false
	}
	*s = p.value
	return true
}

func (v *ViaValue) readRPort(p *params) {
	v.RPort, v.RPortSpan = RPortEmpty, p.name
	if !p.hasValue {
		return
	}
	v.RPort, v.RPortSpan.End = RPortFilled, p.value.End
	if n, ok := decimal(p.b[p.value.Start:p.value.End], 1<<16); ok && n < 1<<16 {
		v.RPortValue = uint16(n)
	}
}

// skipHost returns the offset behind the host that begins at i; i itself when none does. An IPv6 address needs its brackets.
func skipHost(b []byte, i int) int {
	if i < len(b) && b[i] == '[' {
		end := i + 1
		for end < len(b) && (isDigit(b[end]) || 'a' <= b[end]|0x20 && b[end]|0x20 <= 'f' || b[end] == ':' || b[end] == '.') {
			end++
		}
		if end > i+1 && end < len(b) && b[end] == ']' {
			return end + 1
		}
		return i
	}
	end := i
	for end < len(b) && (isAlpha(b[end]) || isDigit(b[end]) || b[end] == '.' || b[end] == '-' || b[end] == '_') {
		end++
	}
	return end
}
