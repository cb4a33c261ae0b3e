package sim

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWrongOptions(t *testing.T) {
	g := start(t, Options{})
	taken := g.Bridge("cluster1")
	for name, o := range map[string]Options{
		"no bridge":             {},
		"no name":               {Bridges: []BridgeOptions{{}}},
		"the same name":         {Bridges: []BridgeOptions{{Name: "a"}, {Name: "A"}}},
		"basis points":          {Bridges: []BridgeOptions{{Name: "a", NewBP: 10001}}},
		"negative limit":        {Bridges: []BridgeOptions{{Name: "a", LoadLimit: -1}}},
		"SIP address taken":     {Bridges: []BridgeOptions{{Name: "a"}, {Name: "b", SIPAddr: taken.SIPAddr()}}},
		"SIP address no number": {Bridges: []BridgeOptions{{Name: "a", SIPAddr: "localhost:0"}}},
		"SIP on all addresses":  {Bridges: []BridgeOptions{{Name: "a", SIPAddr: "0.0.0.0:0"}}},
		"API address taken":     {Bridges: []BridgeOptions{{Name: "a"}, {Name: "b", APIAddr: strings.TrimPrefix(taken.APIURL(), "http://")}}},
		"API address wrong":     {Bridges: []BridgeOptions{{Name: "a", APIAddr: "nonsense", TLS: true}}},
		"control for all":       {Bridges: []BridgeOptions{{Name: "a"}}, Control: "0.0.0.0:0"},
		"control no address":    {Bridges: []BridgeOptions{{Name: "a"}}, Control: "127.0.0.1"},
		"the same URI twice":    {Bridges: []BridgeOptions{{Name: "a"}}, Spaces: []Space{{URI: "x"}, {SecondaryURI: "X"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewGroup(o)
			require.Error(t, err)
		})
	}
}

func TestSpacesChange(t *testing.T) {
	g := start(t, Options{Spaces: []Space{{ID: "a", URI: "a"}, {ID: "b", URI: "b"}, {ID: "c", URI: "c"}}})
	b := g.Bridge("cluster1")
	names := func() (all []string) {
		for _, s := range g.Spaces() {
			all = append(all, s.ID+"="+s.URI)
		}
		return all
	}
	status := func(user string) int {
		_, status := g.db.resolve("sip:"+user+"@anywhere", b.ownHost)
		return status
	}
	require.NoError(t, g.UpdateSpace(Space{ID: "B", URI: "b2", AccessMethods: []AccessMethod{{URI: "guest"}}}))
	require.Equal(t, []string{"a=a", "B=b2", "c=c"}, names(), "it keeps its place")
	require.Equal(t, 404, status("b"))
	require.Zero(t, status("GUEST"))
	require.Error(t, g.UpdateSpace(Space{ID: "b", URI: "a"}))
	require.Zero(t, status("b2"), "a change that fails changes nothing")
	require.Error(t, g.UpdateSpace(Space{ID: "x", URI: "x"}))
	require.NoError(t, g.RemoveSpace("a"))
	require.Error(t, g.RemoveSpace("a"))
	added, err := g.AddSpace(Space{URI: "a"})
	require.NoError(t, err)
	require.NotEmpty(t, added.ID)
	require.Equal(t, "a", added.Name)
	_, err = g.AddSpace(Space{ID: added.ID, URI: "else"})
	require.Error(t, err)
	_, err = g.AddSpace(Space{URI: "a", Tenant: "t"})
	require.NoError(t, err, "URIs differ by tenant")
	require.Equal(t, 400, func() int { _, s := g.db.resolve("", b.ownHost); return s }())
}

func TestConferences(t *testing.T) {
	g := start(t, Options{Spaces: []Space{{ID: room, URI: "room"}, {ID: "sticky", URI: "sticky", ActiveWhenEmpty: true}}}, "cluster1", "cluster2")
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall("sip:sticky@" + b.SIPAddr())
	c.answered()
	c.again("BYE")
	p.expect(200)
	until(t, g, "left", func() bool { return b.Conferences()[0].Legs == 0 })
	require.Len(t, b.Conferences(), 1, "active when empty")

	id, err := b.AddConference(Conference{Space: room, Participants: 2, Units: 3000})
	require.NoError(t, err)
	again, err := b.AddConference(Conference{Space: room, Participants: 1, Units: 500})
	require.NoError(t, err)
	require.Equal(t, id, again, "a space has one conference per bridge")
	require.Equal(t, 3500, b.Load())
	require.Equal(t, 3, b.Conferences()[1].Participants)
	require.Equal(t, []site{{b, 3}}, g.Bridge("cluster2").sites(b.Conferences()[1].Correlator))
	forwarded, err := b.AddConference(Conference{Type: "forwarding", Name: "x"})
	require.NoError(t, err)
	require.NoError(t, b.EndConference(forwarded))
	require.NoError(t, b.EndConference(id))
	require.Zero(t, b.Load())
	require.NoError(t, b.EndConference(b.Conferences()[0].ID))
	require.Empty(t, b.Conferences())
	_, err = b.AddConference(Conference{Space: "unknown"})
	require.Error(t, err)
	_, err = b.AddConference(Conference{Participants: -1})
	require.Error(t, err)
}

func TestEventLog(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	g := start(t, Options{Log: func(l Line) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, l.Bridge+" "+l.Text)
	}}, "cluster1")
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	c := p.newCall("sip:room@meet.example.com;x=1")
	c.answered()
	conf := b.Conferences()[0]
	c.again("BYE")
	p.expect(200)
	b.SetLimits(Limits{LoadLimit: 1, ExistingBP: 1})
	audio := p.newCall("sip:room@meet.example.com")
	audio.body = audioOnce
	audio.send("INVITE")
	p.expect(488)
	b.SetLimits(Limits{})
	b.SetSIPMode(SIPMode{Kind: SIPRingForever})
	gone := p.newCall("sip:room@meet.example.com")
	gone.send("INVITE")
	p.expect(180)
	gone.send("CANCEL")
	p.expect(487)
	require.Len(t, b.Calls(), 3) // waits for the bridge to be done with the CANCEL
	mu.Lock()
	defer mu.Unlock()
	internal := ""
	for _, l := range lines {
		if _, after, found := strings.Cut(l, "Internal GUID: "); found {
			internal = after
		}
	}
	require.Equal(t, []string{
		`cluster1 call 1: incoming SIP call from "sip:alice@example.com" to local URI "sip:room@meet.example.com"`,
		`cluster1 API "Board Room" Space GUID: ` + room + ` <--> Call Correlator GUID: ` + conf.Correlator + ` <--> Internal GUID: ` + internal,
		`cluster1 participant "alice@example.com" joined space ` + room + ` (Board Room)`,
		`cluster1 call 1: ending; remote SIP teardown - connected for 0:00`,
		`cluster1 participant "alice@example.com" left space ` + room + ` (Board Room)`,
		`cluster1 conference ` + conf.ID + ` destroyed`,
		`cluster1 call 2: incoming SIP audio call from "sip:alice@example.com" to local URI "sip:room@meet.example.com"`,
		`cluster1 call 2: ending; local teardown, system participant limit reached - not connected after 0:00`,
		`cluster1 call 3: incoming SIP call from "sip:alice@example.com" to local URI "sip:room@meet.example.com"`,
		`cluster1 call 3: ending; remote SIP cancel (remote cancel) - not connected after 0:00`,
	}, lines)
}

