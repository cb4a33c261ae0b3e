package sim

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// peer is a SIP peer of the tests that writes and reads plain text.
type peer struct {
	t       *testing.T
	network string // "UDP" or "TCP"
	conn    net.Conn
	udp     *net.UDPConn // of UDP: takes requests from anybody
	listen  *net.TCPListener
	local   string
	buf     []byte
}

// newPeer connects to a bridge.
func newPeer(t *testing.T, network string, b *Bridge) *peer {
	t.Helper()
	p := &peer{t: t, network: network}
	to := b.SIPAddr()
	if network == "UDP" {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		p.udp, p.local = c, c.LocalAddr().String()
		addr, err := net.ResolveUDPAddr("udp", to)
		require.NoError(t, err)
		p.conn = &udpTo{c, addr}
		return p
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	c, err := net.Dial("tcp", to)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	p.listen, p.conn, p.local = l, c, l.Addr().String()
	return p
}

// udpTo writes to one address and reads from any.
type udpTo struct {
	*net.UDPConn
	to *net.UDPAddr
}

func (u *udpTo) Write(b []byte) (int, error) { return u.WriteToUDP(b, u.to) }

// accept takes the connection that the bridge opens to us (TCP), and goes on
// with that.
func (p *peer) accept() {
	p.t.Helper()
	if p.network == "UDP" {
		return
	}
	require.NoError(p.t, p.listen.SetDeadline(time.Now().Add(patience)))
	c, err := p.listen.Accept()
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = c.Close() })
	p.conn, p.buf = c, nil
}

// send writes a message; lines may end in LF for legibility.
func (p *peer) send(text string) {
	p.t.Helper()
	_, err := p.conn.Write([]byte(text))
	require.NoError(p.t, err)
}

// next reads the next message within d; nil if none comes.
func (p *peer) next(d time.Duration) *message {
	p.t.Helper()
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(d)))
	chunk := make([]byte, 65536)
	for {
		if n, _ := frame(p.buf); n > 0 {
			m, err := parseMessage(newParser(), p.buf[:n])
			require.NoError(p.t, err, "the bridge sent %q", p.buf[:n])
			p.buf = append([]byte(nil), p.buf[n:]...)
			return m
		}
		n, err := p.conn.Read(chunk)
		if err != nil {
			return nil
		}
		p.buf = append(p.buf, chunk[:n]...)
	}
}

// expect reads until a message that is that: a status, or a method.
func (p *peer) expect(what any) *message {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	var seen []string
	for time.Now().Before(deadline) {
		m := p.next(time.Until(deadline))
		if m == nil {
			break
		}
		switch w := what.(type) {
		case int:
			if m.status == w {
				return m
			}
		case string:
			if m.method == w {
				return m
			}
		}
		line, _, _ := strings.Cut(m.raw, "\r\n")
		seen = append(seen, line)
	}
	require.Fail(p.t, "message did not come", "wanted %v, saw %q", what, seen)
	return nil
}

// silent checks that nothing comes for a moment.
func (p *peer) silent() {
	p.t.Helper()
	if m := p.next(100 * time.Millisecond); m != nil {
		require.Fail(p.t, "unexpected message", m.raw)
	}
}

// call is one call of a peer's.
type call struct {
	p      *peer
	id     string
	uri    string
	branch string
	toTag  string
	cseq   int
	extra  []string // header lines of every request
	routes []string
	body   string
}

// newCall prepares a call to a URI.
func (p *peer) newCall(uri string) *call {
	return &call{p: p, id: newTag() + "@test", uri: uri, branch: "z9hG4bK" + newTag(), cseq: 1, body: video720}
}

// request writes a request of the call.
func (c *call) request(method string) string {
	to := "<" + c.uri + ">"
	if c.toTag != "" {
		to += ";tag=" + c.toTag
	}
	lines := []string{
		fmt.Sprintf("%s %s SIP/2.0", method, c.uri),
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s;rport", c.p.network, c.p.local, c.branch),
		"Max-Forwards: 70",
		fmt.Sprintf("From: \"A \\\"caller\" <sip:alice@example.com>;tag=from%s", c.id[:6]),
		"To: " + to,
		"Call-ID: " + c.id,
		fmt.Sprintf("CSeq: %d %s", c.cseq, method),
		fmt.Sprintf("Contact: <sip:alice@%s;transport=%s>", c.p.local, strings.ToLower(c.p.network)),
	}
	lines = append(lines, c.extra...)
	for _, r := range c.routes {
		lines = append(lines, "Route: "+r)
	}
	body := ""
	if method == "INVITE" || method == "UPDATE" {
		body = c.body
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

// send sends a request of the call and gives its text. A new transaction has
// a new branch; ACK of a failure and CANCEL keep the INVITE's.
func (c *call) send(method string) string {
	c.p.t.Helper()
	text := c.request(method)
	c.p.send(text)
	return text
}

// answered sends the INVITE, waits for the 200 and acknowledges it.
func (c *call) answered() *message {
	c.p.t.Helper()
	c.send("INVITE")
	res := c.p.expect(200)
	c.toTag = res.tag("to")
	c.ack()
	return res
}

// ack acknowledges a 2xx.
func (c *call) ack() {
	c.p.t.Helper()
	c.branch = "z9hG4bK" + newTag()
	c.send("ACK")
}

// again sends the next request of the dialog.
func (c *call) again(method string) {
	c.p.t.Helper()
	c.cseq++
	c.branch = "z9hG4bK" + newTag()
	c.send(method)
}

// reply answers a request of the bridge's.
func (p *peer) reply(m *message, status int, extra ...string) {
	p.t.Helper()
	lines := []string{fmt.Sprintf("SIP/2.0 %d %s", status, reasonOf(status))}
	for _, v := range m.lines("via") {
		lines = append(lines, "Via: "+v)
	}
	to := m.get("to")
	if m.tag("to") == "" {
		to += ";tag=peer"
	}
	lines = append(lines, "From: "+m.get("from"), "To: "+to, "Call-ID: "+m.callID(), "CSeq: "+m.get("cseq"))
	lines = append(lines, extra...)
	body := ""
	if m.method == "INVITE" && status == 200 {
		lines = append(lines, "Contact: <sip:bob@"+p.local+";transport="+strings.ToLower(p.network)+">", "Content-Type: application/sdp")
		body = video720
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	p.send(strings.Join(lines, "\r\n"))
}

// Offers of the tests.
var (
	sdpHead   = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	sdpAudio  = "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
	audioOnce = sdpHead + sdpAudio
	video720  = sdpHead + sdpAudio + "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42801F;max-fs=3600\r\n"
	video1080 = sdpHead + sdpAudio + "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=428028;max-fs=8160\r\n"
)
