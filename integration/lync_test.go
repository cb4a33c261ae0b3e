package integration

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestLync calls as Lync and Skype do, told by the User-Agent, by the kind of
// call control and by the dial plan: such calls of one user part go to one
// bridge, full or not, wherever the conference runs.
func TestLync(t *testing.T) {
	t.Parallel()
	const skype = "skype.example.com"
	s := openSite(t, siteOptions{
		group: sim.Options{InboundRules: []sim.InboundRule{
			{Domain: domain, ToSpaces: true, ToLync: true},
			{Domain: skype, ToLync: true},
		}},
		domains:  []string{skype},
		controls: [][]string{{"kind: lync"}},
	})
	s.known(t, "inboundDialPlanRules")
	lync := manner{from: s.net.host(hostCaller + 1)}
	agent := manner{agent: "UCCAPI/16.0.13328 RTC/7.0"}

	// Where they go is the same however they are told.
	home := s.dial(t, agent, roomURI)[0].bridge
	require.NotEmpty(t, home)
	for _, m := range []manner{lync, agent} {
		o := s.dial(t, m, roomURI)[0]
		require.Equal(t, home, o.bridge)
		require.Equal(t, "lync", s.decision(t, o).Kind)
	}

	// Neither level 1 nor a conference elsewhere draws them away.
	for _, name := range names() {
		if name != home {
			_, err := s.group.Bridge(name).AddConference(sim.Conference{Space: roomSpace, Participants: 1})
			require.NoError(t, err)
		}
	}
	s.group.Bridge(home).SetLoad(60_000)
	s.refreshed(t)
	for _, o := range append(s.dial(t, agent, roomURI, user("ROOM")), s.dial(t, lync, roomURI)...) {
		require.Equal(t, home, o.bridge, o)
	}
	require.NotEqual(t, home, s.one(t, roomURI).bridge, "others are balanced")

	// When it is full it is still the first that is asked: it refuses by itself.
	s.group.Bridge(home).SetLoad(90_000)
	s.refreshed(t)
	own := s.group.Bridge(home).Counters().Invites
	o := s.dial(t, agent, roomURI)[0]
	require.Equal(t, own+1, s.group.Bridge(home).Counters().Invites)
	require.Equal(t, home, s.decision(t, o).Candidates[0].Bridge)

	// Out of service is another matter.
	require.Equal(t, http.StatusOK, s.edge.put(t, home, `{"state":"maint"}`))
	next := s.dial(t, lync, roomURI)[0]
	require.Equal(t, 200, next.status)
	require.NotEqual(t, home, next.bridge)

	// A name that only Lync can know.
	o = s.one(t, "sip:conf4711@"+skype)
	require.Equal(t, 404, o.status, "the simulated CMS has no Lync behind it")
	require.Equal(t, "lync", s.decision(t, o).Kind)
	require.Equal(t, "space", s.decision(t, s.one(t, roomURI)).Kind, "a space of that name counts more")
}
