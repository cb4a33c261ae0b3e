package sim

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestResponseWhenTheConnectionIsGone: the response goes to a new connection
// to sent-by (RFC 3261 section 18.2.2).
func TestResponseWhenTheConnectionIsGone(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPRingForever})
	p := newPeer(t, "TCP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(180)
	require.NoError(t, p.conn.Close())
	require.Eventually(t, func() bool { return len(b.sip.streams()) == 0 }, patience, time.Millisecond)
	require.NoError(t, b.Answer(c.id))
	p.accept()
	p.expect(200)
}

// TestResponsePort: without rport the response goes to sent-by's port.
func TestResponsePort(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p, other := newPeer(t, "UDP", b), newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	text := strings.Replace(strings.Replace(c.request("INVITE"), ";rport", "", 1), "UDP "+p.local, "UDP "+other.local, 1)
	p.send(text)
	other.expect(200)
	p.silent()
}

// TestPeerWithoutMagicCookie: requests of RFC 2543 peers are told apart too.
func TestPeerWithoutMagicCookie(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.branch = "1"
	text := c.send("INVITE")
	p.expect(200)
	p.send(text)
	until(t, g, "retransmission", func() bool { return b.Counters().Retransmissions == 1 })
	other := p.newCall(roomURI(b))
	other.branch = "1"
	other.send("INVITE")
	for p.expect(200).callID() != other.id {
	}
	require.Equal(t, 2, b.Counters().Invites)
}

// TestPeerThatDoesNotRead is cut off, and nobody waits for it.
func TestPeerThatDoesNotRead(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "TCP", b)
	p.newCall(roomURI(b)).send("INVITE")
	p.expect(200)
	streams := b.sip.streams()
	require.Len(t, streams, 1)
	var err error
	for range 100_000 { // far more than all buffers hold
		if err = streams[0].send(make([]byte, 4096)); err != nil {
			break
		}
	}
	require.ErrorContains(t, err, "does not read")
	require.ErrorIs(t, streams[0].send(nil), net.ErrClosed)
	require.Empty(t, b.sip.streams())
	q := newPeer(t, "TCP", b)
	q.newCall(roomURI(b)).answered()
}

func TestStreamBeyondRepair(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "TCP", b)
	p.send("BYE sip:x SIP/2.0\r\n\r\n")
	until(t, g, "counted", func() bool { return b.Counters().Malformed == 1 })
	require.Nil(t, p.next(patience), "the connection is closed")
}

func TestNamesAreResolved(t *testing.T) {
	g := start(t, Options{})
	e := g.Bridge("cluster1").sip
	to, err := e.resolve(context.Background(), hop{"UDP", "localhost", 5070})
	require.NoError(t, err)
	require.Equal(t, netip.MustParseAddrPort("127.0.0.1:5070"), to)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = e.resolve(ctx, hop{"UDP", "no.such.host.invalid", 5070})
	require.Error(t, err)
	_, err = e.connect(ctx, netip.MustParseAddrPort("127.0.0.1:1"))
	require.Error(t, err)
}

func TestIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("no IPv6 on this machine")
	} else {
		require.NoError(t, l.Close())
	}
	g := start(t, Options{Bridges: []BridgeOptions{{Name: "six", SIPAddr: "[::1]:0", APIAddr: "[::1]:0", TLS: true}}})
	b := g.Bridge("six")
	require.Equal(t, "<load><mediaProcessingLoad>0</mediaProcessingLoad></load>", newClient(t, b).get("system/load"))
	c, err := net.Dial("udp", b.SIPAddr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	p := &peer{t: t, network: "UDP", conn: c, local: c.LocalAddr().String()}
	k := p.newCall("sip:room@" + b.SIPAddr())
	res := k.answered()
	require.Contains(t, res.get("contact"), "@[::1]:")
	require.Contains(t, res.body, "c=IN IP6 ::1")
	until(t, g, "connected", func() bool { return b.Calls()[0].State == StateConnected })
	done := async(func() error { return b.Hangup(context.Background(), k.id) })
	p.reply(p.expect("BYE"), 200)
	require.NoError(t, hears(t, done))
}
