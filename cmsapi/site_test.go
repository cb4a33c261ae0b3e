package cmsapi

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"bridgehead/cmsapi/sim"
	"bridgehead/lb"
)

// site is a simulated group, with pollers and a directory on it.
type site struct {
	*sim.Group
	pollers  []*Poller
	recorded []*recorder
	dir      *Directory
}

// patience bounds what a test waits for.
const patience = 20 * time.Second

// startSite runs all of it until the test ends. Intervals are short and the budget
// large where the test does not change them.
func startSite(t *testing.T, o sim.Options, change ...func(*PollerOptions)) *site {
	t.Helper()
	if o.Bridges == nil {
		o.Bridges = []sim.BridgeOptions{{Name: "cluster1", LoadLimit: 4000}}
	}
	g, err := sim.NewGroup(o)
	require.NoError(t, err)
	s := &site{Group: g}
	for i, b := range g.Bridges() {
		client, err := NewClient(ClientOptions{Name: b.Name(), API: b.APIURL(), Username: b.Username(), Password: plain(b.Password())})
		require.NoError(t, err)
		s.recorded = append(s.recorded, &recorder{})
		po := PollerOptions{Client: client, Bridge: lb.BridgeID(i), Reporter: s.recorded[i], Interval: 100 * time.Millisecond, Budget: 300, Logger: zap.NewNop()}
		for _, f := range change {
			f(&po)
		}
		p, err := NewPoller(po)
		require.NoError(t, err)
		s.pollers = append(s.pollers, p)
	}
	s.dir, err = NewDirectory(DirectoryOptions{Group: g.Name(), Pollers: s.pollers, Refresh: 50 * time.Millisecond})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.dir.Run(ctx) })
	for _, p := range s.pollers {
		running.Go(func() { _ = p.Run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
		require.NoError(t, g.Close())
	})
	return s
}

// until waits for a condition.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, patience, 2*time.Millisecond, what)
}

// spaceOf is the space that user at domain means, "" if that is not known.
func (s *site) spaceOf(domain, user string) string {
	t, _ := s.dir.Classify(domain, user)
	return t.Space
}

// passes waits for n further passes over the spaces.
func (s *site) passes(t *testing.T, n int) {
	t.Helper()
	for range n {
		was := s.dir.Status().LastFull
		until(t, "a pass", func() bool { return !s.dir.Status().LastFull.Equal(was) })
	}
}

const meet = "meet.example.com"

func simSpaces(n int) []sim.Space {
	var all []sim.Space
	for i := range n {
		all = append(all, sim.Space{
			ID: fmt.Sprintf("b7a1c002-4f0d-4f2e-a3f3-%012d", i), URI: fmt.Sprint("Room.", i), SecondaryURI: fmt.Sprint(5000 + i), CallID: fmt.Sprint(90000 + i),
			AccessMethods: []sim.AccessMethod{{URI: fmt.Sprint("host.", i)}, {URI: fmt.Sprint("guest.", i)}},
		})
	}
	return all
}

