package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestFloodOfUnknownURIs dials 200 different URIs per second that nobody knows,
// for four seconds. The bridges' Web Admins never get more than the budget; the
// load is read as ever; and calls to what is known wait for nothing of it.
func TestFloodOfUnknownURIs(t *testing.T) {
	t.Parallel()
	const (
		rate, seconds = 200, 4
		budget        = 10 // requests per second and bridge
		questions     = 3  // of them about URIs
		wait          = time.Second
	)
	s := openSite(t, siteOptions{
		group:  sim.Options{Spaces: spaces(room, "a", "b", "c", "d")},
		bridge: sim.BridgeOptions{PageCap: 2},
		policy: []string{fmt.Sprintf("apiBudget: %d", budget), "pollInterval: 1s", fmt.Sprintf("uriQueryWait: %s", wait)},
	})
	var unknown, known []string
	for i := range rate * seconds {
		unknown = append(unknown, user(fmt.Sprintf("nobody%d", i)))
	}
	for range 20 {
		known = append(known, roomURI)
	}
	before := time.Now()
	flood := s.start(t, manner{gap: time.Second / rate}, unknown...)
	flood.await(t, "the flood is under way", func(packets []packet) bool { return len(packets) > rate/2 })
	calls := s.dial(t, manner{gap: 100 * time.Millisecond}, known...)
	flood.over(t)

	var took []time.Duration
	for _, o := range calls {
		require.Equal(t, "cluster3", o.bridge)
		took = append(took, o.took)
	}
	slices.Sort(took)
	require.Less(t, took[len(took)/2], wait/2, "known calls are quick, from %s to %s", took[0], took[len(took)-1])
	for _, o := range flood.answered(t) {
		require.Equal(t, 404, o.status, "CMS itself says that there is no such URI")
	}
	asked := 0
	for _, b := range s.group.Bridges() {
		requests := b.APIRequests()
		require.LessOrEqual(t, sim.PeakWithin(3*time.Second, requests, ""), 4*budget, "%s: requests in any three seconds, a second late at most", b.Name())
		require.LessOrEqual(t, sim.PeakWithin(3*time.Second, requests, "uriUsageQuery"), 4*questions, "%s: questions likewise", b.Name())
		loads := 0
		for _, path := range []string{"system/load", "calls", "coSpaces", "uriUsageQuery"} {
			require.LessOrEqual(t, sim.PeakInFlight(requests, path), 1, "%s: one at a time of %s", b.Name(), path)
		}
		for _, r := range requests {
			if r.Begin.After(before) && r.Path == "system/load" {
				loads++
			}
			if r.Path == "uriUsageQuery" {
				asked++
			}
		}
		require.GreaterOrEqual(t, loads, seconds-1, "%s: the load is read at every interval", b.Name())
	}
	require.NotZero(t, asked, "the edge did ask")
}
