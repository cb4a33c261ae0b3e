package integration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// quick makes readings old soon, so that a test sees every age of them.
var quick = []string{"pollInterval: 200ms", "staleAfter: 600ms", "downAfter: 1200ms", "options: {interval: 1s}"}

// TestAPIDarkSIPAlive takes the API of the bridge away on which a conference
// runs. Its SIP is alive, so the conference stays in one place: through every age
// of the last reading people still join it there, and a new one goes elsewhere.
func TestAPIDarkSIPAlive(t *testing.T) {
	t.Parallel()
	for _, mode := range []sim.APIModeKind{sim.APIHang, sim.APIError} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := openSite(t, siteOptions{policy: quick, group: sim.Options{Spaces: spaces(room, "a", "b", "c", "d")}})
			require.Equal(t, "cluster3", s.start(t, manner{hold: time.Minute}, roomURI).answered(t)[0].bridge)
			s.refreshed(t)
			s.group.Bridge("cluster3").SetAPIMode(sim.APIMode{Kind: mode})
			dark := time.Now()
			var calls []string
			for range 20 {
				calls = append(calls, roomURI) // over four seconds, far beyond downAfter
			}
			joins := s.dial(t, manner{gap: 200 * time.Millisecond}, calls...)
			require.Equal(t, []string{"cluster3"}, hosts(joins), "no running conference is split")
			require.Greater(t, time.Since(dark), 3*time.Second)
			require.Equal(t, "stale", s.bridge(t, "cluster3").Reach, "alive by SIP")
			for _, o := range s.dial(t, manner{}, user("a"), user("b"), user("c"), user("d")) {
				require.Contains(t, []string{"cluster1", "cluster2"}, o.bridge, "new conferences go where the load is known")
			}
			s.group.Bridge("cluster3").SetAPIMode(sim.APIMode{})
			s.refreshed(t)
			require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
		})
	}
}

// TestAPIUnavailable lets the API of one bridge answer 503 for a while: meanwhile
// it is asked for its load alone, once per interval, and afterwards for everything
// again.
func TestAPIUnavailable(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: []string{"pollInterval: 200ms"}})
	b := s.group.Bridge("cluster3")
	b.SetAPIMode(sim.APIMode{Kind: sim.APIUnavailable})
	refused := func() (load, rest int) {
		for _, r := range b.APIRequests() {
			switch {
			case r.Status != 503:
			case r.Path == "system/load":
				load++
			default:
				rest++
			}
		}
		return
	}
	eventually(t, "the load was refused ten times", func() bool { load, _ := refused(); return load >= 10 })
	load, rest := refused()
	require.LessOrEqual(t, rest, 4, "beside %d readings of the load, nothing but what was on its way", load)
	var times []time.Time
	for _, r := range b.APIRequests() {
		if r.Status == 503 && r.Path == "system/load" {
			times = append(times, r.Begin)
		}
	}
	gaps := time.Duration(len(times) - 1)
	require.GreaterOrEqual(t, times[gaps].Sub(times[0]), gaps*100*time.Millisecond, "about once per interval, however late each came")
	require.NotEmpty(t, pollErrors(s.edge.bridges(t), "cluster3"))
	b.SetAPIMode(sim.APIMode{})
	s.refreshed(t)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge, "it serves again")
	eventually(t, "nothing is wrong any more", func() bool { return len(pollErrors(s.edge.bridges(t), "cluster3")) == 0 })
}

// TestAPIRetryAfter lets the API ask for two seconds of rest: nothing but the
// load is asked meanwhile.
func TestAPIRetryAfter(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: []string{"pollInterval: 200ms"}})
	b := s.group.Bridge("cluster3")
	b.SetAPIMode(sim.APIMode{Kind: sim.APIUnavailable, RetryAfter: 2})
	var at time.Time
	eventually(t, "a request is refused", func() bool {
		for _, r := range b.APIRequests() {
			if r.Status == 503 {
				at = r.End
				return true
			}
		}
		return false
	})
	b.SetAPIMode(sim.APIMode{})
	eventually(t, "calls are read again", func() bool {
		for _, r := range b.APIRequests() {
			if r.Path == "calls" && r.Begin.After(at) && r.Status == 200 {
				require.GreaterOrEqual(t, r.Begin.Sub(at), 1800*time.Millisecond, "%v", r)
				return true
			}
		}
		return false
	})
	for _, r := range b.APIRequests() {
		if r.Begin.After(at.Add(50*time.Millisecond)) && r.Begin.Before(at.Add(1800*time.Millisecond)) {
			require.Equal(t, "system/load", r.Path, "while it rests")
		}
	}
	s.refreshed(t)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
}
