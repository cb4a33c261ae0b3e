package integration

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is a SIP message as a witness sees it: its lines as they are, and no
// opinion. It understands as little as the checks need, so that it cannot share
// a mistake with the edge.
type message struct {
	raw     []byte
	start   string
	headers []header // in order, one per line of the message, folded lines joined
	body    []byte
}

// header is one header line: its name as written, its value trimmed, and the
// line with all that it had.
type header struct{ name, value, line string }

// compact are the short names that the tests use (RFC 3261 section 7.3.3).
var compact = map[string]string{"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}

// is tells if the header has that name, in any letter case or compact.
func (h header) is(name string) bool {
	have := strings.ToLower(h.name)
	if long, ok := compact[have]; ok {
		have = long
	}
	return have == strings.ToLower(name)
}

// readMessage reads one message.
func readMessage(raw []byte) (message, error) {
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return message{}, errors.New("no empty line after the headers")
	}
	lines := strings.Split(string(head), "\r\n")
	m := message{raw: raw, start: lines[0], body: body}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if len(m.headers) == 0 {
				return m, errors.New("the first header line is folded")
			}
			last := &m.headers[len(m.headers)-1]
			last.line += "\r\n" + line
			last.value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return m, errors.New("a header line without a colon: " + line)
		}
		m.headers = append(m.headers, header{strings.TrimRight(name, " \t"), strings.TrimSpace(value), line})
	}
	return m, nil
}

// isRequest tells a request from a response.
func (m message) isRequest() bool { return !strings.HasPrefix(m.start, "SIP/2.0 ") }

// requestURI is the second word of a request.
func (m message) requestURI() string {
	if f := strings.Split(m.start, " "); m.isRequest() && len(f) == 3 {
		return f[1]
	}
	return ""
}

// status is the response's code, 0 for requests.
func (m message) status() int {
	if f := strings.SplitN(m.start, " ", 3); !m.isRequest() && len(f) >= 2 {
		n, _ := strconv.Atoi(f[1])
		return n
	}
	return 0
}

// get is the value of the first header of that name, "" without one.
func (m message) get(name string) string {
	for _, h := range m.headers {
		if h.is(name) {
			return h.value
		}
	}
	return ""
}

// all are the values of every header of that name, lists taken apart at commas
// outside quotes and angle brackets.
func (m message) all(name string) []string {
	var values []string
	for _, h := range m.headers {
		if h.is(name) {
			values = append(values, splitList(h.value)...)
		}
	}
	return values
}

// rest are the lines of all headers but those named, in order.
func (m message) rest(without ...string) []string {
	var lines []string
next:
	for _, h := range m.headers {
		for _, name := range without {
			if h.is(name) {
				continue next
			}
		}
		lines = append(lines, h.line)
	}
	return lines
}

// method is the method that the message belongs to: that of its CSeq.
func (m message) method() string {
	_, method, _ := strings.Cut(m.get("CSeq"), " ")
	return strings.TrimSpace(method)
}

// is tells if the message is a request of that method.
func (m message) is(method string) bool { return m.isRequest() && m.method() == method }

// answers tells if the message is a response of that status to that method.
func (m message) answers(method string, status int) bool {
	return m.status() == status && m.method() == method
}

// splitList takes a header value apart at its commas.
func splitList(value string) []string {
	var (
		parts         []string
		quoted, angle bool
		start         int
	)
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			parts = append(parts, strings.TrimSpace(value[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(value[start:]))
}

func TestReadMessage(t *testing.T) {
	m, err := readMessage([]byte("INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP x;y=\"a,b\", SIP/2.0/TCP z\r\n" +
		"Route: <sip:p;lr>,\r\n <sip:q,r;lr>\r\nCSeq: 7 INVITE\r\nX-Odd : v \r\n\r\nbody\r\n\r\n"))
	require.NoError(t, err)
	require.True(t, m.is("INVITE"))
	require.Equal(t, "sip:a@b", m.requestURI())
	require.Equal(t, []string{`SIP/2.0/UDP x;y="a,b"`, "SIP/2.0/TCP z"}, m.all("Via"))
	require.Equal(t, []string{"<sip:p;lr>", "<sip:q,r;lr>"}, m.all("Route"))
	require.Equal(t, []string{"X-Odd : v "}, m.rest("Via", "Route", "CSeq"))
	require.Equal(t, "body\r\n\r\n", string(m.body))

	m, err = readMessage([]byte("SIP/2.0 488 Not Acceptable Here\r\nCSeq: 1 INVITE\r\n\r\n"))
	require.NoError(t, err)
	require.True(t, m.answers("INVITE", 488))
	require.False(t, m.is("INVITE"))
}
