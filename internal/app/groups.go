package app

import (
	"slices"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// Groups returns every group as it stands now, for the admin API.
func (a *App) Groups() []admin.Group {
	bridges, conferences := a.Bridges(), a.balancer.Conferences()
	out := make([]admin.Group, 0, len(a.cfg.Groups))
	for i, g := range a.cfg.Groups {
		v := admin.Group{Name: g.Name, Routes: a.routesTo(g.Name), Directory: a.directory(i)}
		limited := true
		var newLimit, existingLimit int64
		for _, b := range bridges {
			if b.Group != g.Name {
				continue
			}
			v.Bridges = append(v.Bridges, b.Name)
			v.Load += b.Load
			v.Reserved += b.Reserved
			v.Effective += b.Effective
			v.Participants += b.Participants
			limited = limited && b.LoadLimit > 0
			newLimit += b.NewLimit
			existingLimit += b.ExistingLimit
			if b.InService {
				v.InService++
			}
			if b.Veto == lb.Free.String() {
				v.Open++
			}
		}
		if limited {
			v.NewLimit, v.ExistingLimit = &newLimit, &existingLimit
		}
		for _, c := range conferences {
			if slices.ContainsFunc(c.Bridges, func(s lb.ConferenceShare) bool { return s.Group == g.Name }) {
				v.Conferences++
				if c.Spread {
					v.Spread++
				}
			}
		}
		out = append(out, v)
	}
	return out
}

// routesTo returns the domains that lead to a group.
func (a *App) routesTo(group string) []string {
	domains := []string{}
	for _, r := range a.cfg.Routes {
		if slices.ContainsFunc(r.Groups, func(g string) bool { return g == group }) {
			domains = append(domains, r.Domains...)
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// directory tells of the directory of group i.
func (a *App) directory(i int) admin.Directory {
	s := a.cms.directories[i].Status()
	v := admin.Directory{
		URIs: s.URIs, Spaces: s.Spaces, Detailed: s.Detailed, Users: s.Users, IVRs: s.IVRs,
		Rules: s.InboundRules + s.ForwardingRules, PlanRead: s.PlanRead,
		Source: s.Source, Took: s.Took.Seconds(), Error: s.Error,
	}
	if !s.LastFull.IsZero() {
		v.LastFull = &s.LastFull
	}
	return v
}

// Observation compares what was decided with where calls went, for the admin
// API.
func (a *App) Observation() admin.Observation {
	v := admin.Observation{Mode: a.cfg.Policy.Mode, Since: a.started}
	v.Decisions, v.Differed = a.tally.observed()
	if v.Decisions > 0 {
		v.Share = float64(v.Differed) / float64(v.Decisions)
	}
	return v
}
