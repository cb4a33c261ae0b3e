package app

import (
	"cmp"
	"slices"
	"strings"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// Conferences returns every conference that runs on some bridge by that bridge's
// own list: those on several bridges first, then by participants.
func (a *App) Conferences() []admin.Conference {
	table := a.balancer.Table()
	topology := table.Topology()
	found := make(map[string]*admin.Conference)
	for i := range topology.Bridges {
		b := &topology.Bridges[i]
		here := make(map[string]int) // place of this bridge among those of a conference
		for _, call := range table.Conferences(b.ID) {
			if call.Space == "" || !call.Running() {
				continue
			}
			c := found[call.Space]
			if c == nil {
				c = &admin.Conference{Space: call.Space}
				found[call.Space] = c
			}
			at, ok := here[call.Space]
			if !ok {
				at = len(c.Bridges)
				here[call.Space] = at
				c.Bridges = append(c.Bridges, admin.ConferenceShare{Bridge: b.Name, Group: topology.Groups[b.Group].Name})
			}
			count(c, &c.Bridges[at], &call)
		}
	}
	out := make([]admin.Conference, 0, len(found))
	for _, c := range found {
		c.Spread = len(c.Bridges) > 1
		out = append(out, *c)
	}
	slices.SortFunc(out, func(x, y admin.Conference) int {
		if x.Spread != y.Spread {
			if x.Spread {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(y.Participants, x.Participants), strings.Compare(x.Space, y.Space))
	})
	return out
}

// count adds one call object of a space to the conference and its share. CMS may
// list several call objects of one space.
func count(c *admin.Conference, share *admin.ConferenceShare, call *lb.Conference) {
	if call.DetailsAt.IsZero() {
		return
	}
	local := call.Local
	if share.Participants != nil {
		local += *share.Participants
	}
	share.Participants = &local
	c.Participants += call.Local
}
