package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestCallsOfABridge has cluster1 call what the group hosts, and whom it does
// not: a space and an IVR are selected as for anybody, but never back to the
// caller; users and strangers go out to call control.
func TestCallsOfABridge(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{group: sim.Options{
		Users: []string{"alice@" + domain}, IVRs: []string{"welcome"},
		Spaces: []sim.Space{{ID: roomSpace, URI: room}, {URI: "other"}},
	}})
	out := startActor(t, callControl, s.dir, part{script: "bridge/answer", addr: s.out})
	out.listening(t, "udp")
	s.known(t, "users")
	s.known(t, "ivrs")
	_, err := s.group.Bridge("cluster1").AddConference(sim.Conference{Space: roomSpace, Participants: 2})
	require.NoError(t, err)
	for i, units := range []int{0, 20_000, 10_000} {
		s.group.Bridge(names()[i]).SetLoad(units)
	}
	s.refreshed(t)
	own := manner{from: s.net.host(hostBridge)}

	require.Equal(t, "cluster1", s.one(t, roomURI).bridge, "it runs there")
	require.Equal(t, "cluster3", s.dial(t, own, roomURI)[0].bridge, "the best of the others")
	require.Equal(t, "cluster1", s.one(t, user("welcome")).bridge, "the most room is there")
	require.Equal(t, "cluster3", s.dial(t, own, user("welcome"))[0].bridge, "the most room of the others")
	require.Equal(t, "cluster2", s.dial(t, own, "sip:"+room+"@"+s.group.Bridge("cluster2").SIPAddr())[0].bridge, "a bridge that is named")

	invites := s.invites()
	for i, uri := range []string{user("alice"), user("nobody"), "sip:carol@example.com"} {
		o := s.dial(t, own, uri)[0]
		require.Equal(t, 200, o.status, uri)
		require.Empty(t, o.bridge)
		out.finished(t, i+1)
		calls := requests(out.packets(t), "INVITE")
		require.Equal(t, uri, calls[len(calls)-1].requestURI())
	}
	require.Equal(t, invites, s.invites(), "no bridge hears of these")

	// Whoever has no room refuses a bridge as it refuses anybody.
	s.group.Bridge("cluster2").SetLoad(90_000)
	s.group.Bridge("cluster3").SetLoad(90_000)
	s.refreshed(t)
	require.Equal(t, 488, s.dial(t, own, user("other"))[0].status)
	require.Equal(t, "cluster1", s.one(t, user("other")).bridge, "for others there is room at cluster1")
}
