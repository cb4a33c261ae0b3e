package app

import "bridgehead/lb"

// callFamilies tell of decisions and of what calls hold.
type callFamilies struct {
	placements, duration      *family
	observed, differed        *family
	held, pending, unreserved *family
	invites, calls            *family
	conferences, split        *family
}

func newCallFamilies(m *metrics) callFamilies {
	return callFamilies{
		placements:  m.counter("placements_total", "Calls that came to a decision, by the group of the chosen bridge (else the first that was asked), how the call ended, and why it went there or nowhere.", "group", "result", "reason"),
		duration:    m.histogram("placement_duration_seconds", "Time from the INVITE to its final answer."),
		observed:    m.counter("observed_calls_total", "Calls delivered as dialled, in policy.mode observe."),
		differed:    m.counter("observed_calls_differing_total", "Observed calls that the rules would have sent elsewhere, or refused."),
		held:        m.gauge("reservations", "Calls that hold a reservation or count as on their way: in setup, or not shown by a reading yet."),
		pending:     m.gauge("conferences_pending", "Conferences into which calls were placed that no reading shows yet."),
		unreserved:  m.counter("placements_unreserved_total", "Calls placed without a reservation because the book was full."),
		invites:     m.gauge("invites_open", "INVITE transactions without a final response."),
		calls:       m.gauge("dialogs", "Calls that are up."),
		conferences: m.gauge("conferences", "Conferences that run on some bridge of the group.", "group"),
		split:       m.gauge("conference_split", "Conferences that run on more than one bridge, which costs distribution links.", "group"),
	}
}

func (f *callFamilies) collect(a *App) {
	topology := a.balancer.Table().Topology()
	for g := range topology.Groups {
		for i, v := range verdicts {
			f.placements.add(float64(a.tally.placements(lb.GroupID(g), i)), topology.Groups[g].Name, v.result, v.reason)
		}
	}
	count, sum, upTo := a.tally.took()
	f.duration.histogram(count, sum, durationBounds, upTo)
	observed, differed := a.tally.observed()
	f.observed.add(float64(observed))
	f.differed.add(float64(differed))

	held := a.balancer.Stats()
	f.held.add(float64(held.Placements))
	f.pending.add(float64(held.Pending))
	f.unreserved.add(float64(held.Unreserved))
	s := a.proxy.Stats()
	f.invites.add(float64(s.OpenInvites))
	f.calls.add(float64(s.Calls))

	running, split := make(map[string]int), make(map[string]int)
	for _, c := range a.balancer.Conferences() {
		last := ""
		for _, share := range c.Bridges {
			if share.Group == last {
				continue
			}
			last = share.Group
			running[last]++
			if c.Spread {
				split[last]++
			}
		}
	}
	for _, g := range topology.Groups {
		f.conferences.add(float64(running[g.Name]), g.Name)
		f.split.add(float64(split[g.Name]), g.Name)
	}
}
