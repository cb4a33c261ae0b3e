package sim

import (
	"fmt"
	"strings"
	"testing"

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
