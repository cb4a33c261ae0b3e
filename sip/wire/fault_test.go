package wire

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// sound is a message without a fault; the cases below spoil one thing in it.
const sound = `INVITE sip:room@meet.example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776a
From: "Alice" <sip:alice@example.com>;tag=1928
To: <sip:room@meet.example.com>
Call-ID: call-1@192.0.2.1
CSeq: 7 INVITE
Max-Forwards: 70
Content-Type: text/plain
Content-Length: 5

hello{END}
`

const (
	answered   = true
	unanswered = false
)

var faultCases = []struct {
	name       string
	old, new   string
	want       string // status and reason; 0 for silence.
	answerable bool
}{
	// The start line: single spaces between three parts (RFC 3261 section 7.1).
	{"two spaces before the URI", "INVITE sip:room", "INVITE  sip:room", "400 Malformed Request-URI", answered},
	{"two spaces before the version", "example.com SIP/2.0\n", "example.com  SIP/2.0\n", "400 Malformed Request-URI", answered},
	{"space behind the version", "SIP/2.0\nVia", "SIP/2.0 \nVia", "400 Malformed start line", answered},
	{"space inside the URI", "example.com SIP", "example.com; lr SIP", "400 Malformed Request-URI", answered},
	{"brackets around the URI", "sip:room@meet.example.com SIP", "<sip:room@meet.example.com> SIP", "400 Malformed Request-URI", answered},
	{"quote in the URI", "sip:room@meet", "sip:\"room\"@meet", "400 Malformed Request-URI", answered},
	{"NUL in the URI", "sip:room@meet", "sip:ro{NUL}om@meet", "400 Malformed Request-URI", answered},
	{"no URI", "INVITE sip:room@meet.example.com ", "INVITE ", "400 Malformed start line", answered},
	{"folded", " SIP/2.0\nVia", "\n SIP/2.0\nVia", "400 Malformed Request-URI", answered},
	{"a fold behind it", "SIP/2.0\nVia", "SIP/2.0\n x\nVia", "400 Malformed start line", answered},
	{"another version", "com SIP/2.0", "com SIP/7.0", "505 Version Not Supported", answered},
	{"a longer version", "com SIP/2.0", "com SIP/2.00", "505 Version Not Supported", answered},
	{"no version", "com SIP/2.0", "com SIP/2.0x", "400 Malformed start line", answered},
	{"another version, in Via too", "com SIP/2.0\nVia: SIP/2.0", "com SIP/7.0\nVia: SIP/7.0", "505 Version Not Supported", answered},
	{"another protocol", "com SIP/2.0", "com HTTP/1.1", "400 Malformed start line", answered},
	{"method no token", "INVITE sip", "INV@ITE sip", "0 Not a SIP message", unanswered},
	{"no method", "INVITE sip", " sip", "0 Not a SIP message", unanswered},
	{"zero bytes first", "INVITE sip", "{NUL}{NUL}{NUL}{NUL} sip", "0 Not a SIP message", unanswered},

	// Responses are never answered.
	{"status of another version", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/7.0 200 OK", "0 Version Not Supported", unanswered},
	{"status of four digits", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/2.0 2000 OK", "0 Malformed start line", unanswered},
	{"status of ten digits", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/2.0 4294967301 OK", "0 Malformed start line", unanswered},
	{"status of two digits", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/2.0 20", "0 Malformed start line", unanswered},
	{"status without a class", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/2.0 700 Beyond", "0 Malformed start line", unanswered},
	{"status without space", "INVITE sip:room@meet.example.com SIP/2.0", "SIP/2.0  200 OK", "0 Malformed start line", unanswered},
	{"status and bad Via", "INVITE sip:room@meet.example.com SIP/2.0\nVia: SIP/2.0", "SIP/2.0 200 OK\nVia: x", "0 Malformed Via", unanswered},

	// One line must be one line for everybody. An answer is built where no copied field is touched.
	{"bare LF that hides a Route", "Max-Forwards: 70", "Subject: x{LF}Route: <sip:evil.example.com;lr>", "400 Bare CR, LF or NUL in the header section", answered},
	{"bare CR", "Max-Forwards: 70", "Subject: x{CR}y", "400 Bare CR, LF or NUL in the header section", answered},
	{"NUL", "Max-Forwards: 70", "Subject: x{NUL}y", "400 Bare CR, LF or NUL in the header section", answered},
	{"NUL as a quoted pair", "\"Alice\"", "\"A\\{NUL}\"", "400 Bare CR, LF or NUL in the header section", unanswered},
	{"bare CR before a line end", "Max-Forwards: 70", "Subject: x{CR}", "400 Bare CR, LF or NUL in the header section", answered},
	{"bare LF that ends the section", "Content-Length: 5\n", "Content-Length: 5{LF}{LF}", "400 Header section has no end", answered},
	{"bare LF in From", "\"Alice\"", "\"Ali{LF}ce\"", "400 Bare CR, LF or NUL in the header section", unanswered},
	{"bare CR in Call-ID", "Call-ID: call", "Call-ID: {CR}call", "400 Bare CR, LF or NUL in the header section", unanswered},
	{"NUL in a lower Via", "From:", "Via: SIP/2.0/UDP h;x={NUL}\nFrom:", "400 Bare CR, LF or NUL in the header section", unanswered},
	{"blank in a name", "Max-Forwards", "Max Forwards", "400 Malformed header field", answered},
	{"no name", "Max-Forwards:", ":", "400 Malformed header field", answered},
	{"no colon", "Max-Forwards:", "Max-Forwards", "400 Malformed header field", answered},
	{"odd byte in a name", "Max-Forwards", "Max(Forwards)", "400 Malformed header field", answered},
	{"no blank line", "5\n\nhello{END}\n", "5\n", "400 Header section has no end", answered},
	{"last line without end", "5\n\nhello{END}\n", "5", "400 Header section has no end", answered},

	// Single fields, whether or not they agree: the next element may go by the other one.
	{"two From", "To:", "f: \"Bob\" <sip:bob@example.com>;tag=2\nTo:", "400 More than one From", answered},
	{"two To", "Call-ID:", "t: <sip:room@meet.example.com>\nCall-ID:", "400 More than one To", answered},
	{"two Call-ID", "CSeq:", "i: call-1@192.0.2.1\nCSeq:", "400 More than one Call-ID", answered},
	{"two CSeq", "CSeq:", "CSeq: 7 INVITE\nCSeq:", "400 More than one CSeq", answered},
	{"two Max-Forwards", "Max-Forwards:", "Max-Forwards: 70\nMax-Forwards:", "400 More than one Max-Forwards", answered},
	{"two Content-Type", "Content-Type:", "c: text/plain\nContent-Type:", "400 More than one Content-Type", answered},
	{"two equal Content-Length", "Content-Length:", "l: 5\nContent-Length:", "400 More than one Content-Length", answered},
	{"two other Content-Length", "Content-Length:", "l: 0\nContent-Length:", "400 More than one Content-Length", answered},

	// Mandatory fields. An answer goes by Via and CSeq alone.
	{"no Via", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776a\n", "", "400 Missing Via", unanswered},
	{"no From", "From: \"Alice\" <sip:alice@example.com>;tag=1928\n", "", "400 Missing From", answered},
	{"no To", "To: <sip:room@meet.example.com>\n", "", "400 Missing To", answered},
	{"no Call-ID", "Call-ID: call-1@192.0.2.1\n", "", "400 Missing Call-ID", answered},
	{"no CSeq", "CSeq: 7 INVITE\n", "", "400 Missing CSeq", unanswered},

	// The top Via says where an answer goes; unreadable, none does.
	{"empty Via", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776a", "Via:", "400 Malformed Via", unanswered},
	{"Via port of letters", ":5060;", ":abc;", "400 Malformed Via", unanswered},
	{"Via port too large", ":5060;", ":65536;", "400 Malformed Via", unanswered},
	{"Via port 0", ":5060;", ":0;", "400 Malformed Via", unanswered},
	{"Via IPv6 without brackets", "192.0.2.1:5060;", "2001:db8::9:5060;", "400 Malformed Via", unanswered},
	{"Via brackets open", "192.0.2.1:5060;", "[2001:db8::9;", "400 Malformed Via", unanswered},
	{"Via of another version", "Via: SIP/2.0", "Via: SIP/3.0", "400 Malformed Via", answered},
	{"Via without a version", "Via: SIP/2.0/", "Via: SIP//", "400 Malformed Via", unanswered},
	{"Via of another protocol", "Via: SIP/2.0", "Via: HTTP/2.0", "400 Malformed Via", unanswered},
	{"Via without transport", "SIP/2.0/UDP", "SIP/2.0", "400 Malformed Via", unanswered},
	{"Via without host", "192.0.2.1:5060;", ";", "400 Malformed Via", unanswered},
	{"Via junk behind the host", "192.0.2.1:5060;", "192.0.2.1 x;", "400 Malformed Via", unanswered},
	{"Via with two branches", ";branch", ";branch=z9hG4bK1;branch", "400 Malformed Via", unanswered},
	{"Via with two received", ";branch", ";received=1.2.3.4;received=1.2.3.5;branch", "400 Malformed Via", unanswered},
	{"Via with two rport", ";branch", ";rport;rport=1;branch", "400 Malformed Via", unanswered},
	{"Via branch without value", "branch=z9hG4bK776a", "branch=;x", "400 Malformed Via", unanswered},
	{"Via branch without equals", "branch=z9hG4bK776a", "branch", "400 Malformed Via", unanswered},
	{"Via quote open", "776a", "776a;x=\"y, SIP/2.0/UDP 192.0.2.2", "400 Malformed Via", unanswered},
	{"Via quote inside a value", "776a", "7\"7,6\"a", "400 Malformed Via", unanswered},
	{"Via ends with a comma", "776a", "776a ,", "400 Malformed Via", answered},
	{"Via with an empty element", "776a", "776a,, SIP/2.0/UDP 192.0.2.2", "400 Malformed Via", answered},
	{"Via with an element of separators", "776a", "776a;;,;,,", "400 Malformed Via", answered},
	{"Via with an empty last element", "776a", "776a, SIP/2.0/UDP 192.0.2.2,", "400 Malformed Via", answered},
	{"second Via of separators", "From:", "Via: ;,\nFrom:", "400 Malformed Via", unanswered},
	{"second Via with an empty element", "From:", "Via: SIP/2.0/UDP h,, SIP/2.0/UDP i\nFrom:", "400 Malformed Via", unanswered},
	{"empty second Via", "From:", "Via:\nFrom:", "400 Malformed Via", unanswered},

	// From and To name the dialog.
	{"From quote open", "\"Alice\"", "\"Alice", "400 Malformed From", answered},
	{"From bracket open", "alice@example.com>", "alice@example.com", "400 Malformed From", answered},
	{"From brackets empty", "<sip:alice@example.com>", "<>", "400 Malformed From", answered},
	{"From with two tags", ";tag=1928", ";tag=1928;tag=1929", "400 Malformed From", answered},
	{"From tag without value", ";tag=1928", ";tag=", "400 Malformed From", answered},
	{"From tag without equals", ";tag=1928", ";tag", "400 Malformed From", answered},
	{"From tag quoted", ";tag=1928", ";tag=\"1928\"", "400 Malformed From", answered},
	{"From with junk behind the bracket", ">;tag", "> x;tag", "400 Malformed From", answered},
	{"From with a quote in the name", "\"Alice\" <", "Al\"<sip:x>\"ice <", "400 Malformed From", answered},
	{"To empty", "<sip:room@meet.example.com>", "", "400 Malformed To", answered},
	{"To empty and folded", "<sip:room@meet.example.com>", "\n ", "400 Malformed To", answered},
	{"To of two addresses", "To: <sip:room@meet.example.com>", "To: <sip:room@meet.example.com>, <sip:b@example.com>", "400 Malformed To", answered},
	{"To quote open", "To: <", "To: \"Mr. J. User <", "400 Malformed To", answered},
	{"To bare with a blank", "To: <sip:room@meet.example.com>", "To: sip:room@meet example.com", "400 Malformed To", answered},

	{"Call-ID empty", "Call-ID: call-1@192.0.2.1", "Call-ID:", "400 Malformed Call-ID", answered},
	{"Call-ID with a blank", "call-1@", "call 1@", "400 Malformed Call-ID", answered},
	{"CSeq beyond 32 bits", "CSeq: 7", "CSeq: 4294967296", "400 Malformed CSeq", answered},
	{"CSeq beyond 64 bits", "CSeq: 7", "CSeq: 36893488147419103232", "400 Malformed CSeq", answered},
	{"CSeq negative", "CSeq: 7", "CSeq: -7", "400 Malformed CSeq", answered},
	{"CSeq without a method", "CSeq: 7 INVITE", "CSeq: 7", "400 Malformed CSeq", answered},
	{"CSeq without a number", "CSeq: 7 INVITE", "CSeq: INVITE", "400 Malformed CSeq", answered},
	{"CSeq without a blank", "CSeq: 7 INVITE", "CSeq: 7INVITE", "400 Malformed CSeq", answered},
	{"CSeq with junk behind", "CSeq: 7 INVITE", "CSeq: 7 INVITE x", "400 Malformed CSeq", answered},
	{"CSeq of another method", "7 INVITE", "7 OPTIONS", "400 CSeq method does not match the request", answered},
	{"CSeq in another case", "7 INVITE", "7 invite", "400 CSeq method does not match the request", answered},
	{"Max-Forwards of letters", "Max-Forwards: 70", "Max-Forwards: 7O", "400 Malformed Max-Forwards", answered},
	{"Max-Forwards negative", "Max-Forwards: 70", "Max-Forwards: -1", "400 Malformed Max-Forwards", answered},
	{"Max-Forwards empty", "Max-Forwards: 70", "Max-Forwards:", "400 Malformed Max-Forwards", answered},
	{"Content-Length beyond the datagram", "Length: 5", "Length: 9999", "400 Body shorter than Content-Length", answered},
	{"Content-Length beyond all bounds", "Length: 5", "Length: 99999999999999999999", "400 Body shorter than Content-Length", answered},
	{"Content-Length negative", "Length: 5", "Length: -999", "400 Malformed Content-Length", answered},
	{"Content-Length hexadecimal", "Length: 5", "Length: 0x5", "400 Malformed Content-Length", answered},
	{"Content-Length twice in one line", "Length: 5", "Length: 5, 5", "400 Malformed Content-Length", answered},
	{"Content-Length with a sign", "Length: 5", "Length: +5", "400 Malformed Content-Length", answered},
}

func TestFaults(t *testing.T) {
	var m Message
	require.NoError(t, m.Parse(crlf(sound)))
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			raw := spoil(t, c.old, c.new)
			err := m.Parse(raw)
			var fault *Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, c.want, fmt.Sprintf("%d %s", fault.Status, fault.Reason))
			require.Equal(t, c.answerable, m.Answerable())
			if m.Answerable() {
				requireSafeAnswer(t, &m)
			}
			if fault.Status != 0 {
				ack := bytes.Replace(bytes.Replace(raw, []byte("INVITE"), []byte("ACK"), 1), []byte("7 INVITE"), []byte("7 ACK"), 1)
				require.True(t, errors.As(m.Parse(ack), &fault))
				require.Zero(t, fault.Status, "an ACK is never answered")
				require.False(t, m.Answerable())
			}
		})
	}
}

// spoil makes the sound message with one text replaced.
func spoil(t *testing.T, old, new string) []byte {
	require.Contains(t, sound, old)
	return crlf(string(bytes.Replace([]byte(sound), []byte(old), []byte(new), 1)))
}

// requireSafeAnswer shows that a refusal carries on none of the fault's dangers and can be read by the sender.
func requireSafeAnswer(t testing.TB, m *Message) {
	out := AppendResponse(nil, m, 400, "Bad Request", ResponseOptions{Source: peer, ToTag: []byte("edge")})
	var answer Message
	err := answer.Parse(out)
	require.NotErrorIs(t, err, faultControl.silence())
	require.NotErrorIs(t, err, faultHeaderName.silence())
	if !m.Via.foreign {
		require.NotErrorIs(t, err, faultVia.silence())
	}
	require.Equal(t, string(m.Text(m.Via.SentBy)), string(answer.Text(answer.Via.SentBy)))
	require.Equal(t, plainFields(answer.Bytes[:answer.Body.Start]), fieldsOf(&answer), "every line is a field")
	require.Equal(t, 400, answer.Status)
	require.Zero(t, answer.Body.Len())
	require.Equal(t, string(m.Text(m.CallID)), string(answer.Text(answer.CallID)))
	require.Equal(t, string(m.Text(m.Via.Branch)), string(answer.Text(answer.Via.Branch)))
}
