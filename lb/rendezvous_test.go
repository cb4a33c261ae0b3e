package lb

import (
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// orderOf ranks named bridges with weights for a key, best first.
func orderOf(t require.TestingT, key string, names []string, weights []int) []string {
	group := GroupConfig{Name: "g"}
	for _, name := range names {
		group.Bridges = append(group.Bridges, BridgeConfig{Name: name})
	}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	m := newMembers(&topology.Groups[0], topology, weights)
	places := make([]int, len(names))
	for i := range places {
		places[i] = i
	}
	sort.SliceStable(places, func(i, j int) bool { return m.draw(hashKey(key), places[i]) < m.draw(hashKey(key), places[j]) })
	ordered := make([]string, len(names))
	for i, place := range places {
		ordered[i] = names[place]
	}
	return ordered
}

// TestGoldenOrders holds the hash still. These orders are a promise between
// edges of all releases: whoever changes one moves conferences at every site, and
// splits those that edges of two releases place at the same time. So there is no
// way to rewrite this file.
func TestGoldenOrders(t *testing.T) {
	source, err := os.ReadFile("testdata/rendezvous.golden")
	require.NoError(t, err)
	lines := 0
	for line := range strings.Lines(string(source)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		question, want, ok := strings.Cut(line, " => ")
		require.True(t, ok, line)
		words := strings.Fields(question)
		var names []string
		var weights []int
		for _, w := range words[1:] {
			name, weight, _ := strings.Cut(w, "=")
			n, err := strconv.Atoi(weight)
			require.NoError(t, err)
			names, weights = append(names, name), append(weights, n)
		}
		require.Equal(t, want, strings.Join(orderOf(t, words[0], names, weights), " "), line)
		lines++
	}
	require.Greater(t, lines, 20)
}

// TestNegativeLog compares the integer logarithm with the exact one.
func TestNegativeLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.Uint64().Draw(t, "h")
		exact := 64 - math.Log2(float64(h|1))
		require.InDelta(t, exact, float64(negativeLog(h))/(1<<logUnit), 1e-5)
	})
	for _, h := range []uint64{0, 1, 2, 1 << 63, math.MaxUint64} {
		require.Positive(t, negativeLog(h))
		require.LessOrEqual(t, negativeLog(h), uint64(65)<<logUnit)
	}
}

// TestWeightsShareConferences: a bridge comes first as often as its weight says.
func TestWeightsShareConferences(t *testing.T) {
	names, weights := []string{"small", "middle", "large", "largest"}, []int{1250, 12500, 96000, 700000}
	const keys = 100_000
	first := map[string]int{}
	group := GroupConfig{Name: "g"}
	for _, name := range names {
		group.Bridges = append(group.Bridges, BridgeConfig{Name: name})
	}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	m := newMembers(&topology.Groups[0], topology, weights)
	for k := range keys {
		key, best := hashKey(fmt.Sprintf("space-%d", k)), 0
		for place := range names {
			if m.draw(key, place) < m.draw(key, best) {
				best = place
			}
		}
		first[names[best]]++
	}
	total := 0
	for _, w := range weights {
		total += w
	}
	for i, name := range names {
		want := float64(weights[i]) / float64(total)
		got := float64(first[name]) / keys
		require.InDelta(t, want, got, 4*math.Sqrt(want/keys)+0.001, "%s comes first for %.4f of all, its weight says %.4f", name, got, want)
	}
}

// TestBridgesComeAndGo: removing a bridge does not change the order of the rest,
// nor does the order in which a configuration lists them.
func TestBridgesComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, MaxBridges).Draw(t, "bridges")
		names, weights := make([]string, n), make([]int, n)
		for i := range n {
			names[i], weights[i] = fmt.Sprintf("cluster%d", i), rapid.IntRange(1, 900000).Draw(t, "weight")
		}
		key := rapid.String().Draw(t, "key")
		all := orderOf(t, key, names, weights)

		gone := rapid.IntRange(0, n-1).Draw(t, "gone")
		rest := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == names[gone] })
		require.Equal(t, rest, orderOf(t, key, slices.Delete(slices.Clone(names), gone, gone+1), slices.Delete(slices.Clone(weights), gone, gone+1)))

		slices.Reverse(names)
		slices.Reverse(weights)
		require.Equal(t, all, orderOf(t, key, names, weights))
	})
}

// TestWeightsOfUnreadBridges: the configured limit counts first, then the one
// read, then the one that an earlier run read; with none, all weigh the same.
func TestWeightsOfUnreadBridges(t *testing.T) {
	configured := 700000
	group := GroupConfig{Name: "g", Bridges: []BridgeConfig{
		{Name: "a", Overrides: Overrides{LoadLimit: &configured}, LastLoadLimit: 1},
		{Name: "b", LastLoadLimit: 96000},
		{Name: "c"},
	}}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	require.Equal(t, []int{700000, 96000, 0}, b.Table().weights())
	require.Equal(t, []float64{1, 1, 1}, b.Table().members[0].scale)
	require.Zero(t, b.Table().rows[1].limits.LoadLimit, "an old limit is a weight, never a limit")

	limits := NoLimits()
	limits.LoadLimit = 12000
	for _, id := range []BridgeID{0, 1, 2} {
		b.Report(Reading{Bridge: id, Endpoint: ReadLimits, BeganAt: testStart, At: testStart, Limits: limits})
	}
	require.Equal(t, []int{700000, 12000, 12000}, b.Table().weights())
	require.Equal(t, 700000, b.Table().rows[0].limits.LoadLimit)

	b.Report(Reading{Bridge: 2, Endpoint: ReadLimits, BeganAt: testStart, At: testStart, Limits: NoLimits()})
	require.Equal(t, []float64{1, 1, 1}, b.Table().members[0].scale)
}
