package lb

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTopologyReportsAllFaults(t *testing.T) {
	_, err := NewTopology([]GroupConfig{
		{Name: "london", Bridges: []BridgeConfig{{Name: "cluster1"}, {Name: "cluster1"}, {}}},
		{Name: "london", Bridges: []BridgeConfig{{Name: "cluster2"}}},
		{Name: "paris"},
		{Name: "big", Bridges: make([]BridgeConfig, MaxBridges+1)},
	}, []Pin{
		{Conference: "boardroom", Order: []string{"cluster2", "cluster9"}},
		{Conference: "Boardroom", Order: []string{"cluster1"}},
		{Order: []string{"cluster1"}},
		{Conference: "empty"},
	})
	for _, want := range []string{
		`group "london", bridge "cluster1": every bridge needs a name of its own`,
		`group "london", bridge "": every bridge needs a name of its own`,
		`group "london": every group needs a name of its own`,
		`group "paris" has 0 bridges: it must have 1 to 24`,
		`group "big" has 25 bridges: it must have 1 to 24`,
		`priorities for "boardroom": no group has a bridge "cluster9"`,
		`priorities for "Boardroom": give each conference once, with at least one bridge`,
		`priorities for "": give each conference once, with at least one bridge`,
		`priorities for "empty": give each conference once, with at least one bridge`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestOrdersPinBeforeLearnedBeforeHash(t *testing.T) {
	topology, err := NewTopology([]GroupConfig{{Name: "g", Bridges: []BridgeConfig{{Name: "a"}, {Name: "b"}, {Name: "c"}}}},
		[]Pin{{Conference: "BoardRoom", Order: []string{"c"}}})
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	first := func(k Key) string {
		var d Decision
		b.Explain(&Call{Conference: k, Groups: []GroupID{0}, Landing: NoBridge}, testStart, &d)
		return topology.Name(d.Chosen)
	}
	require.Equal(t, "c", first(Key{URI: "boardroom@meet"}))
	hashed := first(Key{Space: "s1"})

	other := "a"
	if hashed == "a" {
		other = "b"
	}
	orders, err := NewOrders(topology, []Pin{{Conference: "s2", Order: []string{"b"}}},
		[]Pin{{Conference: "s1", Order: []string{other}}, {Conference: "s2", Order: []string{"a"}}})
	require.NoError(t, err)
	b.SetOrders(orders)
	require.Equal(t, other, first(Key{Space: "s1"}), "a learned order goes before the hash")
	require.Equal(t, "b", first(Key{Space: "s2", URI: "x@meet"}), "a pin goes before a learned order")
}

// TestPinByURIFollowsItsSpace: a space has one order, whichever URI is dialled.
func TestPinByURIFollowsItsSpace(t *testing.T) {
	topology, err := NewTopology([]GroupConfig{{Name: "g", Bridges: []BridgeConfig{{Name: "a"}, {Name: "b"}, {Name: "c"}}}},
		[]Pin{{Conference: "Boardroom", Order: []string{"c"}}, {Conference: "room", Order: []string{"b"}}, {Conference: "s9", Order: []string{"a"}}})
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	first := func(k Key) string {
		var d Decision
		b.Explain(&Call{Conference: k, Groups: []GroupID{0}, Landing: NoBridge}, testStart, &d)
		return topology.Name(d.Chosen)
	}
	bySpace := func(space string) string { return first(Key{Space: space, URI: "801@meet"}) }
	unpinned := func(space string) string { return first(Key{Space: space}) }
	var spaces []string // That the hash sends where no pin does.
	for i := 10; len(spaces) < 2; i++ {
		if id := fmt.Sprintf("s%d", i); unpinned(id) == "a" {
			spaces = append(spaces, id)
		}
	}
	s1, s2 := spaces[0], spaces[1]

	b.Resolve("boardroom@meet", s1)
	require.Equal(t, "c", bySpace(s1), "by its other URI, too")
	require.Equal(t, "a", bySpace(s2))
	before := b.Table()
	b.Resolve("boardroom@meet", s1)
	b.Resolve("kitchen@meet", s2)
	b.Resolve("boardroom@meet", "")
	require.Same(t, before, b.Table(), "no news changes nothing")

	b.Resolve("room@meet", s1)
	require.Equal(t, "c", bySpace(s1), "of two pins the first in the alphabet counts")
	require.Equal(t, "c", first(Key{Space: s1, URI: "room@meet"}))

	b.Resolve("boardroom@meet", s2)
	require.Equal(t, "c", bySpace(s2), "the URI has moved to another space")
	require.Equal(t, "b", bySpace(s1))

	b.Resolve("boardroom@meet", "s9")
	require.Equal(t, "a", bySpace("s9"), "a pin by id goes first")

	orders, err := NewOrders(topology, []Pin{{Conference: "room", Order: []string{"c"}}}, nil)
	require.NoError(t, err)
	b.SetOrders(orders)
	require.Equal(t, "c", bySpace(s1), "what the URI means is still known")
	require.Equal(t, "a", bySpace(s2), "no longer pinned")
}

func TestResolveDoesNotAllocate(t *testing.T) {
	topology, err := NewTopology([]GroupConfig{{Name: "g", Bridges: []BridgeConfig{{Name: "a"}}}}, []Pin{{Conference: "room", Order: []string{"a"}}})
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	b.Resolve("room@meet", "s1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b.Resolve("room@meet", "s1")
		b.Resolve("other@meet", "s2")
	}))
}

