package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// both runs a test over UDP and TCP.
func both(t *testing.T, f func(t *testing.T, network string)) {
	for _, network := range []string{"UDP", "TCP"} {
		t.Run(network, func(t *testing.T) { f(t, network) })
	}
}

func roomURI(b *Bridge) string { return "sip:room@" + b.SIPAddr() }

func TestCallFromInviteToBye(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{SendRinging: true})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		c := p.newCall(roomURI(b))
		c.extra = []string{"Record-Route: <sip:one;lr>, <sip:two;lr;x=\"a,b\">", "X-Odd:   kept  as   is"}
		sent := c.send("INVITE")
		require.Equal(t, 100, p.next(patience).status)
		ringing := p.next(patience)
		require.Equal(t, 180, ringing.status)
		res := p.next(patience)
		require.Equal(t, 200, res.status)
		require.Equal(t, ringing.tag("to"), res.tag("to"))
		require.Equal(t, c.extra[0], "Record-Route: "+res.get("record-route"))
		require.Equal(t, "\"A \\\"caller\" <sip:alice@example.com>;tag=from"+c.id[:6], res.get("from"))
		answer, err := readSDP(res.get("content-type"), res.body)
		require.NoError(t, err)
		require.Len(t, answer.MediaDescriptions, 2)
		c.toTag = res.tag("to")
		c.ack()
		until(t, g, "connected", func() bool { k, _ := b.Call(c.id); return k.State == StateConnected })

		k, found := b.Call(c.id)
		require.True(t, found)
		require.Equal(t, sent, k.INVITE, "the INVITE is kept byte for byte")
		require.Equal(t, roomURI(b), k.RequestURI)
		require.Equal(t, room, k.Space)
		require.Equal(t, network, k.Transport)
		require.Equal(t, 1000, k.Units)
		require.Equal(t, 1000, b.Load())
		require.Equal(t, []Conference{{
			ID: b.Conferences()[0].ID, Correlator: b.Conferences()[0].Correlator, Type: "coSpace", Space: room, Name: "Board Room", Legs: 1,
		}}, b.Conferences())

		c.again("BYE")
		p.expect(200)
		until(t, g, "ended", func() bool { k, _ := b.Call(c.id); return k.State == StateEnded })
		require.Empty(t, b.Conferences())
		require.Zero(t, b.Load())
		k, _ = b.Call(c.id)
		require.Equal(t, 200, k.Status)
		require.Len(t, k.Requests, 2, "ACK and BYE are kept")
		require.Equal(t, 1, b.Counters().Invites)
		require.Equal(t, map[string]int{"ACK": 1, "BYE": 1}, b.Counters().Requests)

		c.again("BYE")
		p.expect(481)
	})
}

