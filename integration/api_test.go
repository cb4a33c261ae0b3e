package integration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestBrokenAPI breaks the API of the bridge that would take the call. The edge
// says which bridge it is, and the others serve.
func TestBrokenAPI(t *testing.T) {
	modes := []sim.APIModeKind{
		sim.APIUnauthorized, sim.APIError, sim.APIUnavailable, sim.APIHTML, sim.APIHalf,
		sim.APIHuge, sim.APIHang, sim.APICorrupt, sim.APIClose,
	}
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			perform(t, play{
				group: func(_ *testing.T, g *sim.Group) {
					g.Bridge("cluster3").SetAPIMode(sim.APIMode{Kind: mode, RetryAfter: 1})
				},
				verdict: func(t *testing.T, s *stage) {
					answeredBy("cluster1", roomURI)(t, s)
					e := s.front.(*edge)
					require.NotEmpty(t, pollErrors(e.bridges(t), "cluster3"), "the API shows what is wrong")
					eventually(t, "nothing is wrong with another", func() bool { return len(pollErrors(e.bridges(t), "cluster1")) == 0 })
					log := e.out.String()
					require.True(t, mentions(log, "cluster3", "api", "load", "poll"), "the log names the bridge and what is wrong")
				},
			}, openEdge)
		})
	}
}

// TestEveryAPIBroken starts the edge before bridges that it can read nothing of:
// it places the call by priority all the same.
func TestEveryAPIBroken(t *testing.T) {
	perform(t, play{
		group: func(_ *testing.T, g *sim.Group) {
			for _, b := range g.Bridges() {
				b.SetAPIMode(sim.APIMode{Kind: sim.APIUnauthorized})
			}
		},
		blind:   true,
		verdict: answeredBy("cluster3", roomURI),
	}, openEdge)
}

// TestLoadUnreadable lets the best bridge's load be nonsense: its level is not
// known, so a new conference goes where it is.
func TestLoadUnreadable(t *testing.T) {
	perform(t, play{
		group:   func(_ *testing.T, g *sim.Group) { g.Bridge("cluster3").SetLoadText("much") },
		verdict: answeredBy("cluster1", roomURI),
	}, openEdge)
}

// TestTightBudget lets load and calls ask for as much as the budget gives: the
// spaces are read all the same, so that a running conference is found.
func TestTightBudget(t *testing.T) {
	perform(t, play{
		policy:  []string{"pollInterval: 200ms", "apiBudget: 10"},
		group:   state{running: []string{"cluster2"}}.set,
		verdict: answeredBy("cluster2", roomURI),
	}, openEdge)
}

// pollErrors are what went wrong when that bridge was read last.
func pollErrors(bridges []bridgeReport, name string) []string {
	var errors []string
	for _, b := range bridges {
		for _, p := range b.Polls {
			if b.Name == name && p.Error != "" {
				errors = append(errors, p.Endpoint+": "+p.Error)
			}
		}
	}
	return errors
}

// mentions tells if a line of the log has the name and one of the words, in any
// letter case.
func mentions(log, name string, words ...string) bool {
	for line := range strings.SplitSeq(strings.ToLower(log), "\n") {
		if !strings.Contains(line, name) {
			continue
		}
		for _, w := range words {
			if strings.Contains(line, w) {
				return true
			}
		}
	}
	return false
}
