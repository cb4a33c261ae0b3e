package integration

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// questions are the requests of uriUsageQuery that the bridges got.
func (s *site) questions() int {
	n := 0
	for _, b := range s.group.Bridges() {
		for _, r := range b.APIRequests() {
			if r.Path == "uriUsageQuery" {
				n++
			}
		}
	}
	return n
}

// createdLater makes a space that runs on cluster2, of which the edge cannot
// know.
func (s *site) createdLater(t *testing.T, uri string) {
	t.Helper()
	space, err := s.group.AddSpace(sim.Space{URI: uri})
	require.NoError(t, err)
	_, err = s.group.Bridge("cluster2").AddConference(sim.Conference{Space: space.ID, Participants: 1})
	require.NoError(t, err)
}

// TestURICreatedLater calls spaces that were made after the edge read them all:
// it asks, once, what the URI is while the callers wait, and not long.
func TestURICreatedLater(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: []string{"pollInterval: 200ms", "directoryRefresh: 1h"}})
	var eight []string
	for range 8 {
		eight = append(eight, user("fresh"))
	}
	s.createdLater(t, "fresh")
	s.refreshed(t)
	for _, o := range s.dial(t, manner{gap: time.Millisecond}, eight...) {
		require.Equal(t, "cluster2", o.bridge, "where it runs")
		require.Less(t, o.took, 2*time.Second)
	}
	require.Equal(t, 1, s.questions(), "many callers, one question")

	// Nobody knows it: CMS says so, and is not asked again at once.
	require.Equal(t, 404, s.one(t, user("nobody")).status)
	asked := s.questions()
	require.Equal(t, 2, asked)
	require.Equal(t, 404, s.one(t, user("nobody")).status)
	require.Equal(t, asked, s.questions(), "a no is remembered")

	// No answer comes: the call goes on after the wait, under the URI itself.
	for _, b := range s.group.Bridges() {
		b.SetAPIMode(sim.APIMode{Kind: sim.APIHang}, "uriUsageQuery")
	}
	s.createdLater(t, "late")
	o := s.one(t, user("late"))
	require.Equal(t, 200, o.status, "a directory that does not answer refuses no call")
	require.GreaterOrEqual(t, o.took, 250*time.Millisecond, "it was waited for")
	require.Less(t, o.took, 3*time.Second)
	began := time.Now()
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
	require.Less(t, s.dial(t, manner{}, roomURI)[0].took, time.Second, "what is known waits for nothing")
	require.Less(t, time.Since(began), patience)
}

// TestCancelWhileParked gives a call up while a bridge is asked about its URI:
// the caller hears 487 at once, and no bridge hears anything.
func TestCancelWhileParked(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: []string{"uriQueryWait: 2s", "pollInterval: 200ms"}})
	for _, b := range s.group.Bridges() {
		b.SetAPIMode(sim.APIMode{Kind: sim.APIHang}, "uriUsageQuery")
	}
	caller := startActor(t, "caller", s.dir, part{
		script: "caller/cancel-early", addr: freePort(t, s.net.host(hostCaller)), remote: s.edge.address(),
		args: []string{"-key", "uri", user("unheard-of"), "-key", "max_forwards", "70"},
	})
	require.Zero(t, caller.exitCode(t, callLimit), "the caller's script failed")
	packets := caller.packets(t)
	require.Len(t, responses(packets, "CANCEL", 200), 1)
	refused := responses(packets, "INVITE", 487)
	require.Len(t, refused, 1)
	cancel := slices.IndexFunc(packets, func(p packet) bool { return p.sent && p.is("CANCEL") })
	require.Less(t, refused[0].at.Sub(packets[cancel].at), time.Second, "at once, not when the wait is over")
	require.Zero(t, s.invites())
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
	require.Equal(t, 1, s.invites(), "nor later")
}