func TestLogTo(t *testing.T) {
	var out bytes.Buffer
	LogTo(&out)(Line{Bridge: "cluster1", At: time.Date(2026, 11, 23, 6, 5, 4, 321e6, time.UTC), Text: "call 1: x"})
	require.Equal(t, "cluster1   2026-11-23 06:05:04.321  Info  call 1: x\n", out.String())
}

func TestHistoryIsBounded(t *testing.T) {
	g := start(t, Options{History: 5})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	var last string
	for range 23 {
		c := p.newCall("sip:nobody@" + b.SIPAddr() + ";x=" + newTag())
		c.uri = strings.Replace(c.uri, "nobody", "no.such.user", 1)
		c.send("INVITE")
		p.expect(404)
		last = c.id
	}
	require.Len(t, b.Calls(), 5)
	require.Equal(t, last, b.Calls()[4].CallID)
	require.LessOrEqual(t, len(b.ended), 10)
	require.Equal(t, 23, b.Counters().Invites)
}

func TestFind(t *testing.T) {
	g := start(t, Options{}, "cluster1", "cluster2")
	b := g.Bridge("CLUSTER2")
	require.Equal(t, "cluster2", b.Name())
	require.Nil(t, g.Bridge("cluster3"))
	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.answered()
	found, err := g.Find(c.id)
	require.NoError(t, err)
	require.Equal(t, b, found)
	_, err = g.Find("nobody")
	require.ErrorIs(t, err, ErrNoCall)
	require.Len(t, g.Calls(), 1)
}

func TestWaitGivesUp(t *testing.T) {
	g := start(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, g.Wait(ctx, func() bool { return false }), context.Canceled)
	require.NoError(t, g.Wait(ctx, func() bool { return true }))
}

// TestManyCallsAtOnce runs calls of many peers through two bridges and leaves
// nothing behind.
func TestManyCallsAtOnce(t *testing.T) {
	g := start(t, Options{Ring: time.Millisecond, SendRinging: true}, "cluster1", "cluster2")
	var wg sync.WaitGroup
	for i := range 16 {
		b := g.Bridges()[i%2]
		p := newPeer(t, []string{"UDP", "TCP"}[i/2%2], b)
		wg.Go(func() {
			for range 20 {
				c := p.newCall(roomURI(b))
				c.answered()
				c.again("BYE")
				for p.expect(200).cseqOf != "BYE" {
				}
			}
		})
	}
	wg.Wait()
	for _, b := range g.Bridges() {
		require.Zero(t, b.Load())
		require.Empty(t, b.Conferences())
		require.Equal(t, 160, b.Counters().Invites)
		require.Zero(t, b.Counters().Malformed)
		require.Empty(t, fmt.Sprint(b.legs)[4:len(fmt.Sprint(b.legs))-1])
		require.Empty(t, b.dialogs)
		require.Empty(t, b.initial)
	}
}
