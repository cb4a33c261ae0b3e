package wire

import "bytes"

// startLine reads the Request-Line or Status-Line (RFC 3261 sections 7.1 and 7.2): exactly one space between its parts.
func (m *Message) startLine(lines *lineScanner) {
	end := lines.next()
	if end < 0 {
		m.note(faultNotSIP)
		return
	}
	line := m.Bytes[:end-2]
	if len(line) > 4 && line[3] == '/' && equalFold(line[:4], "sip/") {
		m.statusLine(line)
		return
	}
	m.requestLine(line)
}

func (m *Message) statusLine(line []byte) {
	version, rest, _ := bytes.Cut(line, spByte)
	if f := version20(version); f != faultNone {
		m.note(f)
		return
	}
	code, ok := decimal(rest[:min(3, len(rest))], 999)
	// A start line is never folded: another element would read fields in it.
	if !ok || code < 100 || code > 699 || len(rest) > 3 && rest[3] != ' ' || bytes.IndexByte(rest, '\r') >= 0 {
		m.note(faultStartLine)
		return
	}
	m.Status = int(code)
	if at := len(line) - len(rest) + 4; at < len(line) {
		m.Reason = Span{uint32(at), uint32(len(line))}
	}
}

func (m *Message) requestLine(line []byte) {
	first := skipToken(line, 0)
	if first == 0 || first == len(line) || line[first] != ' ' {
		m.note(faultNotSIP)
		return
	}
	m.MethodName = Span{0, uint32(first)}
	m.Method = ParseMethod(line[:first])
	last := bytes.LastIndexByte(line, ' ')
	if last <= first+1 {
		m.note(faultStartLine)
		return
	}
	m.RequestURI = Span{uint32(first + 1), uint32(last)}
	if f := version20(line[last+1:]); f != faultNone {
		m.note(f)
	}
	for _, c := range line[first+1 : last] {
		if c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
			m.note(faultRequestURI)
			return
		}
	}
}

// version20 judges a SIP-Version: another version of SIP is told from what is no version at all.
func version20(b []byte) fault {
	if equalFold(b, "sip/2.0") {
		return faultNone
	}
	if len(b) < 5 || !equalFold(b[:4], "sip/") {
		return faultStartLine
	}
	major, minor, _ := bytes.Cut(b[4:], dotByte)
	_, okMajor := decimal(major, 1)
	_, okMinor := decimal(minor, 1)
	if !okMajor || !okMinor {
		return faultStartLine
	}
	return faultVersion
}

var (
	spByte  = []byte{' '}
	dotByte = []byte{'.'}
)
