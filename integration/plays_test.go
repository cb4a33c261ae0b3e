package integration

import (
	"slices"
	"testing"
)

// plays are all of them.
func plays() []play {
	return slices.Concat(
		selectionPlays(), failoverPlays(), cancelPlays(), dialogPlays(), refusalPlays(), transportPlays(), outwardPlays(),
	)
}

// TestPlays performs every play before the edge.
func TestPlays(t *testing.T) {
	for _, p := range plays() {
		t.Run(p.name, func(t *testing.T) { perform(t, p, openEdge) })
	}
}
