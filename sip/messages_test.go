package sip

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// testCall writes the messages of one call.
type testCall struct {
	id, uri string
	cseq    int
}

const offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

func newCall(id, uri string) *testCall { return &testCall{id: id, uri: uri, cseq: 1} }

// request writes a request of the caller. extra is whole header lines.
func (c *testCall) request(method, uri, branch, toTag, extra, body string) string {
	to := "<" + c.uri + ">"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	s := method + " " + uri + " SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP " + cucmAddr + ";branch=z9hG4bK" + branch + "\r\n" +
		"From: \"Alice\" <sip:alice@example.com>;tag=from-" + c.id + "\r\n" +
		"To: " + to + "\r\n" +
		"Call-ID: " + c.id + "@192.0.2.10\r\n" +
		fmt.Sprintf("CSeq: %d %s\r\n", c.cseq, method) +
		"Contact: <sip:alice@" + cucmAddr + ">\r\n" +
		"X-Odd:   kept  as it is \r\n"
	if !strings.Contains(extra, "Max-Forwards") {
		s += "Max-Forwards: 70\r\n"
	}
	if body != "" {
		extra += "Content-Type: application/sdp\r\n"
	}
	return s + extra + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
}

func (c *testCall) invite() string { return c.request("INVITE", c.uri, "inv-"+c.id, "", "", offer) }

func (c *testCall) cancel(extra string) string {
	return c.request("CANCEL", c.uri, "inv-"+c.id, "", extra, "")
}

// answer writes a bridge's response to a request that the edge sent.
func answer(req sent, status int, tag string, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Whatever\r\n", status)
	for _, h := range req.msg.Headers {
		line := string(req.msg.Text(h.Line))
		switch h.ID {
		case wire.Via, wire.From, wire.CallID, wire.CSeq, wire.RecordRoute:
			b.WriteString(line)
		case wire.To:
			if tag != "" && req.msg.ToTag.Empty() {
				line = strings.TrimSuffix(line, "\r\n") + ";tag=" + tag + "\r\n"
			}
			b.WriteString(line)
		}
	}
	b.WriteString("Contact: <sip:" + req.to.Remote.String() + ">\r\n")
	for _, x := range extra {
		b.WriteString(x)
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.String()
}

// place sends an INVITE and returns it as it reached a bridge; the 100 has
// been seen.
func (e *testEdge) place(c *testCall) sent {
	e.t.Helper()
	e.in(cucmAddr, c.invite())
	all := e.take()
	require.Len(e.t, all, 2, "want 100 up and INVITE down: %v", texts(all))
	require.Equal(e.t, 100, all[0].msg.Status)
	require.Equal(e.t, wire.INVITE, all[1].msg.Method)
	return all[1]
}