// TestSiteFourURIs finds spaces by all of their URIs whatever liberties the API
// takes with pages, order, blanks and totals.
func TestSiteFourURIs(t *testing.T) {
	for name, c := range map[string]struct {
		quirks  sim.Quirks
		pageCap int
	}{
		"as CMS answers":           {sim.Quirks{}, 20},
		"page cap of 1":            {sim.Quirks{}, 1},
		"any order, with blanks":   {sim.Quirks{Shuffle: true, Pad: true, British: true}, 3},
		"a total that is too high": {sim.Quirks{TotalOff: 5}, 2},
		"a total that is too low":  {sim.Quirks{TotalOff: -3}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSite(t, sim.Options{
				Bridges: []sim.BridgeOptions{{Name: "cluster1", LoadLimit: 4000, PageCap: c.pageCap}}, Domains: []string{meet}, Spaces: simSpaces(7),
				IVRs: []string{"Lobby"}, Users: []string{"ann"}, ForwardingRules: []sim.ForwardingRule{{Pattern: "*.partner.example"}},
			})
			s.Bridges()[0].SetQuirks(c.quirks)
			until(t, "all of it", func() bool { d := s.dir.Status(); return d.Detailed == 7 && d.PlanRead && d.Users == 1 && d.URIs == 28 })
			for i, space := range simSpaces(7) {
				for _, uri := range []string{"room.", "host.", "guest."} {
					require.Equal(t, space.ID, s.spaceOf(meet, fmt.Sprint(uri, i)))
				}
				require.Equal(t, space.ID, s.spaceOf(meet, space.SecondaryURI))
				_, sure := s.dir.Classify(meet, space.CallID)
				require.False(t, sure, "a callId is no SIP address")
			}
			for user, kind := range map[string]TargetKind{"lobby": TargetIVR, "ann": TargetUser, "nobody": TargetUnknown} {
				got, sure := s.dir.Classify(meet, user)
				require.Equal(t, kind, got.Kind)
				require.Equal(t, kind != TargetUnknown, sure)
			}
			got, _ := s.dir.Classify("a.partner.example", "ann")
			require.Equal(t, TargetForwarded, got.Kind)
			before := s.dir.Status().LastFull
			s.passes(t, 3)
			require.True(t, s.dir.Status().LastFull.After(before))
			require.Equal(t, 28, s.dir.Status().URIs, "nothing is forgotten")
		})
	}
}

// TestSiteTenants has spaces of three tenants share URIs, and one domain each.
func TestSiteTenants(t *testing.T) {
	rule := func(domain, tenant string) sim.InboundRule {
		return sim.InboundRule{Domain: domain, Tenant: tenant, ToSpaces: true, ToIVRs: true}
	}
	s := startSite(t, sim.Options{
		InboundRules: []sim.InboundRule{rule("none.example", ""), rule("one.example", "t1"), rule("two.example", "t2"), {Domain: "lync.example", ToSpaces: true, ToLync: true}},
		Spaces: []sim.Space{
			{ID: "a1", URI: "sales", Tenant: "t1", SecondaryURI: "100"}, {ID: "a2", URI: "Sales", Tenant: "t2", SecondaryURI: "100"}, {ID: "a0", URI: "SALES"},
		},
	})
	until(t, "all of it", func() bool { d := s.dir.Status(); return d.Detailed == 3 && d.PlanRead })
	for domain, want := range map[string][2]string{"none.example": {"a0", ""}, "one.example": {"a1", "a1"}, "two.example": {"a2", "a2"}, "lync.example": {"a0", ""}} {
		require.Equal(t, want[0], s.spaceOf(domain, "sales"), domain)
		require.Equal(t, want[1], s.spaceOf(domain, "100"), domain)
	}
	answers := make(chan Target, 1)
	require.True(t, s.dir.Query("lync.example", "100", func(t Target) { answers <- t }))
	require.Equal(t, TargetLync, (<-answers).Kind, "a space of another tenant is none of its")
	got, sure := s.dir.Classify("lync.example", "100")
	require.Equal(t, TargetLync, got.Kind)
	require.True(t, sure)
}

// TestSiteVanishing takes spaces out of the list, and puts others in, while it is
// read one by one: those that stay are known all the while, and in the end the
// directory is what the group is.
func TestSiteVanishing(t *testing.T) {
	s := startSite(t, sim.Options{
		Bridges: []sim.BridgeOptions{{Name: "cluster1", LoadLimit: 4000, PageCap: 1}}, Domains: []string{meet}, Spaces: simSpaces(16),
	})
	s.passes(t, 1)
	// Even ones go and come back again and again, odd ones stay.
	for round := range 6 {
		var gone []sim.Space
		for i, space := range simSpaces(16) {
			if i%2 == 0 && (i/2+round)%3 != 0 {
				gone = append(gone, space)
				require.NoError(t, s.RemoveSpace(space.ID))
			}
			if i%4 == 0 {
				seen := s.dir.Status().PassSeen
				until(t, "another page", func() bool { return s.dir.Status().PassSeen != seen })
			}
			for j := 1; j < 16; j += 2 {
				require.NotEmpty(t, s.spaceOf(meet, fmt.Sprint("room.", j)), "round %d: room.%d", round, j)
			}
		}
		for _, space := range gone {
			_, err := s.AddSpace(space)
			require.NoError(t, err)
		}
	}
	for _, space := range simSpaces(16)[:4] {
		require.NoError(t, s.RemoveSpace(space.ID))
	}
	until(t, "it is as the group", func() bool {
		for i := range 16 {
			if known := s.spaceOf(meet, fmt.Sprint("room.", i)) != ""; known != (i >= 4) {
				return false
			}
		}
		return s.dir.Status().Spaces == 12
	})
}

