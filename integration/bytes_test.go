package integration

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOctets sends messages that are unusual and right, and looks at every octet
// of what comes out on the other side: apart from the lines that a proxy owns it
// is what went in. Placeholders: @caller, the caller's address; @id, a number.
func TestOctets(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	const start = "INVITE sip:room@meet.example.com SIP/2.0\r\n"
	const dialog = "From: <sip:a@example.com>;tag=1\r\nTo: <sip:room@meet.example.com>\r\nCall-ID: @id\r\nCSeq: 1 INVITE\r\nContact: <sip:a@@caller>\r\n"
	const via = "Via: SIP/2.0/UDP @caller;branch=z9hG4bK@id\r\n"
	for i, c := range []struct{ name, text string }{
		{"compact names, odd letter case, blanks", start +
			"v:SIP/2.0/UDP @caller ;branch=z9hG4bK@id\r\nMAX-FORWARDS:   70  \r\nf: A <sip:a@example.com> ;tag=1\r\nt:<sip:room@meet.example.com>\r\n" +
			"i :@id\r\ncseq:  1   INVITE\r\nm: <sip:a@@caller>\r\nk: timer\r\ns: \tblanks\t\r\nl: 0\r\n\r\n"},
		{"folded lines", start + via + "Max-Forwards: 70\r\nFrom: \"A\r\n B\" <sip:a@example.com>\r\n\t;tag=1\r\nTo: <sip:room@meet.example.com>\r\n" +
			"Call-ID: @id\r\nCSeq: 1\r\n INVITE\r\nContact: <sip:a@@caller>\r\nSubject: one\r\n two\r\n   three\r\nContent-Length: 0\r\n\r\n"},
		{"lists, quotes and escapes", start + "Via: SIP/2.0/UDP @caller;branch=z9hG4bK@id, SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKold;x=\"q,1\"\r\n" +
			"Via: SIP / 2.0 / UDP [2001:db8::9]:5060 ;branch=z9hG4bKolder\r\nMax-Forwards: 70\r\n" +
			"From: \"\\\"A\\\", B <c>\" <sip:a%20b@example.com;p=\"x\">;tag=1;q=\"a;b\"\r\nTo: <sip:room@meet.example.com>\r\nCall-ID: @id\r\nCSeq: 1 INVITE\r\n" +
			"Contact: <sip:a@@caller>, \"x, y\" <sip:b@@caller;lr?h=v>;q=0.5\r\nContent-Length: 0\r\n\r\n"},
		{"headers that no proxy knows or minds", start + via + "Max-Forwards: 70\r\n" + dialog +
			"Require: 100rel, nothing-of-the-kind\r\nDate: yesterday\r\nX-Empty:\r\nX-Uml: \u00e4\u00f6\u20ac\r\nP-Asserted-Identity: <tel:+123>\r\nContent-Length: 0\r\n\r\n"},
		{"a Request-URI with parameters", "INVITE sip:room;x=1@meet.example.com;transport=tcp;user=phone SIP/2.0\r\n" + via + "Max-Forwards: 70\r\n" + dialog + "Content-Length: 0\r\n\r\n"},
		{"a body of any octets", start + via + "Max-Forwards: 70\r\n" + dialog + "Content-Type: application/octet-stream\r\nContent-Length: 20\r\n\r\n" +
			"\x00\x01\r\n\n\r\x00\xff\xfe\x80Via: x\r\n\r\n"},
		{"a body without length", start + via + "Max-Forwards: 70\r\n" + dialog + "Content-Type: text/plain\r\n\r\nto the end of the datagram"},
		{"the Record-Route of another proxy", start + via + "Record-Route: <sip:192.0.2.7;lr>,<sip:192.0.2.8;lr>\r\nMax-Forwards: 70\r\n" + dialog + "Content-Length: 0\r\n\r\n"},
	} {
		text := strings.NewReplacer("@caller", p.caller.addr.String(), "@id", fmt.Sprintf("octets%d", i)).Replace(c.text)
		p.throughAndBack(t, c.name, text)
	}
}

// throughAndBack sends an INVITE to the bridge and a strange refusal back.
func (p pair) throughAndBack(t *testing.T, name, text string) {
	t.Helper()
	p.caller.send(t, p.edge.address(), []byte(text))
	got, from, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("INVITE") })
	require.True(t, ok, "%s: the bridge got nothing", name)
	require.Equal(t, text, string(p.undone(got.raw)), "%s: on its way to the bridge", name)
	body := []byte("\x00\xff\n\r not text")
	answer := reply(got, "486 Nicht  jetzt", fmt.Sprintf("X-Odd :  kept \r\nWARNING: 399 b \"x, y\"\r\nContent-Length: %d\r\n", len(body)), body)
	p.bridge.send(t, from, answer)
	ack, _, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("ACK") })
	require.True(t, ok, "%s: the bridge got no ACK", name)
	require.Equal(t, got.all("Via")[:1], ack.all("Via"), name)
	back, _, ok := p.caller.receive(t, patience, func(m message) bool { return m.status() >= 200 })
	require.True(t, ok, "%s: the caller got no answer", name)
	require.Equal(t, string(withoutLine(answer, got.headers[0].line)), string(back.raw), "%s: on its way back", name)
	p.caller.send(t, p.edge.address(), ackFor(text, back))
}

// undone takes back what the edge had to do: its Via and Record-Route lines go,
// and Max-Forwards is one more.
func (p pair) undone(raw []byte) []byte {
	own := p.edge.address().String()
	var kept [][]byte
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for _, line := range bytes.Split(head, []byte("\r\n")) {
		lower := strings.ToLower(string(line))
		if (strings.HasPrefix(lower, "via:") || strings.HasPrefix(lower, "record-route:")) && strings.Contains(lower, own) {
			continue
		}
		if strings.HasPrefix(lower, "max-forwards:") {
			line = bytes.Replace(line, []byte("69"), []byte("70"), 1)
		}
		kept = append(kept, line)
	}
	return append(append(bytes.Join(kept, []byte("\r\n")), "\r\n\r\n"...), body...)
}

// withoutLine takes the first copy of a header line away.
func withoutLine(raw []byte, line string) []byte {
	return bytes.Replace(raw, []byte(line+"\r\n"), nil, 1)
}
