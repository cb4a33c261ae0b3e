package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestLiberties has the group write its documents in every way that servers do:
// elements in any order, blanks around texts, the other spelling, totals that
// lie, one object per page. Calls go where they would.
func TestLiberties(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		quirks  sim.Quirks
		pageCap int
	}{
		{"shuffled, padded, British", sim.Quirks{Shuffle: true, Pad: true, British: true}, 0},
		{"pages of one", sim.Quirks{}, 1},
		{"total too low", sim.Quirks{TotalOff: -3}, 0},
		{"pages of three, total too low", sim.Quirks{TotalOff: -3}, 3},
		{"pages of three, total too high", sim.Quirks{TotalOff: 7}, 3},
		{"all of it", sim.Quirks{Shuffle: true, Pad: true, British: true, TotalOff: 2}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t, siteOptions{
				group:  sim.Options{Spaces: spaces("a", "b", "c", room, "d", "e", "last")},
				bridge: sim.BridgeOptions{PageCap: c.pageCap},
				policy: []string{"pollInterval: 200ms", "directoryRefresh: 1s"},
				prepare: func(t *testing.T, g *sim.Group) {
					for _, b := range g.Bridges() {
						b.SetQuirks(c.quirks)
					}
					for _, space := range g.Spaces() { // the bridges that the hash would not give them all
						_, err := g.Bridge("cluster2").AddConference(sim.Conference{Space: space.ID, Participants: 1})
						require.NoError(t, err)
					}
				},
			})
			eventually(t, "all seven conferences are seen to run", func() bool { return len(s.conferences(t)) == 7 })
			for _, o := range s.dial(t, manner{}, user("a"), user("b"), user("c"), roomURI, user("d"), user("e"), user("last")) {
				require.Equal(t, "cluster2", o.bridge, "%s runs there", o.uri)
			}
		})
	}
}

// TestLoadNonsense lets the best bridge report a load that can not be. Its level
// is not known then: a new conference goes to the next, what runs there stays.
// With a true load again all is as before.
func TestLoadNonsense(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{policy: quick, group: sim.Options{Spaces: spaces(room, "other")}})
	b := s.group.Bridge("cluster3")
	for _, text := range []string{"-1", "18446744073709551616000", "1e9", "much"} {
		b.SetLoadText(text)
		s.refreshed(t)
		eventually(t, "the load "+text+" is not believed", func() bool {
			return s.bridge(t, "cluster3").Reach == "stale"
		})
		require.NotEmpty(t, pollErrors(s.edge.bridges(t), "cluster3"), "the edge says what is wrong with %q", text)
		require.Equal(t, "cluster1", s.one(t, roomURI).bridge, "load %q", text)
	}
	id, err := b.AddConference(sim.Conference{Space: roomSpace, Participants: 1})
	require.NoError(t, err)
	s.refreshed(t)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge, "what runs there is joined there")
	require.NoError(t, b.EndConference(id))
	b.SetLoadText("")
	eventually(t, "the load is believed again", func() bool { return s.bridge(t, "cluster3").Reach == "up" })
	s.refreshed(t)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
}

// TestLimitsChange changes the limits of bridges while calls come: each call is
// placed by those that are in force.
func TestLimitsChange(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{group: sim.Options{Spaces: spaces(room, "other")}})
	b := s.group.Bridge("cluster3")
	usual := b.Limits()
	known := func(level int) {
		t.Helper()
		eventually(t, fmt.Sprintf("the level of cluster3 is %d", level), func() bool { return s.bridge(t, "cluster3").Level == level })
	}
	b.SetLoad(1000)
	for _, c := range []struct {
		what   string
		limits sim.Limits
		level  int
		host   string
	}{
		{"the limit falls below the load", sim.Limits{LoadLimit: 1200, NewBP: 5000, ExistingBP: 8000}, 2, "cluster1"},
		{"no limit at all", sim.Limits{NewBP: 5000, ExistingBP: 8000}, 0, "cluster3"},
		{"only the new-conference limit is reached", sim.Limits{LoadLimit: 1900, NewBP: 5000, ExistingBP: 8000}, 1, "cluster1"},
		{"basis points that allow it", sim.Limits{LoadLimit: 1900, NewBP: 9000, ExistingBP: 9500}, 0, "cluster3"},
		{"basis points of 0", sim.Limits{LoadLimit: 100_000}, 2, "cluster1"},
		{"as it was", usual, 0, "cluster3"},
	} {
		b.SetLimits(c.limits)
		known(c.level)
		require.Equal(t, c.host, s.one(t, roomURI).bridge, c.what)
	}
	b.SetLimits(sim.Limits{LoadLimit: 100_000, NewBP: 5000, ExistingBP: 8000, ParticipantLimit: 1})
	_, err := b.AddConference(sim.Conference{Participants: 1, Space: s.group.Spaces()[1].ID})
	require.NoError(t, err)
	eventually(t, "its participant limit is reached", func() bool { return s.bridge(t, "cluster3").Veto == "participant-limit" })
	other := s.one(t, user("other"))
	require.Equal(t, 200, other.status)
	require.NotEqual(t, "cluster3", other.bridge, "not even into what runs there")
}

// TestSpaceRenamed gives a space another URI while its conference runs: callers
// of the new one find it, and the old one is for CMS to refuse.
func TestSpaceRenamed(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{
		policy: []string{"pollInterval: 200ms", "directoryRefresh: 1s"},
		prepare: func(t *testing.T, g *sim.Group) { // not where the pin would have it
			_, err := g.Bridge("cluster2").AddConference(sim.Conference{Space: roomSpace, Participants: 2})
			require.NoError(t, err)
		},
	})
	running := s.start(t, manner{hold: time.Minute}, roomURI)
	require.Equal(t, "cluster2", running.answered(t)[0].bridge)
	require.NoError(t, s.group.UpdateSpace(sim.Space{ID: roomSpace, URI: "hall"}))
	s.reads(t, "coSpaces", 2)
	s.refreshed(t)
	for _, o := range s.dial(t, manner{}, user("hall"), user("HALL"), user("h%61ll")) {
		require.Equal(t, "cluster2", o.bridge, o)
	}
	require.Equal(t, 404, s.one(t, roomURI).status)
}

// conferences are the spaces that the edge sees to run.
func (s *site) conferences(t *testing.T) []string {
	t.Helper()
	status, body := s.edge.get("/api/v1/conferences")
	require.Equal(t, http.StatusOK, status)
	var reply struct{ Conferences []struct{ Space string } }
	require.NoError(t, json.Unmarshal(body, &reply), "%s", body)
	var all []string
	for _, c := range reply.Conferences {
		all = append(all, c.Space)
	}
	return all
}
