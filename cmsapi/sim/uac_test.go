package sim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// async runs f beside the test and gives its error.
func async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// hears waits for the error of async.
func hears(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		require.Fail(t, "it did not return")
		return nil
	}
}

func TestHangupFollowsTheRouteSet(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{})
		b := g.Bridge("cluster1")
		// HERE stands for the peer's address and transport.
		for name, tc := range map[string]struct {
			recordRoute []string
			uri         string
			routes      []string
		}{
			"none":                 {nil, "sip:alice@HERE", nil},
			"loose":                {[]string{"<sip:token@HERE;lr>", "<sip:second.invalid;lr>"}, "sip:alice@HERE", []string{"<sip:token@HERE;lr>", "<sip:second.invalid;lr>"}},
			"two values in a line": {[]string{"<sip:to,ken@HERE;lr>,  \"a, b\" <sip:second.invalid;lr>;p=\"x,y\""}, "sip:alice@HERE", []string{"<sip:to,ken@HERE;lr>", "\"a, b\" <sip:second.invalid;lr>;p=\"x,y\""}},
			"strict":               {[]string{"<sip:token@HERE>", "<sip:second.invalid;lr>"}, "sip:token@HERE", []string{"<sip:second.invalid;lr>", "<sip:alice@HERE>"}},
		} {
			t.Run(name, func(t *testing.T) {
				p := newPeer(t, network, b)
				here := func(s string) string {
					return strings.ReplaceAll(s, "HERE", p.local+";transport="+strings.ToLower(network))
				}
				c := p.newCall(roomURI(b))
				for _, r := range tc.recordRoute {
					c.extra = append(c.extra, here("Record-Route: "+r))
				}
				res := c.answered()
				until(t, g, "connected", func() bool { k, _ := b.Call(c.id); return k.State == StateConnected })
				done := async(func() error { return b.Hangup(context.Background(), c.id) })
				p.accept()
				bye := p.expect("BYE")
				require.Equal(t, here(tc.uri), bye.uri)
				var routes []string
				for _, r := range tc.routes {
					routes = append(routes, here(r))
				}
				require.Equal(t, routes, bye.lines("route"))
				require.Equal(t, res.get("to"), bye.get("from"))
				require.Equal(t, res.get("from"), bye.get("to"))
				require.Equal(t, network, bye.via.transport)
				p.reply(bye, 200)
				require.NoError(t, hears(t, done))
				k, _ := b.Call(c.id)
				require.Equal(t, StateEnded, k.State)
				require.ErrorIs(t, b.Hangup(context.Background(), "nobody"), ErrNoCall)
			})
		}
	})
}

func TestHangupWhileRinging(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetSIPMode(SIPMode{Kind: SIPRingForever})
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(180)
	require.NoError(t, b.Hangup(context.Background(), c.id))
	p.expect(480)
}

func TestHangupBeforeAck(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(200)
	require.ErrorContains(t, b.Hangup(context.Background(), c.id), "not acknowledged")
}

func TestReinviteFromTheBridge(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.body = video1080
	c.extra = []string{"Record-Route: <sip:token@" + p.local + ";lr>"}
	c.answered()
	until(t, g, "connected", func() bool { return b.Calls()[0].State == StateConnected })
	require.Equal(t, 2000, b.Load())

	done := async(func() error { return b.Reinvite(context.Background(), c.id) })
	invite := p.expect("INVITE")
	require.Equal(t, []string{"<sip:token@" + p.local + ";lr>"}, invite.lines("route"))
	require.Contains(t, invite.body, "m=video")
	c.again("INVITE") // glare
	p.expect(491)
	p.reply(invite, 100)
	p.reply(invite, 200)
	ack := p.expect("ACK")
	require.Equal(t, invite.cseq, ack.cseq)
	require.Equal(t, invite.lines("route"), ack.lines("route"))
	require.Equal(t, "sip:bob@"+p.local+";transport=udp", ack.uri, "the target was refreshed")
	require.NotEqual(t, invite.via.branch, ack.via.branch)
	require.NoError(t, hears(t, done))
	require.Equal(t, 1000, b.Load())
	p.reply(invite, 200) // its ACK was lost
	require.Equal(t, ack.raw, p.expect("ACK").raw)

	done = async(func() error { return b.Update(context.Background(), c.id) })
	p.reply(p.expect("UPDATE"), 488)
	var refused *Refused
	require.ErrorAs(t, hears(t, done), &refused)
	require.Equal(t, 488, refused.Status)
	require.Equal(t, "UPDATE", refused.Method)

	ctx, cancel := context.WithCancel(context.Background())
	done = async(func() error { return b.Reinvite(ctx, c.id) })
	invite = p.expect("INVITE")
	p.reply(invite, 100)
	cancel()
	require.ErrorIs(t, hears(t, done), context.Canceled)
	p.reply(p.expect("CANCEL"), 200)
	p.reply(invite, 200) // crossed: acknowledged all the same
	require.Equal(t, invite.cseq, p.expect("ACK").cseq)

	until(t, g, "free again", func() bool { return !busy(b, c.id) })
	done = async(func() error { return b.Reinvite(context.Background(), c.id) })
	invite = p.expect("INVITE")
	p.reply(invite, 481)
	require.Equal(t, invite.via.branch, p.expect("ACK").via.branch)
	require.ErrorAs(t, hears(t, done), &refused)
	require.Equal(t, StateEnded, b.Calls()[0].State, "481 ends the call")
}