// TestSiteRenamed renames a space while it runs, and gives its URI to another.
func TestSiteRenamed(t *testing.T) {
	s := startSite(t, sim.Options{Domains: []string{meet}, Spaces: simSpaces(3)})
	bridge, spaces := s.Bridges()[0], simSpaces(3)
	_, err := bridge.AddConference(sim.Conference{Space: spaces[0].ID, Participants: 2})
	require.NoError(t, err)
	until(t, "it runs", func() bool { return len(s.recorded[0].of(lb.ReadCalls)) > 0 && len(s.recorded[0].spaces(t)) == 1 })
	until(t, "it is known", func() bool { return s.spaceOf(meet, "room.0") == spaces[0].ID })
	spaces[0].URI, spaces[0].SecondaryURI = "renamed", ""
	require.NoError(t, s.UpdateSpace(spaces[0]))
	spaces[1].URI = "Room.0"
	require.NoError(t, s.UpdateSpace(spaces[1]))
	until(t, "the new names", func() bool {
		return s.spaceOf(meet, "renamed") == spaces[0].ID && s.spaceOf(meet, "room.0") == spaces[1].ID && s.spaceOf(meet, "room.1") == ""
	})
	require.Equal(t, []string{spaces[0].ID}, s.recorded[0].spaces(t), "it runs on, as the same")
}

// TestSiteOddLoad has a load that is no load: an error each time, never a number.
func TestSiteOddLoad(t *testing.T) {
	s := startSite(t, sim.Options{Bridges: []sim.BridgeOptions{{Name: "cluster1", LoadLimit: 4000}, {Name: "cluster2", LoadLimit: 4000}}})
	for _, text := range []string{"-1", "-99999999999999999999", "99999999999999999999", "100000001", "lots", "1e3", "0x10", "12 34", "1.5", " "} {
		s.Bridges()[0].SetLoadText(text)
		until(t, text, func() bool {
			return len(s.recorded[0].of(lb.ReadLoad)) > 0 && s.recorded[0].last(t, lb.ReadLoad).Err != nil
		})
		r := s.recorded[0].last(t, lb.ReadLoad)
		require.Equal(t, Malformed, KindOf(r.Err), text)
		require.Zero(t, r.Load, text)
		s.Bridges()[0].SetLoadText("")
		until(t, "good again", func() bool { return s.recorded[0].last(t, lb.ReadLoad).Err == nil })
	}
	require.NoError(t, s.recorded[1].last(t, lb.ReadLoad).Err, "the others do not mind")
}

// TestSiteLimitsChange changes and unsets limits under way.
func TestSiteLimitsChange(t *testing.T) {
	s := startSite(t, sim.Options{})
	for _, l := range []struct {
		set  sim.Limits
		want lb.Limits
	}{
		{sim.Limits{LoadLimit: 96000, NewBP: 5000, ExistingBP: 8000}, lb.Limits{LoadLimit: 96000, NewBasisPoints: 5000, ExistingBasisPoints: 8000}},
		{sim.Limits{LoadLimit: 1000, NewBP: 0, ExistingBP: 10000, ParticipantLimit: 5}, lb.Limits{LoadLimit: 1000, ExistingBasisPoints: 10000, ParticipantLimit: 5}},
		{sim.Limits{NewBP: 1, ExistingBP: 1}, lb.Limits{NewBasisPoints: 1, ExistingBasisPoints: 1}},
	} {
		s.Bridges()[0].SetLimits(l.set)
		until(t, fmt.Sprint(l.want), func() bool {
			all := s.recorded[0].of(lb.ReadLimits)
			return len(all) > 0 && all[len(all)-1].Err == nil && all[len(all)-1].Limits == l.want
		})
		require.Equal(t, l.want, s.pollers[0].Status().Limits)
	}
}