func TestPolicyReportsAllFaults(t *testing.T) {
	p := DefaultPolicy()
	require.NoError(t, p.Validate())
	p = Policy{NewBasisPoints: 10001, MaxJoinRate: -1, Costs: Costs{Audio: -1}, DownAfter: -1, Settle: -1, Blind: 9, Landing: 9}
	for _, want := range []string{
		"basis points 10001: must be 0 to 10000", "cap -1: must be 0 (off) or more", "cost -1: must be 0 to",
		"staleAfter 0s: must be above 0", "downAfter -1ns: must be at least staleAfter", "settle -1ns: must not be negative",
		"unanswered 0s: must be above 0", "attempts 0: must be 1 or more", "timeout 0s: must be above 0", "blind 9", "landing 9",
	} {
		require.ErrorContains(t, p.Validate(), want)
	}
}

func TestAdminStatesAreNamed(t *testing.T) {
	for s := Ready; s <= Maintenance; s++ {
		parsed, err := ParseAdminState(s.String())
		require.NoError(t, err)
		require.Equal(t, s, parsed)
	}
	_, err := ParseAdminState("off")
	require.ErrorContains(t, err, `"off" is no bridge state: use ready, drain, drain-strict or maint`)
}

// TestRunning is the definition of "running": see Conference.Running.
func TestRunning(t *testing.T) {
	at := testStart
	for name, test := range map[string]struct {
		c    Conference
		want bool
	}{
		"details unknown":                   {Conference{Space: "a"}, true},
		"with participants":                 {Conference{Space: "a", Type: TypeSpace, DetailsAt: at, Local: 1}, true},
		"empty":                             {Conference{Space: "a", Type: TypeSpace, DetailsAt: at}, false},
		"empty but active when empty":       {Conference{Space: "a", Type: TypeSpace, DetailsAt: at, ActiveWhenEmpty: true}, true},
		"a type that we do not know":        {Conference{Space: "a", DetailsAt: at, Local: 2}, true},
		"forwarded":                         {Conference{Space: "a", Type: TypeForwarding, DetailsAt: at, Local: 2}, false},
		"forwarded, details otherwise open": {Conference{Space: "a", Type: TypeForwarding}, false},
		"Lync":                              {Conference{Space: "a", Type: TypeLyncConferencing, DetailsAt: at, Local: 2}, false},
		"no space":                          {Conference{Type: TypeAdHoc, DetailsAt: at, Local: 2}, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.c.Running()) })
	}
}

// TestSeveralCallsOfOneSpace: they are one conference; their participants add up,
// and the oldest details count.
func TestSeveralCallsOfOneSpace(t *testing.T) {
	c := clock{testStart}
	s := newRunningSet([]Conference{
		{Space: "a", Type: TypeSpace, DetailsAt: testStart.Add(time.Second), Local: 2},
		{Space: "a", Type: TypeSpace, DetailsAt: testStart, Local: 3},
		{Space: "b"},
		{Space: "b", Type: TypeSpace, DetailsAt: testStart},
		{},
	}, c)
	require.Equal(t, 2, s.count())
	a := s.find(hashKey("a"))
	require.EqualValues(t, 5, a.local)
	require.EqualValues(t, 0, a.detailsAt)
	require.Equal(t, never, s.find(hashKey("b")).detailsAt)
	require.Zero(t, s.find(hashKey("c")))
	require.Zero(t, (*runningSet)(nil).find(hashKey("a")))
}