// busy tells if a request of the bridge's is open in a call.
func busy(b *Bridge, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leg(id).busy
}

func TestDial(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		proxy := "sip:" + p.local + ";transport=" + strings.ToLower(network)
		var got Call
		done := async(func() (err error) {
			got, err = b.Dial(context.Background(), DialOptions{To: "sip:bob@example.com", Proxy: proxy, Space: room, Headers: []string{"Replaces: x;to-tag=1;from-tag=2"}})
			return err
		})
		p.accept()
		invite := p.expect("INVITE")
		require.Equal(t, "sip:bob@example.com", invite.uri)
		require.Equal(t, network, invite.via.transport)
		require.Equal(t, "x;to-tag=1;from-tag=2", invite.get("replaces"))
		require.Empty(t, invite.lines("route"))
		p.reply(invite, 180)
		p.reply(invite, 200, "Record-Route: <sip:last.invalid;lr>", "Record-Route: <sip:"+p.local+";transport="+strings.ToLower(network)+";lr>")
		ack := p.expect("ACK")
		require.Equal(t, []string{"<sip:" + p.local + ";transport=" + strings.ToLower(network) + ";lr>", "<sip:last.invalid;lr>"}, ack.lines("route"))
		require.NoError(t, hears(t, done))
		require.Equal(t, StateConnected, got.State)
		require.Equal(t, Outgoing, got.Direction)
		require.Equal(t, invite.raw, got.INVITE)
		require.Equal(t, 1000, b.Load())
		require.Equal(t, 1, b.Conferences()[0].Legs)

		bye := &call{p: p, id: got.CallID, uri: "sip:cms@" + b.SIPAddr(), branch: "z9hG4bKbye", cseq: 1}
		text := bye.request("BYE")
		lines := strings.Split(text, "\r\n")
		for i, l := range lines {
			if strings.HasPrefix(l, "From:") {
				lines[i] = "From: <sip:bob@example.com>;tag=peer"
			}
			if strings.HasPrefix(l, "To:") {
				lines[i] = "To: " + invite.get("from")
			}
		}
		p.send(strings.Join(lines, "\r\n"))
		p.expect(200)
		k, _ := b.Call(got.CallID)
		require.Equal(t, StateEnded, k.State)
		require.Zero(t, b.Load())
	})
}

func TestDialRefusedAndCancelled(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	dial := func(ctx context.Context) <-chan error {
		return async(func() error {
			_, err := b.Dial(ctx, DialOptions{To: "sip:bob@" + p.local})
			return err
		})
	}
	done := dial(context.Background())
	invite := p.expect("INVITE")
	p.reply(invite, 486)
	p.expect("ACK")
	var refused *Refused
	require.ErrorAs(t, hears(t, done), &refused)
	require.Equal(t, 486, refused.Status)
	require.Equal(t, StateRefused, b.Calls()[0].State)

	ctx, cancel := context.WithCancel(context.Background())
	done = dial(ctx)
	invite = p.expect("INVITE")
	cancel() // before any provisional response: CANCEL must wait for one
	p.reply(invite, 180)
	c := p.expect("CANCEL")
	require.Equal(t, invite.via.text, c.via.text)
	require.Equal(t, invite.cseq, c.cseq)
	p.reply(c, 200)
	p.reply(invite, 487)
	p.expect("ACK")
	err := hears(t, done)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(context.Background())
	done = dial(ctx)
	invite = p.expect("INVITE")
	p.reply(invite, 180)
	cancel()
	c = p.expect("CANCEL")
	p.reply(invite, 200) // crossed
	p.reply(c, 200)
	p.expect("ACK")
	bye := p.expect("BYE")
	p.reply(bye, 200)
	require.ErrorIs(t, hears(t, done), context.Canceled)

	_, err = b.Dial(context.Background(), DialOptions{To: "mailto:bob"})
	require.Error(t, err)
	_, err = b.Dial(context.Background(), DialOptions{To: "sip:bob@" + p.local, Space: "unknown"})
	require.Error(t, err)
}

func TestEndConferenceHangsUp(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	p.newCall(roomURI(b)).answered()
	until(t, g, "connected", func() bool { return b.Calls()[0].State == StateConnected })
	require.NoError(t, b.EndConference(b.Conferences()[0].ID))
	p.reply(p.expect("BYE"), 200)
	require.Empty(t, b.Conferences())
	require.ErrorIs(t, b.EndConference("unknown"), ErrNoConference)
}

func TestStopAndStart(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{})
		b := g.Bridge("cluster1")
		p := newPeer(t, network, b)
		c := p.newCall(roomURI(b))
		c.answered()
		sipAddr, apiURL := b.SIPAddr(), b.APIURL()
		require.NoError(t, b.Stop(PartSIP|PartAPI))
		require.NoError(t, b.Stop(PartSIP|PartAPI))
		k, _ := b.Call(c.id)
		require.Equal(t, StateEnded, k.State)
		_, err := b.Dial(context.Background(), DialOptions{To: "sip:bob@" + p.local})
		require.True(t, errors.Is(err, errStopped))
		require.NoError(t, b.Start(PartSIP|PartAPI))
		require.Equal(t, sipAddr, b.SIPAddr())
		require.Equal(t, apiURL, b.APIURL())
		p = newPeer(t, network, b)
		c2 := p.newCall(roomURI(b))
		c2.answered()
		require.Equal(t, 1000, b.Load())
	})
}
