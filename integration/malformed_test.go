package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMalformed sends what no peer should: each gets a clear answer or none, and
// the edge goes on. Placeholders: @caller, the caller's address; @id, a number.
func TestMalformed(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	const start = "INVITE sip:room@meet.example.com SIP/2.0\r\n"
	const via = "Via: SIP/2.0/UDP @caller;branch=z9hG4bK@id\r\n"
	const rest = "Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:room@meet.example.com>\r\nCall-ID: @id\r\nCSeq: 1 INVITE\r\nContact: <sip:a@@caller>\r\n"
	const end = "Content-Length: 0\r\n\r\n"
	const silence = 0
	for i, c := range []struct {
		name, text string
		want       []int
	}{
		{"another version", "INVITE sip:room@meet.example.com SIP/3.0\r\n" + via + rest + end, []int{505, 400}},
		{"a bare LF in a header", start + via + rest + "Subject: a\nRoute: <sip:192.0.2.1;lr>\r\n" + end, []int{400, silence}},
		{"a bare CR in a header", start + via + rest + "Subject: a\rb\r\n" + end, []int{400, silence}},
		{"NUL in a header", start + via + rest + "Subject: a\x00b\r\n" + end, []int{400, silence}},
		{"two Call-IDs", start + via + rest + "Call-ID: other\r\n" + end, []int{400, silence}},
		{"two CSeqs", start + via + rest + "CSeq: 2 INVITE\r\n" + end, []int{400, silence}},
		{"two lengths that differ", start + via + rest + "Content-Length: 0\r\nContent-Length: 7\r\n\r\nabcdefg", []int{400}},
		{"a length beyond the datagram", start + via + rest + "Content-Length: 9999\r\n\r\nshort", []int{400}},
		{"a length below zero", start + via + rest + "Content-Length: -5\r\n\r\n", []int{400}},
		{"CSeq of another method", start + via + strings.Replace(rest, "1 INVITE", "1 BYE", 1) + end, []int{400}},
		{"CSeq out of range", start + via + strings.Replace(rest, "1 INVITE", "36893488147419103232 INVITE", 1) + end, []int{400}},
		{"Max-Forwards that is no number", start + via + strings.Replace(rest, "70", "many", 1) + end, []int{400}},
		{"no To", start + via + strings.Replace(rest, "To: <sip:room@meet.example.com>\r\n", "", 1) + end, []int{400, silence}},
		{"no Via", start + rest + end, []int{silence}},
		{"a Request-URI with blanks", "INVITE sip:room@meet.example.com; lr SIP/2.0\r\n" + via + rest + end, []int{400, silence}},
		{"a Request-URI in brackets", "INVITE <sip:room@meet.example.com> SIP/2.0\r\n" + via + rest + end, []int{400, 416, silence}},
		{"a broken start line", "INVITE\r\n" + via + rest + end, []int{400, silence}},
		{"no end of the headers", start + via + rest, []int{400, silence}},
		{"a response that nobody asked for", "SIP/2.0 200 OK\r\n" + via + rest + end, []int{silence}},
		{"a response with a code of four digits", "SIP/2.0 4294967301 OK\r\n" + via + rest + end, []int{silence}},
		{"noise", "\x80\x81\x82 noise \xff\r\n\r\n", []int{silence}},
		{"nothing but line ends", "\r\n\r\n\r\n", []int{silence}},
		{"a thousand headers", start + via + rest + strings.Repeat("X-Many: x\r\n", 1000) + end, []int{400, silence}},
		{"a Via of sixty kilobytes", start + "Via: SIP/2.0/UDP @caller;branch=z9hG4bK@id;x=" + strings.Repeat("y", 60_000) + "\r\n" + rest + end, []int{400, 404, 100, silence}},
	} {
		id := fmt.Sprintf("malformed%d", i)
		text := strings.NewReplacer("@caller", p.caller.addr.String(), "@id", id).Replace(c.text)
		p.caller.send(t, p.edge.address(), []byte(text))
		require.Contains(t, c.want, p.answer(t, id), "%s: the answer, 0 for none", c.name)
	}
	require.False(t, p.edge.ended())
}
