package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		for _, mode := range []string{"ringforever", "trying"} {
			g := start(t, Options{})
			b := g.Bridge("cluster1")
			m, err := ParseSIPMode(mode)
			require.NoError(t, err)
			b.SetSIPMode(m)
			p := newPeer(t, network, b)
			c := p.newCall(roomURI(b))
			c.send("INVITE")
			if mode == "ringforever" {
				p.expect(180)
			} else {
				p.expect(100)
			}
			c.send("CANCEL")
			ok := p.next(patience)
			require.Equal(t, 200, ok.status)
			require.Equal(t, "CANCEL", ok.cseqOf)
			res := p.next(patience)
			require.Equal(t, 487, res.status)
			require.Equal(t, "INVITE", res.cseqOf)
			c.toTag = res.tag("to")
			c.send("ACK")
			until(t, g, "refused", func() bool { k, _ := b.Call(c.id); return k.State == StateRefused })
			k, _ := b.Call(c.id)
			require.Equal(t, 487, k.Status)
			require.Equal(t, "CANCEL", k.Requests[0].Method)
			c.branch = "z9hG4bKother"
			c.toTag = ""
			c.send("CANCEL")
			p.expect(481)
		}
	})
}

func TestCancelCrossesAnswer(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPAnswerOnCancel})
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(180)
	c.send("CANCEL")
	require.Equal(t, "CANCEL", p.expect(200).cseqOf)
	res := p.expect(200)
	require.Equal(t, "INVITE", res.cseqOf)
	c.toTag = res.tag("to")
	c.ack()
	c.again("BYE")
	p.expect(200)
}

func TestInviteAndCancelInOneSegment(t *testing.T) {
	g := start(t, Options{Ring: time.Minute})
	b := g.Bridge("cluster1")
	p := newPeer(t, "TCP", b)
	for range 50 {
		c := p.newCall(roomURI(b))
		p.send(c.request("INVITE") + c.request("CANCEL"))
		require.Equal(t, 100, p.next(patience).status)
		require.Equal(t, 200, p.next(patience).status)
		require.Equal(t, 487, p.next(patience).status)
	}
}

func TestSilentCountsWhatCame(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPSilent})
	p := newPeer(t, "UDP", b)
	text := p.newCall(roomURI(b)).send("INVITE")
	p.send(text)
	until(t, g, "both seen", func() bool { return b.Counters().Retransmissions == 1 })
	require.Equal(t, 1, b.Counters().Invites)
	p.silent()
}

func TestSlowKeepsOrder(t *testing.T) {
	g := start(t, Options{Ring: time.Minute})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPSlow, Delay: 50 * time.Millisecond})
	p := newPeer(t, "UDP", b)
	begin := time.Now()
	var sent []*call
	for range 20 {
		c := p.newCall(roomURI(b))
		c.send("INVITE")
		c.send("CANCEL")
		sent = append(sent, c)
	}
	last := p.newCall(roomURI(b))
	for i, c := range sent {
		for _, status := range []int{100, 200, 487} {
			m := p.next(patience)
			require.Equal(t, status, m.status)
			require.Equal(t, c.id, m.callID())
			if i == 0 && status == 100 {
				require.GreaterOrEqual(t, time.Since(begin), 50*time.Millisecond)
				b.SetSIPMode(SIPMode{}) // what waits is still not overtaken
				last.send("INVITE")
			}
		}
	}
	require.Equal(t, last.id, p.expect(100).callID())
}

func TestAnswerByHand(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPRingForever})
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(180)
	require.NoError(t, b.Answer(c.id))
	p.expect(200)
	require.Error(t, b.Answer(c.id))
	require.ErrorIs(t, b.Answer("nobody"), ErrNoCall)
}
