package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// selectionPlays are the lab cases: which bridge gets a call to a space.
func selectionPlays() []play {
	return []play{{
		name:    "idle: the best priority",
		decided: "cluster1(1,0,0) cluster2(2,0,0) cluster3(0,0,0)",
		verdict: answeredBy("cluster3", roomURI),
		pure:    true,
	}, {
		name:    "idle, dialled at the best bridge",
		uri:     at("cluster3"),
		decided: "cluster1(1,0,0) cluster2(2,0,0) cluster3(0,0,0)",
		verdict: func(t *testing.T, s *stage) { answeredBy("cluster3", at("cluster3")(s))(t, s) },
	}, {
		name:    "idle, dialled at another bridge",
		uri:     at("cluster1"),
		verdict: answeredBy("cluster3", roomURI),
	}, {
		name:    "dialled at the address of the edge",
		uri:     func(s *stage) string { return "sip:" + room + "@" + s.front.address().String() },
		verdict: answeredBy("cluster3", roomURI),
		pure:    true,
	}, {
		name:    "running elsewhere",
		group:   state{running: []string{"cluster2"}}.set,
		decided: "cluster1(1,0,0) cluster2(2,0,1) cluster3(0,0,0)",
		verdict: answeredBy("cluster2", roomURI),
	}, {
		name:    "running but full",
		group:   state{load: map[string]load{"cluster3": {2000, 2250}}, running: []string{"cluster3"}}.set,
		decided: "cluster1(1,0,0) cluster2(2,0,0) cluster3(0,2,1)",
		verdict: answeredBy("cluster1", roomURI),
	}, {
		name: "two running, both full",
		group: state{
			load:    map[string]load{"cluster3": {2000, 2250}, "cluster1": {1100, 1300}, "cluster2": {400, 600}},
			running: []string{"cluster3", "cluster1"},
		}.set,
		decided: "cluster1(1,2,1) cluster2(2,1,0) cluster3(0,2,1)",
		verdict: answeredBy("cluster2", roomURI),
	}, {
		name:    "all full",
		caller:  "refused",
		group:   state{load: full("cluster1", "cluster2", "cluster3")}.set,
		decided: "cluster1(1,2,0) cluster2(2,2,0) cluster3(0,2,0)",
		verdict: refusedAsFull,
	}, {
		name:    "all full, dialled at the address of the edge",
		caller:  "refused",
		uri:     func(s *stage) string { return "sip:" + room + "@" + s.front.address().String() },
		group:   state{load: full("cluster1", "cluster2", "cluster3")}.set,
		verdict: refusedAsFull,
	}, {
		name:    "landing native: the bridge is full",
		caller:  "refused",
		uri:     at("cluster1"),
		policy:  []string{"landing: native"},
		group:   state{load: full("cluster1")}.set,
		verdict: refusedAsFull,
	}, {
		name:    "landing native: the retry at the next bridge",
		uri:     at("cluster2"),
		policy:  []string{"landing: native"},
		group:   state{load: map[string]load{"cluster1": {1100, 1300}, "cluster2": {400, 600}, "cluster3": {2000, 2250}}, running: []string{"cluster3"}}.set,
		decided: "cluster1(1,2,0) cluster2(2,1,0) cluster3(0,2,1)",
		verdict: func(t *testing.T, s *stage) { answeredBy("cluster2", at("cluster2")(s))(t, s) },
	}, {
		name:    "landing native: the bridge has room, another one is better",
		uri:     at("cluster1"),
		policy:  []string{"landing: native"},
		verdict: answeredBy("cluster3", roomURI),
	}, {
		name:    "landing group: the bridge is full, another one has room",
		uri:     at("cluster1"),
		group:   state{load: full("cluster1", "cluster3")}.set,
		verdict: answeredBy("cluster2", roomURI),
	}}
}

// at dials the room at a bridge's own address.
func at(bridge string) func(*stage) string {
	return func(s *stage) string { return "sip:" + room + "@" + s.sip[bridge].String() }
}

// load is what a bridge reports: its load and its limit, in load units.
type load struct{ units, limit int }

// full is a load above the existing-conference limit of 80 %.
func full(bridges ...string) map[string]load {
	l := make(map[string]load)
	for _, name := range bridges {
		l[name] = load{9000, 10000}
	}
	return l
}

// state is a group at the start of a play.
type state struct {
	load    map[string]load
	running []string // where the room has participants
}

// set puts the group into the state.
func (st state) set(t *testing.T, g *sim.Group) {
	t.Helper()
	for name, l := range st.load {
		b := g.Bridge(name)
		limits := b.Limits()
		limits.LoadLimit = l.limit
		b.SetLimits(limits)
		b.SetLoad(l.units)
	}
	for _, name := range st.running {
		_, err := g.Bridge(name).AddConference(sim.Conference{Space: roomSpace, Participants: 2})
		require.NoError(t, err)
	}
}

// answeredBy checks that this bridge alone got the call, with that Request-URI,
// and that its answer reached the caller.
func answeredBy(bridge, uri string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		t.Helper()
		require.Equal(t, []string{bridge}, s.took(t), "who got an INVITE")
		packets := s.at(t, bridge)
		invites := requests(packets, "INVITE")
		require.Len(t, invites, 1, "one INVITE, not repeated")
		require.Equal(t, uri, invites[0].requestURI())
		require.Equal(t, 200, s.heard(t).status())
		acks := pick(s.caller().packets(t), func(p packet) bool { return p.sent && p.is("ACK") })
		require.NotEmpty(t, acks)
		require.Len(t, requests(packets, "ACK"), len(acks), "each arrives, one for each 200 that the caller heard")
		require.Len(t, requests(packets, "BYE"), 1)
		require.NotEmpty(t, responses(s.caller().packets(t), "INVITE", 100), "the caller is told that somebody cares")
	}
}

// refusedAsFull checks the edge's own 488: at once, with a reason that people can read,
// none that call control reads as something else, and no bridge troubled.
func refusedAsFull(t *testing.T, s *stage) {
	t.Helper()
	require.Empty(t, s.took(t), "nobody gets an INVITE")
	final := s.heard(t)
	require.Equal(t, 488, final.status())
	require.Regexp(t, `^399 \S+ ".+"$`, final.get("Warning"), "a warning for the operator")
	require.Len(t, final.all("Warning"), 1, "none but 399: CUCM reads 370 as bandwidth")
	require.Empty(t, final.get("Reason"))
	require.NotEmpty(t, tag(final.get("To")))
	early := pick(s.caller().packets(t), func(p packet) bool { return p.status() > 100 && p.status() < 200 })
	require.Empty(t, early, "refused before any 18x")
}
