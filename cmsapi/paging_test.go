package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWalkEndsAndSeesAll goes through a list that stands still, with any page
// size and any lie about its total.
func TestWalkEndsAndSeesAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "objects")
		pageSize := rapid.IntRange(1, 20).Draw(t, "page size")
		lie := rapid.SampledFrom([]int{0, 0, 0, 7, 1000}).Draw(t, "lie")
		total := n + lie
		if rapid.Bool().Draw(t, "silent") {
			total = -1
		}
		deaf := rapid.Bool().Draw(t, "ignores offsets")
		var w walk
		seen := make(map[int]bool)
		for more, pages := true, 0; more; pages++ {
			if pages > n+2 {
				t.Fatalf("no end after %d pages", pages)
			}
			from := min(w.offset, n)
			if deaf {
				from = 0
			}
			fresh := 0
			to := min(from+pageSize, n)
			for i := from; i < to; i++ {
				if !seen[i] {
					seen[i] = true
					fresh++
				}
			}
			more = w.advance(to-from, fresh, total)
		}
		if !deaf && len(seen) != n {
			t.Fatalf("saw %d of %d", len(seen), n)
		}
		if w.whole() && len(seen) < n {
			t.Fatalf("calls itself whole with %d of %d", len(seen), n)
		}
	})
}

func TestWalkStopsWhereTheTotalSays(t *testing.T) {
	var w walk
	require.True(t, w.advance(8, 8, 10), "fewer than asked are no end")
	require.False(t, w.advance(2, 2, 10))
	require.True(t, w.whole())
}

func TestWalkGoesOnBeyondADisprovedTotal(t *testing.T) {
	var w walk
	require.True(t, w.advance(3, 3, 4))
	require.True(t, w.advance(3, 3, 4), "six have come of four")
	require.True(t, w.advance(1, 1, 4))
	require.False(t, w.advance(0, 0, 4), "only an empty page is the end")
	require.True(t, w.whole())
}

func TestWalkThatDriftsIsNotWhole(t *testing.T) {
	var w walk
	require.True(t, w.advance(8, 8, 12))
	require.False(t, w.advance(3, 3, 11))
	require.False(t, w.whole(), "an object may have slipped between the pages")
}