func TestRefusals(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{
			Domains: []string{"meet.example.com"}, Users: []string{"bob"}, IVRs: []string{"lobby"},
			ForwardingRules: []ForwardingRule{{Pattern: "evil.*", Priority: 2, Reject: true}, {Pattern: "*.org"}},
			Bridges:         []BridgeOptions{{Name: "cluster1", LoadLimit: 10000}},
		})
		b := g.Bridge("cluster1")
		for _, tc := range []struct {
			name, uri, mode string
			load            int
			extra           []string
			status          int
			header, value   string
		}{
			{name: "space", uri: "sip:room@meet.example.com", status: 200},
			{name: "any letter case and escapes", uri: "sip:R%6FOM@MEET.example.com", status: 200},
			{name: "secondary URI", uri: "sip:room.alias@meet.example.com", status: 200},
			{name: "the bridge's own host", uri: "sip:room@127.0.0.1", status: 200},
			{name: "IVR", uri: "sip:lobby@meet.example.com", status: 200},
			{name: "user", uri: "sip:bob@meet.example.com", status: 200},
			{name: "forwarded domain", uri: "sip:anybody@ietf.org", status: 200},
			{name: "unknown user", uri: "sip:nobody@meet.example.com", status: 404},
			{name: "unknown domain", uri: "sip:room@else.example.com", status: 404},
			{name: "rejected domain", uri: "sip:room@evil.org", status: 403},
			{name: "scheme", uri: "tel:+4712345", status: 416},
			{name: "space at level 1", uri: "sip:room@meet.example.com", load: 7999, status: 200},
			{name: "space at level 2", uri: "sip:room@meet.example.com", load: 8000, status: 488},
			{name: "IVR at level 2", uri: "sip:lobby@meet.example.com", load: 8000, status: 488},
			{name: "user at level 2", uri: "sip:bob@meet.example.com", load: 8000, status: 486},
			{name: "forwarded at level 2", uri: "sip:anybody@ietf.org", load: 8000, status: 486},
			{name: "unknown at level 2", uri: "sip:nobody@meet.example.com", load: 8000, status: 404},
			{name: "extension", uri: "sip:room@meet.example.com", extra: []string{"Require: 100rel, replaces"}, status: 420, header: "unsupported", value: "100rel"},
			{name: "busy", uri: "sip:room@meet.example.com", mode: "busy", status: 486},
			{name: "decline", uri: "sip:room@meet.example.com", mode: "decline", status: 603},
			{name: "code", uri: "sip:room@meet.example.com", mode: "reject=480", status: 480},
			{name: "unavailable", uri: "sip:room@meet.example.com", mode: "unavailable=7", status: 503, header: "retry-after", value: "7"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				m, err := ParseSIPMode(tc.mode)
				require.NoError(t, err)
				b.SetSIPMode(m)
				b.ClearLoad()
				if tc.load != 0 {
					b.SetLoad(tc.load)
				}
				p := newPeer(t, network, b)
				c := p.newCall(tc.uri)
				c.extra = tc.extra
				c.send("INVITE")
				res := p.expect(tc.status)
				c.toTag = res.tag("to")
				require.NotEmpty(t, c.toTag)
				if tc.header != "" {
					require.Equal(t, tc.value, res.get(tc.header))
				}
				k, _ := b.Call(c.id)
				require.Equal(t, tc.status, k.Status)
				if tc.status != 200 {
					require.Equal(t, StateRefused, k.State)
					c.send("ACK") // same branch
					return
				}
				c.ack()
				c.again("BYE")
				p.expect(200)
			})
		}
	})
}

func TestParticipantLimit(t *testing.T) {
	g := start(t, Options{Bridges: []BridgeOptions{{Name: "cluster1", ParticipantLimit: 2}}})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	p.newCall(roomURI(b)).answered()
	_, err := b.AddConference(Conference{Space: room, Participants: 1})
	require.NoError(t, err)
	p.newCall(roomURI(b)).send("INVITE")
	p.expect(488)
}

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

func TestDelayedOffer(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.body = ""
	c.send("INVITE")
	res := p.expect(200)
	offer, err := readSDP(res.get("content-type"), res.body)
	require.NoError(t, err)
	require.Equal(t, 2000, units(offer))
	require.Zero(t, b.Load(), "no media before the answer")
	c.toTag = res.tag("to")
	c.branch = "z9hG4bK" + newTag()
	p.send(strings.Replace(c.request("ACK"), "Content-Length: 0\r\n\r\n",
		fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(audioOnce), audioOnce), 1))
	until(t, g, "audio", func() bool { return b.Load() == 50 })
}

func TestInDialogRequests(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		c := p.newCall(roomURI(b))
		c.answered()
		require.Equal(t, 1000, b.Load())
		c.body = video1080
		c.again("INVITE")
		require.Equal(t, 200, p.expect(200).status)
		c.ack()
		until(t, g, "1080p", func() bool { return b.Load() == 2000 })
		c.body = audioOnce
		c.again("UPDATE")
		require.Contains(t, p.expect(200).body, "m=audio")
		require.Equal(t, 50, b.Load())
		for _, method := range []string{"INFO", "OPTIONS"} {
			c.again(method)
			p.expect(200)
		}
		c.again("REFER")
		p.expect(405)
		c.cseq -= 3
		c.again("INFO")
		p.expect(500)
		require.Equal(t, 1, b.Counters().Requests["re-INVITE"])

		stranger := p.newCall(roomURI(b))
		stranger.toTag = "unknown"
		for _, method := range []string{"INVITE", "BYE", "INFO"} {
			stranger.again(method)
			p.expect(481)
		}
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

func TestOptions(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		c := p.newCall("sip:" + b.SIPAddr())
		c.send("OPTIONS")
		require.Contains(t, p.expect(200).get("allow"), "INVITE")
		require.Len(t, b.Requests(), 1)
		b.SetSIPMode(SIPMode{Kind: SIPUnavailable, RetryAfter: 3})
		c.again("OPTIONS")
		require.Equal(t, "3", p.expect(503).get("retry-after"))
		c.again("SUBSCRIBE")
		p.expect(405)
	})
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
