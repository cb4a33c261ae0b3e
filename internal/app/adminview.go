package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bridgehead/internal/admin"
	"bridgehead/lb"
	"bridgehead/sip"
)

// Bridges returns every bridge as it stands now, for the admin API.
func (a *App) Bridges() []admin.Bridge {
	views := a.balancer.Bridges(time.Now())
	out := make([]admin.Bridge, 0, len(views))
	for i := range views {
		out = append(out, a.bridgeView(views[i], lb.BridgeID(i)))
	}
	return out
}

// bridge returns one bridge as it stands now.
func (a *App) bridge(id lb.BridgeID) admin.Bridge {
	return a.bridgeView(a.balancer.Bridges(time.Now())[id], id)
}

func (a *App) bridgeView(v lb.BridgeView, id lb.BridgeID) admin.Bridge {
	b := a.bridges[id]
	out := admin.Bridge{BridgeView: v, SIPAddress: b.SIP.String(), API: b.API, InService: inService(v)}
	if since, ok := a.states.since(v.Name); ok {
		out.StateSince = &since
	}
	return out
}

// Conferences returns every conference that runs, those on several bridges first.
func (a *App) Conferences() []lb.ConferenceView { return a.balancer.Conferences() }

// Decisions returns at most limit recorded decisions, newest first.
func (a *App) Decisions(limit int) []admin.Decision {
	records := a.recorder.Snapshot(limit)
	table := a.balancer.Table()
	out := make([]admin.Decision, 0, len(records))
	for i := range records {
		out = append(out, decisionView(&records[i], table))
	}
	return out
}

func decisionView(r *lb.Record, t *lb.Table) admin.Decision {
	return admin.Decision{DecisionView: r.View(t), Status: r.Result.Status, Took: r.Result.Took.Seconds()}
}

// Decision returns the account of one recorded decision.
func (a *App) Decision(id uint64) (admin.Account, bool) {
	var r lb.Record
	if !a.recorder.Get(id, &r) {
		return admin.Account{}, false
	}
	table := a.balancer.Table()
	return admin.Account{
		Decision:    decisionView(&r, table),
		Explanation: string(r.AppendExplanation(nil, table)),
		CMSLog:      string(r.AppendLog(nil, table)),
	}, true
}

// Explain decides about a call that nobody makes, from what the running edge
// knows now. Like a call, it may wait a moment for what a URI is.
func (a *App) Explain(ctx context.Context, q admin.Question) (admin.Explanation, error) {
	question := sip.Question{To: q.To, From: q.From, Landing: q.Landing, SDP: []byte(q.SDP)}
	a.learn(ctx, question)
	now, table := time.Now(), a.balancer.Table()
	var d lb.Decision
	if err := a.proxy.Explain(question, now, &d); err != nil {
		return admin.Explanation{}, err
	}
	return admin.Explanation{
		DecisionView: d.View(table),
		Explanation:  string(d.AppendExplanation(nil, table)),
		CMSLog:       string(d.AppendLog(nil, table)),
		Bridges:      a.balancer.Bridges(now),
	}, nil
}

// Ready reports whether the edge can do its work: every bridge was polled
// once, whatever the result, and some route has a bridge that is in service.
// A bridge that is merely full is in service: its refusal is an answer.
func (a *App) Ready() (bool, []string) {
	views := a.balancer.Bridges(time.Now())
	var reasons []string
	if a.proxy.Draining() {
		reasons = append(reasons, "this edge is shutting down")
	}
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
