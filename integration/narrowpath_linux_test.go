package integration

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/internal/proof"
)

// TestNarrowPath sends large calls over a path of 1500 octets: over TCP, over
// UDP where TCP is refused, and at once over UDP while that is remembered (RFC
// 3261 section 18.1.1). The loopback network has no narrow path, so the test
// runs itself again in a network of its own.
func TestNarrowPath(t *testing.T) {
	t.Parallel()
	if !proof.OwnNetwork(t) {
		return
	}
	proof.SetLoopback(t, 1500)
	p := newPair(t, "any")
	body := []byte(strings.Repeat("line of a body that no packet holds\r\n", 80))

	l, err := net.Listen("tcp", p.bridge.addr.String())
	require.NoError(t, err)
	defer l.Close()
	id := p.ringLarge(t, "over TCP", body)
	c, r := accepted(t, l)
	invite := nextOf(t, r)
	require.True(t, invite.is("INVITE"))
	require.Equal(t, body, invite.body)
	require.True(t, strings.HasPrefix(invite.get("Via"), "SIP/2.0/TCP "), invite.get("Via"))
	require.Len(t, invite.all("Record-Route"), 2)
	require.Contains(t, invite.all("Record-Route")[0], "transport=tcp")
	_, err = c.Write(reply(invite, "603 Decline", "Content-Length: 0\r\n", nil))
	require.NoError(t, err)
	require.True(t, nextOf(t, r).is("ACK"), "the ACK goes the way of its INVITE")
	p.declined(t, id)

	require.NoError(t, l.Close())
	require.NoError(t, c.Close())
	eventually(t, "the edge sees that the connection has gone", func() bool {
		_, all := p.edge.get("/metrics")
		return strings.Contains(string(all), "\nbridgehead_sip_connections 0\n")
	})
	for _, word := range []string{"refused", "remembered"} {
		id := p.ringLarge(t, word, body)
		m, from, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("INVITE") && m.get("Call-ID") == id })
		require.True(t, ok, "no INVITE over UDP")
		require.Equal(t, body, m.body)
		require.True(t, strings.HasPrefix(m.get("Via"), "SIP/2.0/UDP "), m.get("Via"))
		require.Len(t, m.all("Record-Route"), 1)
		p.bridge.send(t, from, reply(m, "603 Decline", "Content-Length: 0\r\n", nil))
		p.declined(t, id)
	}
	for metric, want := range map[string]int{
		`sip_large_requests_total{transport="tcp"}`: 2, `sip_large_requests_total{transport="udp"}`: 1, `sip_back_to_udp_total`: 1,
	} {
		_, all := p.edge.get("/metrics")
		require.Contains(t, string(all), fmt.Sprintf("\nbridgehead_%s %d\n", metric, want))
	}
	for _, d := range p.edge.decisions(t) {
		require.Equal(t, 603, d.Status)
	}
}

// ringLarge sends an INVITE with a body to the room and gives its Call-ID.
func (p pair) ringLarge(t *testing.T, word string, body []byte) string {
	t.Helper()
	id := "large-" + strings.ReplaceAll(word, " ", "-")
	p.caller.send(t, p.edge.address(), fmt.Appendf(nil, "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@example.com>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:a@%s>\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
		roomURI, p.caller.addr, id, roomURI, id, p.caller.addr, len(body), body))
	return id
}

// declined waits until the caller is told that the bridge declined, and
// acknowledges it.
func (p pair) declined(t *testing.T, id string) {
	t.Helper()
	m, _, ok := p.caller.receive(t, patience, func(m message) bool { return m.get("Call-ID") == id && !m.isRequest() && m.status() >= 200 })
	require.True(t, ok, "no answer")
	require.Equal(t, 603, m.status())
	p.caller.send(t, p.edge.address(), fmt.Appendf(nil, "ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
		roomURI, m.get("Via"), m.get("From"), m.get("To"), id))
}

// nextOf reads the next message of a stream.
func nextOf(t *testing.T, r *bufio.Reader) message {
	t.Helper()
	var raw []byte
	length := 0
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		raw = append(raw, line...)
		if line == "\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Content-Length:"); ok {
			length, err = strconv.Atoi(strings.TrimSpace(v))
			require.NoError(t, err)
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	require.NoError(t, err)
	m, err := readMessage(append(raw, body...))
	require.NoError(t, err)
	return m
}