// TestSiteFlood counts at the bridges what a flood of unknown URIs costs them,
// with the budget as it is by default.
func TestSiteFlood(t *testing.T) {
	s := startSite(t, sim.Options{
		Bridges: []sim.BridgeOptions{{Name: "cluster1", LoadLimit: 4000, PageCap: 5}, {Name: "cluster2", LoadLimit: 4000, PageCap: 5}},
		Domains: []string{meet}, Spaces: simSpaces(10),
	}, func(o *PollerOptions) { o.Interval, o.Budget = time.Second, 10 })
	until(t, "the spaces", func() bool { return s.dir.Status().Spaces == 10 })
	var told sync.WaitGroup
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := range 3000 {
		told.Add(1)
		if !s.dir.Query(meet, fmt.Sprint("unknown", i), func(Target) { told.Done() }) {
			told.Done()
		}
		require.NotEmpty(t, s.spaceOf(meet, fmt.Sprint("room.", i%10)))
		<-tick.C
	}
	told.Wait()
	q := s.dir.Status().Queries
	require.Positive(t, q.Empty)
	require.Zero(t, q.Failed)
	for i, b := range s.Bridges() {
		requests := b.APIRequests()
		require.LessOrEqual(t, sim.PeakWithin(3*time.Second, requests, ""), 4*10, "a second late at most")
		require.LessOrEqual(t, sim.PeakWithin(3*time.Second, requests, "uriUsageQuery"), 4*3)
		require.LessOrEqual(t, s.pollers[i].Status().PeakSecond, 10)
		for _, path := range []string{"system/load", "system/status", "uriUsageQuery", "coSpaces"} {
			require.LessOrEqual(t, sim.PeakInFlight(requests, path), 1, path)
		}
		until(t, "a moment with none on its way", func() bool {
			sent := s.pollers[i].Status().Requests
			return uint64(len(b.APIRequests())) == sent && s.pollers[i].Status().Requests == sent
		})
		loads := s.recorded[i].of(lb.ReadLoad)
		require.GreaterOrEqual(t, len(loads), 3)
	}
}

// TestSiteBusy has the API answer 503 with a Retry-After: until an answer is good
// nothing but load is read, and nothing but load for as long as it was asked.
func TestSiteBusy(t *testing.T) {
	s := startSite(t, sim.Options{Domains: []string{meet}, Spaces: simSpaces(3)})
	bridge := s.Bridges()[0]
	until(t, "the spaces", func() bool { return s.dir.Status().Spaces == 3 })
	bridge.SetAPIMode(sim.APIMode{Kind: sim.APIUnavailable, RetryAfter: 2})
	until(t, "it is held", func() bool { return s.pollers[0].Status().Held == "busy" })
	settled := time.Now().Add(50 * time.Millisecond) // what was under way has arrived
	require.False(t, s.dir.Query(meet, "unknown", func(Target) {}), "no bridge can be asked")
	until(t, "some polls", func() bool {
		n := 0
		for _, r := range bridge.APIRequests() {
			if r.Begin.After(settled) {
				n++
			}
		}
		return n >= 4
	})
	bridge.SetAPIMode(sim.APIMode{})
	until(t, "a good answer", func() bool { return s.recorded[0].last(t, lb.ReadLoad).Err == nil })
	good := time.Now()
	until(t, "all is asked again", func() bool { return s.pollers[0].Status().Held == "" })
	require.Greater(t, time.Since(good), 500*time.Millisecond, "Retry-After holds back everything else")
	free := time.Now()
	for _, r := range bridge.APIRequests() {
		if r.Begin.After(settled) && r.Begin.Before(free.Add(-50*time.Millisecond)) {
			require.True(t, strings.EqualFold(r.Path, "system/load"), r.Path)
		}
	}
	require.Equal(t, 3, s.dir.Status().Spaces)
}
