package integration

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patient is a policy for one bridge that a slow machine may keep waiting, and for
// URIs that nobody need be asked about.
var patient = []string{"uriQueryWait: 0s", "attempts: 1", "attemptTimeout: 30s", "decisionTimeout: 30s"}

// rack is where ordeals are held: a pair, and what tells its edge's own lines.
type rack struct {
	pair
	own    string  // host and port in the edge's Via and Record-Route
	odd    []*peer // further ports of the caller that answers may go to
	calls  int
	report []string
}

// voice is somebody who sends to the edge and hears from it, datagrams or a stream.
type voice struct {
	say  func(octets []byte)
	next func() message
	from netip.AddrPort // as Via has it
	over string         // the transport
}

// voiceOf speaks for a peer by the transport that the message's Via names.
func (r *rack) voiceOf(t *testing.T, p *peer, text string) voice {
	t.Helper()
	m, err := readMessage([]byte(text))
	require.NoError(t, err)
	if regexp.MustCompile(`^SIP/2\.0/(TCP|TLS) `).MatchString(m.get("Via")) {
		line := newPipe(t, p.addr.Addr(), r.edge.address())
		return voice{
			say: func(b []byte) { line.send(t, b) },
			next: func() message {
				m, open := line.receive(t)
				require.True(t, open, "the edge has closed the connection")
				return m
			},
			from: line.conn.LocalAddr().(*net.TCPAddr).AddrPort(),
			over: "TCP",
		}
	}
	return r.datagrams(t, p)
}

// datagrams is a peer as a voice.
func (r *rack) datagrams(t *testing.T, p *peer) voice {
	return voice{
		say:  func(b []byte) { p.send(t, r.edge.address(), b) },
		next: func() message { return r.nextOf(t, p) },
		from: p.addr,
		over: "UDP",
	}
}

// nextOf is the next message that a peer has not had before: repetitions of what
// took long to be answered say nothing.
func (r *rack) nextOf(t *testing.T, p *peer) message {
	t.Helper()
	for {
		require.NoError(t, p.conn.SetReadDeadline(time.Now().Add(patience)))
		buf := make([]byte, 65_536)
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		require.NoError(t, err, "nothing came to %s", p.addr)
		raw := buf[:n]
		if p.had(raw) {
			continue
		}
		m, err := readMessage(raw)
		require.NoError(t, err, "the edge sent\n%q", raw)
		return m
	}
}

// fence asks the edge something and gives what came before its answer.
func (r *rack) fence(t *testing.T, v voice) (before []message) {
	t.Helper()
	id := fmt.Sprintf("fence%d", probes.Add(1))
	edge := r.edge.address()
	v.say(fmt.Appendf(nil, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@example.com>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		edge, v.over, v.from, id, edge, id))
	for {
		m := v.next()
		if m.get("Call-ID") == id {
			require.Equal(t, 200, m.status(), "%s", m.raw)
			break
		}
		before = append(before, m)
	}
	for _, p := range r.odd {
		before = append(before, p.pending(t)...)
	}
	return before
}

// after gives what reached a peer before what the edge is asked to send there now.
func (r *rack) after(t *testing.T, taker *peer) []message {
	t.Helper()
	return r.fence(t, r.datagrams(t, taker))
}

// had remembers a datagram and tells if the peer has had the same before.
func (p *peer) had(raw []byte) bool {
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	before := p.seen[string(raw)]
	p.seen[string(raw)] = true
	return before
}

// pending are the messages that lie at a peer already.
func (p *peer) pending(t *testing.T) (all []message) {
	t.Helper()
	buf := make([]byte, 65_536)
	for {
		require.NoError(t, p.conn.SetReadDeadline(time.Now().Add(pause)))
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return all
		}
		if raw := bytes.Clone(buf[:n]); !p.had(raw) {
			m, err := readMessage(raw)
			require.NoError(t, err)
			all = append(all, m)
		}
	}
}

