package app

import (
	"fmt"
	"slices"
	"time"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// Bridges returns every bridge as it stands now, for the admin API.
func (a *App) Bridges() []admin.Bridge {
	views := a.balancer.Bridges(time.Now())
	out := make([]admin.Bridge, 0, len(views))
	i := 0
	for _, g := range a.cfg.Groups {
		for _, b := range g.CallBridges {
			out = append(out, admin.Bridge{BridgeView: views[i], SIPAddress: b.SIP.String(), API: b.API})
			i++
		}
	}
	return out
}

// Decisions returns at most limit recorded decisions, newest first.
func (a *App) Decisions(limit int) []admin.Decision {
	records := a.recorder.Snapshot(limit)
	table := a.balancer.Table()
	out := make([]admin.Decision, 0, len(records))
	for i := range records {
		r := &records[i]
		out = append(out, admin.Decision{
			DecisionView: r.View(table), Status: r.Result.Status, Took: r.Result.Took.Seconds(),
		})
	}
	return out
}

// Ready reports whether the edge can do its work: every bridge was polled
// once, whatever the result, and some route has a bridge that is in service.
// A bridge that is merely full is in service: its refusal is an answer.
func (a *App) Ready() (bool, []string) {
	views := a.balancer.Bridges(time.Now())
	var reasons []string
	for _, v := range views {
		if !polled(v) {
			reasons = append(reasons, "bridge "+v.Name+" was not polled yet")
		}
	}
	if !slices.ContainsFunc(views, inService) {
		reasons = append(reasons, "no route can take calls: no bridge is in service")
		for _, v := range views {
			reasons = append(reasons, fmt.Sprintf("bridge %s: %s", v.Name, v.Veto))
		}
	}
	return len(reasons) == 0, reasons
}

// polled reports that one poll of a bridge's load ended, well or badly.
func polled(v lb.BridgeView) bool {
	return slices.ContainsFunc(v.Polls, func(p lb.PollView) bool {
		return p.Endpoint == lb.ReadLoad.String() && (p.Age != nil || p.Failures > 0)
	})
}

// inService reports that a bridge is vetoed for nothing, or only for load or
// limits.
func inService(v lb.BridgeView) bool {
	for veto := lb.Free; veto <= lb.VetoTried; veto++ {
		if veto.String() == v.Veto {
			return veto == lb.Free || veto.Limit()
		}
	}
	return false
}

// readLimits is the loadLimit of every bridge that was read, by name.
func (a *App) readLimits() map[string]int {
	out := make(map[string]int)
	for _, v := range a.balancer.Bridges(time.Now()) {
		read := slices.ContainsFunc(v.Polls, func(p lb.PollView) bool {
			return p.Endpoint == lb.ReadLimits.String() && p.Age != nil
		})
		if read && v.LoadLimit > 0 {
			out[v.Name] = v.LoadLimit
		}
	}
	return out
}
