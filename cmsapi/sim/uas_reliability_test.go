package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSplitSegmentsAndPings(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "TCP", b)
	p.send("\r\n\r\n")
	chunk := make([]byte, 2)
	require.NoError(t, p.conn.SetReadDeadline(time.Now().Add(patience)))
	n, err := p.conn.Read(chunk)
	require.NoError(t, err)
	require.Equal(t, "\r\n", string(chunk[:n]))
	c := p.newCall(roomURI(b))
	for _, half := range strings.SplitAfter("\r\n"+c.request("INVITE"), "\n") {
		p.send(half)
	}
	p.expect(200)
	require.Zero(t, b.Counters().Malformed)
}

func TestRetransmissions(t *testing.T) {
	g := start(t, Options{T1: 20 * time.Millisecond, T2: 40 * time.Millisecond})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	text := c.send("INVITE")
	c.toTag = p.expect(200).tag("to")
	first := p.expect(200)
	require.Equal(t, c.toTag, first.tag("to"), "the 200 comes again until it is acknowledged")
	p.send(text)
	until(t, g, "retransmission", func() bool { return b.Counters().Retransmissions == 1 })
	require.Equal(t, 1, b.Counters().Invites)
	c.ack()
	until(t, g, "connected", func() bool { k, _ := b.Call(c.id); return k.State == StateConnected })
	for p.next(100*time.Millisecond) != nil {
	}
	p.silent()
}

func TestNeverAcknowledged(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{T1: 2 * time.Millisecond, T2: 8 * time.Millisecond})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		c := p.newCall(roomURI(b))
		c.send("INVITE")
		res := p.expect(200)
		until(t, g, "ended", func() bool { k, _ := b.Call(c.id); return k.State == StateEnded })
		p.accept()
		bye := p.expect("BYE")
		require.Equal(t, res.tag("to"), bye.tag("from"))
		p.reply(bye, 200)
		require.Empty(t, b.Conferences())
	})
}

func TestMergedRequest(t *testing.T) {
	g := start(t, Options{Ring: time.Minute})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(100)
	c.branch = "z9hG4bKsecond"
	c.send("INVITE")
	p.expect(482)
}

func TestMalformedIsCounted(t *testing.T) {
	for name, spoil := range map[string]func(string) string{
		"bare LF":               func(s string) string { return strings.Replace(s, "70\r\n", "70\n", 1) },
		"two Call-IDs":          func(s string) string { return strings.Replace(s, "Call-ID:", "Call-ID: x\r\nCall-ID:", 1) },
		"no CSeq":               func(s string) string { return strings.Replace(s, "CSeq:", "X-CSeq:", 1) },
		"CSeq of another":       func(s string) string { return strings.Replace(s, "1 INVITE", "1 BYE", 1) },
		"no version":            func(s string) string { return strings.Replace(s, " SIP/2.0\r\n", " SIP/9.0\r\n", 1) },
		"body cut off":          func(s string) string { return s[:len(s)-5] },
		"NUL":                   func(s string) string { return strings.Replace(s, "alice", "al\x00ice", 1) },
		"no blank line":         func(s string) string { return s[:strings.Index(s, "\r\n\r\n")] },
		"two Content-Lengths":   func(s string) string { return strings.Replace(s, "Content-Length:", "l: 3\r\nContent-Length:", 1) },
		"a Via with no address": func(s string) string { return strings.Replace(s, "SIP/2.0/UDP 127.0.0.1", "SIP/2.0/UDP ", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, Options{})
			b := g.Bridge("cluster1")
			p := newPeer(t, "UDP", b)
			p.send(spoil(p.newCall(roomURI(b)).request("INVITE")))
			until(t, g, "counted", func() bool { return b.Counters().Malformed == 1 })
			require.Zero(t, b.Counters().Invites)
		})
	}
}