// unharmed makes a call through the edge from INVITE to BYE, and sees that nothing
// but it was under way.
func (r *rack) unharmed(t *testing.T) {
	t.Helper()
	r.calls++
	id := r.ring(t, fmt.Sprintf("good%d", r.calls))
	invite := r.nextOf(t, r.bridge)
	require.True(t, invite.is("INVITE") && invite.get("Call-ID") == id, "the next call arrives, and nothing else:\n%s", invite.raw)
	r.bridge.send(t, r.edge.address(), reply(invite, "200 OK", fmt.Sprintf("Contact: <sip:b@%s>\r\nContent-Length: 0\r\n", r.bridge.addr), nil))
	var answer message
	for answer = r.nextOf(t, r.caller); answer.status() == 100; answer = r.nextOf(t, r.caller) {
	}
	require.True(t, answer.answers("INVITE", 200) && answer.get("Call-ID") == id, "%s", answer.raw)
	r.caller.send(t, r.edge.address(), r.within(answer, "ACK", id))
	ack := r.nextOf(t, r.bridge)
	require.True(t, ack.is("ACK") && ack.get("Call-ID") == id, "%s", ack.raw)
	r.hangUp(t, answer, id)
	require.Empty(t, r.left(t, "invites_open", "sip_parked", "dialogs", "panics_total"))
}

// hangUp ends a call that was answered so.
func (r *rack) hangUp(t *testing.T, answer message, id string) {
	t.Helper()
	r.caller.send(t, r.edge.address(), r.within(answer, "BYE", id))
	bye := r.nextOf(t, r.bridge)
	require.True(t, bye.is("BYE") && bye.get("Call-ID") == id, "%s", bye.raw)
	r.bridge.send(t, r.edge.address(), reply(bye, "200 OK", "Content-Length: 0\r\n", nil))
	end := r.nextOf(t, r.caller)
	require.True(t, end.answers("BYE", 200) && end.get("Call-ID") == id, "%s", end.raw)
}

// within is a request of the caller inside a call that was answered so.
func (r *rack) within(answer message, method, id string) []byte {
	number := map[string]int{"ACK": 1, "BYE": 2}[method]
	route := answer.all("Record-Route")
	slices.Reverse(route)
	return fmt.Appendf(nil, "%s sip:b@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\r\nRoute: %s\r\nMax-Forwards: 70\r\n"+
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
		method, r.bridge.addr, r.caller.addr, id, method, strings.Join(route, ", "), answer.get("From"), answer.get("To"), id, number, method)
}

// settled waits until the edge has forgotten everything: with the longest of the
// timers that absorb repetitions (RFC 3261 section 17), 64*T1.
func (r *rack) settled(t *testing.T) {
	t.Helper()
	var left map[string]float64
	for end := time.Now().Add(32*time.Second + patience); ; time.Sleep(50 * pause) {
		if left = r.left(t, "sip_transactions", "invites_open", "sip_parked", "dialogs", "panics_total"); len(left) == 0 {
			return
		}
		require.True(t, time.Now().Before(end), "left behind: %v", left)
	}
}

// left are those of the edge's metrics that are not zero, summed over their labels.
func (r *rack) left(t *testing.T, names ...string) map[string]float64 {
	t.Helper()
	var status int
	var body []byte
	eventually(t, "the edge gives its metrics", func() bool {
		status, body = r.edge.get("/metrics")
		return status == http.StatusOK
	})
	left := make(map[string]float64)
	for _, name := range names {
		values := regexp.MustCompile(`(?m)^bridgehead_`+name+`(?:\{.*\})? (\S+)$`).FindAllSubmatch(body, -1)
		require.NotEmpty(t, values, "no metric %s", name)
		for _, v := range values {
			n, err := strconv.ParseFloat(string(v[1]), 64)
			require.NoError(t, err)
			if n != 0 {
				left[name] += n
			}
		}
	}
	return left
}

// print shows what became of everything.
func (r *rack) print(t *testing.T) {
	t.Logf("%d messages\n%-44s %-8s %-11s %s\n%s", len(r.report), "message", "owed", "outcome", "why", strings.Join(r.report, "\n"))
}
