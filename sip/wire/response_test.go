package wire

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBuild makes answers, ACKs and CANCELs for the requests of testdata/build as the section "do" says.
func TestBuild(t *testing.T) {
	eachScript(t, "build", func(t *testing.T, s *script) {
		var m, response Message
		require.NoError(t, m.Parse(crlf(s.sections["message"])))
		words := strings.Fields(s.sections["do"])
		out := []byte("before")
		switch words[0] {
		case "answer": // answer STATUS TAG SOURCE
			status, err := strconv.Atoi(words[1])
			require.NoError(t, err)
			out = AppendResponse(out, &m, status, "Reason Phrase", ResponseOptions{
				Source:      netip.MustParseAddrPort(words[3]),
				ToTag:       []byte(words[2]),
				Extra:       crlf(s.sections["extra"]),
				ContentType: strings.TrimSpace(s.sections["content-type"]),
				Body:        crlf(s.sections["body"]),
			})
		case "ack":
			require.NoError(t, response.Parse(crlf(s.sections["response"])))
			out = AppendACK(out, &m, &response)
		case "cancel":
			out = AppendCANCEL(out, &m, crlf(s.sections["extra"]))
		default:
			t.Fatal("no such command: ", words[0])
		}
		require.Equal(t, "before", string(out[:6]))
		s.expect(t, "result", readable(out[6:]))
		var built Message
		require.NoError(t, built.Parse(out[6:]))
		require.Equal(t, len(out)-6, len(built.Bytes))
		require.Equal(t, m.CSeq, built.CSeq)
		require.Equal(t, string(m.Text(m.CallID)), string(built.Text(built.CallID)))
		require.Equal(t, string(m.Text(m.Via.Branch)), string(built.Text(built.Via.Branch)))
		if built.IsRequest() {
			require.True(t, built.Via.Last)
			require.Equal(t, string(m.Text(m.RequestURI)), string(built.Text(built.RequestURI)))
		}
	})
}

// TestTagBehindEmptyParameter shows that our tag makes no second semicolon.
func TestTagBehindEmptyParameter(t *testing.T) {
	var m Message
	require.NoError(t, m.Parse(spoil(t, "To: <sip:room@meet.example.com>", "To: <sip:room@meet.example.com>; ")))
	out := AppendResponse(nil, &m, 404, "Not Found", ResponseOptions{ToTag: []byte("edge")})
	require.Contains(t, string(out), "To: <sip:room@meet.example.com>;tag=edge\r\n")
}

// TestFirstOfTwo shows what an answer to a message with repeated single fields holds.
func TestFirstOfTwo(t *testing.T) {
	var m, answer Message
	require.Error(t, m.Parse(crlf(strings.Replace(sound, "To:", "From: <sip:b@example.com>;tag=b\nTo: <sip:first@example.com>\nTo:", 1))))
	require.True(t, m.Answerable())
	out := AppendResponse(nil, &m, 400, "Bad Request", ResponseOptions{Source: peer, ToTag: []byte("edge")})
	require.NoError(t, answer.Parse(out))
	require.Equal(t, "1928", string(answer.Text(answer.FromTag)))
	require.Equal(t, "<sip:first@example.com>;tag=edge", string(answer.Text(answer.To)))
}
