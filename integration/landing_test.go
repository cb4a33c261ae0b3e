package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestLandingByCaller has three call controls dial one full bridge by its
// address: what that means, and how a refusal is worded, is each one's own.
func TestLandingByCaller(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{
		group: sim.Options{Users: []string{"alice@" + domain}},
		controls: [][]string{
			{"landing: only", "reject: {exhausted: 480, gateway: 600}"},
			{"landing: native"},
		},
	})
	s.known(t, "users")
	usual, only, native := manner{}, manner{from: s.net.host(hostCaller + 1)}, manner{from: s.net.host(hostCaller + 2)}
	full := s.group.Bridge("cluster2")
	full.SetLoad(90_000)
	s.refreshed(t)
	for _, uri := range []string{"sip:" + room + "@" + full.SIPAddr(), "sip:" + room + "@cluster2"} {
		require.Equal(t, "cluster3", s.dial(t, usual, uri)[0].bridge, "any bridge of its group may take it")

		invites, own := s.invites(), full.Counters().Invites
		o := s.dial(t, only, uri)[0]
		require.Equal(t, 488, o.status)
		require.NotContains(t, o.final.get("Warning"), "399", "the bridge's answer, not the edge's")
		require.Equal(t, own+1, full.Counters().Invites, "exactly that bridge is asked")
		require.Equal(t, invites+1, s.invites())

		o = s.dial(t, native, uri)[0]
		require.Equal(t, 488, o.status)
		require.Regexp(t, `^399 \S+ ".+"$`, o.final.get("Warning"), "at once, as CMS does")
		require.Equal(t, invites+1, s.invites())
	}

	// With room there, "only" is answered there, wherever the conference runs.
	full.SetLoad(60_000)
	_, err := s.group.Bridge("cluster3").AddConference(sim.Conference{Space: roomSpace, Participants: 1})
	require.NoError(t, err)
	s.refreshed(t)
	require.Equal(t, "cluster2", s.dial(t, only, "sip:"+room+"@"+full.SIPAddr())[0].bridge)
	require.Equal(t, "cluster3", s.dial(t, native, "sip:"+room+"@"+full.SIPAddr())[0].bridge)
	require.Equal(t, "cluster3", s.dial(t, only, roomURI)[0].bridge, "dialled by domain it is selected as ever")

	// An ad hoc conference is none of the spaces that the edge can know.
	require.Equal(t, 404, s.dial(t, only, "sip:001234567@"+full.SIPAddr())[0].status)

	for _, name := range names() {
		s.group.Bridge(name).SetLoad(90_000)
	}
	s.refreshed(t)
	for _, c := range []struct {
		m     manner
		uri   string
		wants int
	}{
		{usual, roomURI, 488}, {only, roomURI, 480}, {native, roomURI, 488},
		{usual, user("alice"), 486}, {only, user("alice"), 600}, {native, user("alice"), 486},
	} {
		require.Equal(t, c.wants, s.dial(t, c.m, c.uri)[0].status, "%s from %s", c.uri, c.m.from)
	}
}

// TestLandingOnly makes "only" the rule of the whole edge.
func TestLandingOnly(t *testing.T) {
	perform(t, play{
		name:    "landing only",
		uri:     at("cluster2"),
		policy:  []string{"landing: only"},
		group:   state{load: full("cluster2"), running: []string{"cluster3"}}.set,
		verdict: func(t *testing.T, s *stage) { answeredBy("cluster2", at("cluster2")(s))(t, s) },
	}, openEdge)
}
