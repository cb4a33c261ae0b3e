package sip

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is a SIP message read by hand: a second opinion that shares nothing with
// package wire.
type plain struct {
	start  string
	fields []plainField
	body   string
	behind int // octets of the datagram behind the body
}

// plainField is one header field. Its name is long and in lower case, its value
// unfolded, its text all of it but the line end.
type plainField struct{ name, value, text string }

// shortNames are the compact forms that matter to routing and framing.
var shortNames = map[string]string{
	"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type", "k": "supported",
}

func longName(name string) string {
	name = strings.ToLower(strings.TrimRight(name, " \t"))
	if long, ok := shortNames[name]; ok {
		return long
	}
	return name
}

// readPlain reads one datagram.
func readPlain(text string) (m plain, err error) {
	for strings.HasPrefix(text, "\r\n") {
		text = text[2:]
	}
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		return m, errors.New("no end of the headers")
	}
	m.body = body
	for i, line := range strings.Split(head, "\r\n") {
		switch {
		case i == 0:
			m.start = line
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "\t"):
			if len(m.fields) == 0 {
				return m, errors.New("a folded start line")
			}
			last := &m.fields[len(m.fields)-1]
			last.text += "\r\n" + line
			last.value = strings.TrimSpace(last.value + " " + strings.Trim(line, " \t"))
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return m, fmt.Errorf("no colon in %q", line)
			}
			m.fields = append(m.fields, plainField{longName(name), strings.Trim(value, " \t"), line})
		}
	}
	for _, f := range m.fields {
		if f.name != "content-length" {
			continue
		}
		n := 0
		if _, err := fmt.Sscanf(f.value+"\n", "%d\n", &n); err != nil || n < 0 || n > len(m.body) {
			return m, fmt.Errorf("Content-Length %q of a body of %d", f.value, len(m.body))
		}
		m.behind = len(m.body) - n
		m.body = m.body[:n]
	}
	return m, nil
}

// texts are the fields but those named, as they are.
func (m *plain) texts(without ...string) (all []string) {
	for _, f := range m.fields {
		if !slices.Contains(without, f.name) {
			all = append(all, f.text)
		}
	}
	return all
}

// values are the elements of all fields of a name. A comma inside quotes or, but
// in Via, angle brackets does not part them.
func (m *plain) values(name string) []string {
	all := []string{}
	for _, f := range m.fields {
		if f.name != name {
			continue
		}
		quoted, angle := false, false
		start := 0
		for i := 0; i < len(f.value); i++ {
			switch c := f.value[i]; {
			case quoted && c == '\\':
				i++
			case c == '"' && !angle:
				quoted = !quoted
			case quoted:
			case c == '<' && name != "via":
				angle = true
			case c == '>':
				angle = false
			case c == ',' && !angle:
				all = append(all, strings.Trim(f.value[start:i], " \t"))
				start = i + 1
			}
		}
		all = append(all, strings.Trim(f.value[start:], " \t"))
	}
	return slices.DeleteFunc(all, func(v string) bool { return v == "" })
}

// requireOneReading shows that whoever reads a message that we sent reads the same:
// also one to whom CR or LF alone ends a line or NUL a text, who minds no blanks
// before the colon, or who takes the first or the last of two fields.
func requireOneReading(t testing.TB, text string) plain {
	m, err := readPlain(text)
	require.NoError(t, err, "%q", text)
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	require.NotContains(t, head, "\x00", "%q", text)
	var lines []string
	for _, line := range strings.FieldsFunc(head, func(c rune) bool { return c == '\r' || c == '\n' }) {
		if len(lines) > 0 && (line[0] == ' ' || line[0] == '\t') {
			lines[len(lines)-1] += line
			continue
		}
		lines = append(lines, line)
	}
	want := []string{m.start}
	for _, f := range m.fields {
		want = append(want, strings.ReplaceAll(f.text, "\r\n", ""))
	}
	require.Equal(t, want, lines, "read with any line end")
	count := make(map[string]int)
	for _, f := range m.fields {
		count[f.name]++
	}
	for _, name := range []string{"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"} {
		require.LessOrEqual(t, count[name], 1, "%s in %q", name, text)
	}
	return m
}

func TestReadPlain(t *testing.T) {
	m, err := readPlain("\r\nINVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a;x=\"1,2\",\r\n SIP/2.0/TCP b;y=<,\r\nRoute : <sip:a,b;lr>, <sip:c>\r\nL: 2\r\n\r\nbody")
	require.NoError(t, err)
	require.Equal(t, []string{`SIP/2.0/UDP a;x="1,2"`, "SIP/2.0/TCP b;y=<"}, m.values("via"))
	require.Equal(t, []string{"<sip:a,b;lr>", "<sip:c>"}, m.values("route"))
	require.Equal(t, []string{"L: 2"}, m.texts("via", "route"))
	require.Equal(t, "bo", m.body)
	for _, bad := range []string{"INVITE", "INVITE x\r\n y: z\r\n\r\n", "INVITE x\r\ny\r\n\r\n", "INVITE x\r\nl: +1 x\r\n\r\nab", "INVITE x\r\nl: 3\r\n\r\nab"} {
		_, err := readPlain(bad)
		require.Error(t, err, bad)
	}
}
