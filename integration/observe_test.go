package integration

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestObserve puts an edge that only watches into the path: every call goes
// where it would go without it, no call is refused or moved, and the edge counts
// how often the rules would have done otherwise.
func TestObserve(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: []string{"mode: observe", "pollInterval: 200ms"}})
	address := func(bridge string) string { return "sip:" + room + "@" + s.group.Bridge(bridge).SIPAddr() }
	running := s.start(t, manner{hold: time.Minute}, address("cluster2"))
	first := running.answered(t)[0]
	require.Equal(t, "cluster2", first.bridge, "delivered as dialled, though cluster3 is the best")
	d := s.decision(t, first)
	require.True(t, d.Observed)
	require.Equal(t, "cluster2", d.Delivered)
	require.Equal(t, "cluster3", d.Chosen)
	require.True(t, d.Differs)
	s.refreshed(t)

	// The conference runs on cluster2 now, and the rules know it.
	same := s.one(t, address("cluster2"))
	require.Equal(t, "cluster2", same.bridge)
	require.False(t, s.decision(t, same).Differs)
	other := s.one(t, address("cluster1"))
	require.Equal(t, "cluster1", other.bridge)
	require.Equal(t, "cluster2", s.decision(t, other).Chosen)
	require.True(t, s.decision(t, other).Differs)

	// No bridge is named: all of the group take their turn.
	turns := s.dial(t, manner{gap: 100 * time.Millisecond}, roomURI, roomURI, roomURI)
	require.Equal(t, names(), hosts(turns))

	// What a bridge says goes up, and no other is tried; what the rules would
	// refuse is delivered all the same.
	s.group.Bridge("cluster3").SetSIPMode(sim.SIPMode{Kind: sim.SIPReject, Status: 480})
	invites := s.invites()
	require.Equal(t, 480, s.one(t, address("cluster3")).status)
	require.Equal(t, invites+1, s.invites())
	for _, name := range names() {
		require.Equal(t, http.StatusOK, s.edge.put(t, name, `{"state":"maint"}`))
	}
	refused := s.one(t, address("cluster1"))
	require.Equal(t, "cluster1", refused.bridge)
	require.True(t, s.decision(t, refused).Differs)
	require.NotEqual(t, "chosen", s.decision(t, refused).Outcome)

	// The report counts what the decisions say.
	decisions, differed := 0, 0
	for _, d := range s.edge.decisions(t) {
		require.True(t, d.Observed)
		decisions++
		if d.Differs {
			differed++
		}
	}
	require.Equal(t, 8, decisions)
	status, body := s.edge.get("/api/v1/observe")
	require.Equal(t, http.StatusOK, status)
	var report struct {
		Mode                string
		Decisions, Differed int
		Share               float64
	}
	require.NoError(t, json.Unmarshal(body, &report), "%s", body)
	require.Equal(t, "observe", report.Mode)
	require.Equal(t, decisions, report.Decisions)
	require.Equal(t, differed, report.Differed)
	require.InDelta(t, float64(differed)/float64(decisions), report.Share, 1e-6)
}
