package lb

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testStart is when tests begin.
var testStart = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// checkBook verifies what must hold of a Book at any time: every counter is the
// sum of what placements hold, every list holds exactly the right placements,
// every conference is named by somebody, nothing is negative, nothing is lost.
func checkBook(t require.TestingT, b *book) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reserved := make([]int64, len(b.bridges))
	calls := make([]int32, len(b.bridges))
	open := make([][holdings]int32, len(b.bridges))
	refs := map[int32]int32{}
	free, waiting := 0, int32(0)
	for i := range b.placements {
		p := &b.placements[i]
		if p.gen == 0 {
			free++
			require.Equal(t, [holdings + 1]link{}, p.links, "a free placement is in no list")
			continue
		}
		if p.holds[holdLoad] {
			reserved[p.bridge] += p.cost
		}
		if p.holds[holdCalls] {
			calls[p.bridge]++
		}
		if p.holds[holdMeet] {
			for c := p.conf; c >= 0; c = b.conferences.all[c].into - 1 {
				refs[c]++
			}
		}
		if p.links[linkWaiting] != (link{}) {
			waiting++
			require.False(t, p.answered)
		}
		if !p.answered {
			continue
		}
		require.NotEqual(t, [holdings]bool{}, p.holds, "an answered call that holds nothing is gone")
		for h := range holdings {
			require.Equal(t, p.holds[h], p.links[h] != link{})
			if p.holds[h] {
				open[p.bridge][h]++
			}
		}
	}
	require.Len(t, b.free, free)
	require.Equal(t, waiting, b.waiting.count)
	for i := range b.bridges {
		l := &b.bridges[i]
		require.Equal(t, reserved[i], l.reserved)
		require.Equal(t, calls[i], l.calls)
		for h := range holdings {
			require.Equal(t, open[i][h], l.open[h].count)
		}
	}
	byURI := 0
	for i := range b.conferences.all {
		c := &b.conferences.all[i]
		if c.byURI {
			byURI++
		}
		require.Equal(t, refs[int32(i)], c.refs, "calls that name a conference")
		sum := int32(0)
		for _, n := range c.pending {
			require.GreaterOrEqual(t, n, int32(0))
			sum += n
		}
		if c.refs > 0 && c.into == 0 {
			require.Equal(t, c.refs, sum)
			require.Equal(t, int32(i), b.conferences.byKey[c.key])
		}
	}
	require.Equal(t, len(b.conferences.all)-len(b.conferences.free), len(refs))
	require.Equal(t, byURI, b.conferences.byURI)
	require.Equal(t, byURI > 0, b.unresolved.Load())
}

// smallSite is one group of n bridges, read once, with 96000 load units each.
func smallSite(t require.TestingT, n int, p Policy) (*Balancer, time.Time) {
	group := GroupConfig{Name: "london"}
	for i := range n {
		group.Bridges = append(group.Bridges, BridgeConfig{Name: "cluster" + string(rune('1'+i))})
	}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	now := testStart
	b := New(topology, p, now)
	for i := range n {
		limits := NoLimits()
		limits.LoadLimit = 96000
		b.Report(Reading{Bridge: BridgeID(i), Endpoint: ReadLimits, BeganAt: now, At: now, Limits: limits})
		b.Report(Reading{Bridge: BridgeID(i), Endpoint: ReadLoad, BeganAt: now, At: now})
	}
	return b, now
}

func spaceCall(space string) *Call {
	return &Call{Conference: Key{Space: space}, Cost: 10, Groups: []GroupID{0}, Landing: NoBridge}
}

func TestFullBookPlacesWithoutReservation(t *testing.T) {
	b, now := smallSite(t, 1, DefaultPolicy())
	book := &b.books[0]
	book.placements = make([]placement, maxPlacements) // As if that many calls were in setup.
	var d Decision
	b.Place(spaceCall("a"), now, &d)
	require.Equal(t, Chosen, d.Outcome)
	require.False(t, d.Placement.Held())
	require.EqualValues(t, 1, b.Stats().Unreserved)
	b.Answered(d.Placement, now)
	b.Ended(d.Placement, now)
}

func TestEmptyBookGivesItsMemoryBack(t *testing.T) {
	b, now := smallSite(t, 1, DefaultPolicy())
	var first Placement
	var all []Placement
	for i := range 2 * shrinkAbove {
		var d Decision
		b.Place(spaceCall(fmt.Sprint(i)), now, &d)
		all = append(all, d.Placement)
		first = all[0]
	}
	for _, p := range all {
		b.Ended(p, now)
	}
	require.Zero(t, cap(b.books[0].placements))
	require.Zero(t, cap(b.books[0].conferences.all))
	require.Equal(t, Stats{}, b.Stats())

	var d Decision
	b.Place(spaceCall("a"), now, &d)
	b.Ended(first, now) // The same place, another call.
	require.Equal(t, 1, b.Stats().Placements)
	checkBook(t, &b.books[0])
}

func TestManyCallsSettleInChunks(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	for range 10*settleChunk + 7 {
		var d Decision
		b.Place(spaceCall("a"), now, &d)
		b.Answered(d.Placement, now)
	}
	later := now.Add(4 * time.Second)
	for i := range BridgeID(2) {
		for _, e := range []Endpoint{ReadLoad, ReadCalls, ReadStatus} {
			b.Report(Reading{Bridge: i, Endpoint: e, BeganAt: later, At: later})
			checkBook(t, &b.books[0])
		}
	}
	require.Equal(t, Stats{}, b.Stats())
}

// TestJoinRate: over ten minutes of far too many joins, each minute lets through
// what the cap says, and the counts are forgotten afterwards.
func TestJoinRate(t *testing.T) {
	const limit = 30
	var j joins
	let := 0
	for second := range 600 {
		now := instant(time.Duration(second) * time.Second)
		for range 5 {
			if !j.reached(7, 2, limit, now) {
				j.add(7, 2, now)
				let++
			}
		}
		require.False(t, j.reached(7, 3, limit, now), "another bridge")
		require.False(t, j.reached(8, 2, limit, now), "another conference")
	}
	require.InDelta(t, 10*limit, let, limit)

	now := instant(11 * time.Minute)
	require.False(t, j.reached(7, 2, 1, now+2*joinWindow))
	for i := range uint64(1000) {
		j.add(100+i, 0, now)
	}
	later := now + 2*joinWindow
	for range 2000 {
		j.add(1, 0, later)
	}
	require.Less(t, len(j.counts), 50, "old counts go as new ones come")
}

func TestJoinCountsAreBounded(t *testing.T) {
	j := joins{counts: map[joinKey]joinCount{}}
	for i := range uint64(maxJoins + 10) {
		j.counts[joinKey{i, 0}] = joinCount{start: 1}
	}
	j.add(1<<40, 0, 1)
	require.NotContains(t, j.counts, joinKey{1 << 40, 0})
}
