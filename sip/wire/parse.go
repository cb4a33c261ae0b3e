package wire

import "bytes"

// maxParse is far above every transport's limit; it keeps offsets inside a Span.
const maxParse = 1 << 24

// Parse indexes one message in one pass. b is aliased, never changed; CRLFs before the start line are skipped
// (RFC 3261 section 7.5). The error is an *Error and names the first fault; its Status is 0 where no answer may be
// sent. After a fault the pass goes on as far as it can, so that Answerable can tell whether a refusal can be built.
func (m *Message) Parse(b []byte) error {
	for len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
		b = b[2:]
	}
	*m = Message{Bytes: b, Headers: m.Headers[:0], MaxForwards: -1, ContentLength: -1}
	if len(b) > maxParse {
		m.Bytes = nil
		return faultTooLarge.silence()
	}
	lines := lineScanner{b: b}
	m.startLine(&lines)
	end := m.fields(&lines)
	if !lines.clean(end) {
		m.note(faultControl)
		m.taint()
	}
	m.complete()
	m.body(end)
	if m.MethodName.Empty() || m.Method == ACK {
		return m.fault.silence()
	}
	return m.fault.answer()
}

// note records a fault; the first one is the one that is reported.
func (m *Message) note(f fault) {
	if m.fault == faultNone {
		m.fault = f
	}
}

// fields indexes the header fields and returns the offset behind the blank line.
func (m *Message) fields(lines *lineScanner) (end int) {
	for {
		pos := lines.pos
		if lines.blank() {
			return lines.pos
		}
		end := lines.next()
		if end < 0 {
			m.note(faultNoBlankLine)
			return len(m.Bytes)
		}
		m.field(pos, end)
	}
}

// complete notes what the request or response lacks (RFC 3261 section 8.1.1), and a CSeq of another method.
func (m *Message) complete() {
	const mandatory = 1<<Via | 1<<From | 1<<To | 1<<CallID | 1<<CSeq
	if m.seen&mandatory != mandatory {
		switch {
		case !m.Has(Via):
			m.note(faultMissingVia)
		case !m.Has(From):
			m.note(faultMissingFrom)
		case !m.Has(To):
			m.note(faultMissingTo)
		case !m.Has(CallID):
			m.note(faultMissingCallID)
		default:
			m.note(faultMissingCSeq)
		}
		return
	}
	if m.MethodName.Empty() {
		m.Method = ParseMethod(m.Text(m.CSeqMethod))
		return
	}
	if !bytes.Equal(m.Text(m.MethodName), m.Text(m.CSeqMethod)) {
		m.note(faultCSeqMethod)
	}
}

// body cuts the message at Content-Length (RFC 3261 section 18.3): in a datagram, what follows is no part of it.
func (m *Message) body(start int) {
	have := len(m.Bytes) - start
	switch {
	case m.ContentLength > have:
		m.note(faultBodyShort)
	case m.ContentLength >= 0:
		have = m.ContentLength
		m.Bytes = m.Bytes[:start+have]
	}
	m.Body = Span{uint32(start), uint32(start + have)}
}

// taint marks the header fields that hold a bare CR, a bare LF or a NUL, so that no answer repeats them.
func (m *Message) taint() {
	for _, h := range m.Headers {
		line := m.Text(h.Line)
		for i, c := range line {
			if c == 0 || c == '\n' && line[i-1] != '\r' || c == '\r' && line[i+1] != '\n' {
				m.tainted |= 1 << h.ID
				break
			}
		}
	}
}

// lineScanner walks the lines of a header section: they end with CRLF, and a line that begins with a blank goes on
// with the one before it (RFC 3261 section 7.3.1). A bare LF ends nothing.
type lineScanner struct {
	b     []byte
	pos   int  // where the next line begins.
	feeds int  // LFs passed.
	bare  bool // a bare LF was passed.
}

// next moves behind the line that begins at pos and returns that offset; -1 when the line has no end.
func (l *lineScanner) next() int {
	i := l.pos
	for {
		n := bytes.IndexByte(l.b[i:], '\n')
		if n < 0 {
			l.pos = len(l.b)
			return -1
		}
		i += n + 1
		l.feeds++
		if i < 2 || l.b[i-2] != '\r' {
			l.bare = true
			continue
		}
		if i < len(l.b) && (l.b[i] == ' ' || l.b[i] == '\t') {
			continue
		}
		l.pos = i
		return i
	}
}

// blank moves behind the blank line that ends the header section, if it is the next one.
func (l *lineScanner) blank() bool {
	if l.pos+2 > len(l.b) || l.b[l.pos] != '\r' || l.b[l.pos+1] != '\n' {
		return false
	}
	l.feeds++
	l.pos += 2
	return true
}

// clean reports whether the section up to end, which was walked to there, holds no bare CR or LF and no NUL.
// Counting over the whole section is much cheaper than looking at each line: every LF had its CR, so any further CR is bare.
func (l *lineScanner) clean(end int) bool {
	section := l.b[:end]
	return !l.bare && bytes.Count(section, crByte) == l.feeds && bytes.IndexByte(section, 0) < 0
}

var crByte = []byte{'\r'}