func TestTableDrawsItselfAndItsChanges(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	old := b.Table()
	require.Empty(t, old.Diff(old))
	limits := Limits{LoadLimit: 2250, NewBasisPoints: -1, ExistingBasisPoints: 9000, ParticipantLimit: 100}
	b.Report(Reading{Bridge: 0, Endpoint: ReadLimits, BeganAt: now, At: now, Limits: limits})
	b.Report(Reading{Bridge: 0, Endpoint: ReadLoad, BeganAt: now, At: now, Load: 2100})
	b.Report(Reading{Bridge: 0, Endpoint: ReadCalls, BeganAt: now, At: now, Conferences: []Conference{{Space: "a"}, {}}})
	b.Report(Reading{Bridge: 1, Endpoint: ReadLoad, BeganAt: now, At: now, Err: errors.New("401 Unauthorized")})
	b.SetState(1, Drain)
	require.Equal(t, []string{
		"cluster1: limits loadLimit 2250, new none, existing 9000, participantLimit 100, were loadLimit 96000, new none, existing none, participantLimit none",
		"cluster1: load level 2, was 0 (load 2100)",
		"cluster2: state drain, was ready",
	}, b.Table().Diff(old))

	failing := b.Table()
	b.Report(Reading{Bridge: 1, Endpoint: ReadLoad, BeganAt: now, At: now, Err: errors.New("401 Unauthorized")})
	require.Empty(t, b.Table().Diff(failing), "whoever polls tells of failures")
	require.Equal(t, 2, b.Bridges(now)[1].Polls[ReadLoad].Failures)
	b.Report(Reading{Bridge: 1, Endpoint: ReadLoad, BeganAt: now, At: now})

	require.Equal(t, ""+
		"group   bridge    state  load  limit  new    existing  level  legs  conferences\n"+
		"london  cluster1  ready  2100  2250   1125   2025      2      0     1\n"+
		"london  cluster2  drain  0     96000  48000  76800     0      0     0\n", b.Table().String())
	require.Len(t, b.Table().Conferences(0), 2)
	require.Empty(t, b.Table().Conferences(1))
}

func TestReadingsOutOfOrderAreDropped(t *testing.T) {
	b, now := smallSite(t, 1, DefaultPolicy())
	b.Report(Reading{Endpoint: ReadLoad, BeganAt: now.Add(2 * time.Second), Load: 7})
	b.Report(Reading{Endpoint: ReadLoad, BeganAt: now.Add(1 * time.Second), Load: 99})
	require.EqualValues(t, 7, b.Bridges(now)[0].Load)
	for _, r := range []Reading{
		{Endpoint: ReadLoad, Load: maxUnits + 1}, {Endpoint: ReadStatus, Participants: -1},
		{Endpoint: ReadLimits, Limits: Limits{LoadLimit: -1}}, {Endpoint: ReadLimits, Limits: Limits{ParticipantLimit: -1}},
	} {
		r.BeganAt = now.Add(3 * time.Second)
		b.Report(r)
		view := b.Bridges(now)[0].Polls[r.Endpoint]
		require.Contains(t, view.Error, "not believed")
		require.Positive(t, view.Failures)
	}
	require.EqualValues(t, 7, b.Bridges(now)[0].Load)
}

// TestFailedPollRenewsNothing is the heart of R11.
func TestFailedPollRenewsNothing(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	later := now.Add(6 * time.Second)
	b.Report(Reading{Bridge: 0, Endpoint: ReadLoad, BeganAt: later, At: later, Err: errors.New("timeout")})
	b.Report(Reading{Bridge: 1, Endpoint: ReadLoad, BeganAt: later, At: later})
	views := b.Bridges(later)
	require.Equal(t, "stale", views[0].Reach)
	require.Equal(t, 6.0, *views[0].Polls[ReadLoad].Age)
	require.Equal(t, "up", views[1].Reach)
}
