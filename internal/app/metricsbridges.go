package app

import (
	"math"
	"time"

	"bridgehead/cmsapi"
	"bridgehead/lb"
)

// bridgeFamilies tell of each bridge, its API, and the directory of each group.
// What a bridge does not have, such as a limit, is +Inf: a share of it is then 0,
// and an age of +Inf is older than any alert allows.
type bridgeFamilies struct {
	up, state, reach, level             *family
	load, reservations, limit           *family
	calls, callLimit, conferences       *family
	age, requests, duration, held       *family
	optionsRTT                          *family
	budget, lastSecond                  *family
	spaces, detailed, objects           *family
	queries, waiting, cached            *family
	uris, directoryAge, directoryLength *family
}

func newBridgeFamilies(m *metrics) bridgeFamilies {
	return bridgeFamilies{
		up:              m.gauge("bridge_up", "1 if the bridge takes calls or is merely full.", "group", "bridge"),
		state:           m.gauge("bridge_state", "1 for the state that an operator put the bridge into.", "group", "bridge", "state"),
		reach:           m.gauge("bridge_reach", "1 for what is known of the bridge's API and SIP side together.", "group", "bridge", "reach"),
		level:           m.gauge("bridge_level", "Load level: 0 below the new-conference limit, 1 between, 2 from the existing-conference limit on.", "group", "bridge"),
		load:            m.gauge("bridge_load", "Last mediaProcessingLoad in CMS load units.", "group", "bridge"),
		reservations:    m.gauge("bridge_reservations", "Load units promised to calls that the bridge's load does not show yet.", "group", "bridge"),
		limit:           m.gauge("bridge_load_limit", "Load limits in CMS load units: of the bridge, for new and for existing conferences; +Inf where none is set.", "group", "bridge", "kind"),
		calls:           m.gauge("bridge_calls", "Active call legs as the bridge counts them.", "group", "bridge"),
		callLimit:       m.gauge("bridge_calls_limit", "participantLimit of the bridge; +Inf where none is set.", "group", "bridge"),
		conferences:     m.gauge("bridge_conferences", "Conferences that run on the bridge by its own list.", "group", "bridge"),
		age:             m.gauge("bridge_data_age_seconds", "Age of the last good reading; +Inf before the first.", "group", "bridge", "endpoint"),
		requests:        m.counter("bridge_api_requests_total", "Requests to the bridge's API, by what was asked and what came of it.", "group", "bridge", "endpoint", "result"),
		duration:        m.gauge("bridge_api_request_duration_seconds", "How long the newest good answer of the API took; 0 before the first.", "group", "bridge", "endpoint"),
		optionsRTT:      m.gauge("bridge_options_rtt_seconds", "How long the bridge took to answer the newest SIP OPTIONS that it answered; 0 before the first.", "group", "bridge"),
		held:            m.gauge("bridge_api_held", "1 while nothing but load is asked of the API, because it failed or asked to be left alone.", "group", "bridge"),
		budget:          m.gauge("bridge_api_requests_per_second_limit", "Most requests that the edge sends to the API of one bridge in any second."),
		lastSecond:      m.gauge("bridge_api_requests_per_second", "Requests sent to the bridge's API within the last second.", "group", "bridge"),
		spaces:          m.gauge("directory_spaces", "Spaces that the directory of the group knows.", "group"),
		detailed:        m.gauge("directory_spaces_detailed", "Spaces whose secondaryUri and access methods were read.", "group"),
		objects:         m.gauge("directory_objects", "What else the directory knows, by kind.", "group", "kind"),
		queries:         m.counter("uri_queries_total", "Questions to a bridge about a dialled URI that the directory does not know, and calls that asked one, by what became of them.", "group", "result"),
		waiting:         m.gauge("uri_queries_waiting", "Questions about URIs that wait or are under way.", "group"),
		cached:          m.gauge("uri_queries_cached", "Answers about URIs that are kept.", "group"),
		uris:            m.gauge("directory_uris", "User parts that the directory of the group knows.", "group"),
		directoryAge:    m.gauge("directory_age_seconds", "Time since the newest whole pass over the spaces of the group; +Inf before the first.", "group"),
		directoryLength: m.gauge("directory_pass_duration_seconds", "How long that pass took.", "group"),
	}
}

// adminStates and reaches are the values of two labels.
var (
	adminStates = []lb.AdminState{lb.Ready, lb.Drain, lb.DrainStrict, lb.Maintenance}
	reaches     = []lb.Reach{lb.ReachUp, lb.ReachStale, lb.ReachDark, lb.ReachBlind, lb.ReachSuspect, lb.ReachDown}
)

func (f *bridgeFamilies) collect(a *App, now time.Time) {
	for i, v := range a.balancer.Bridges(now) {
		f.up.flag(inService(v), v.Group, v.Name)
		for _, s := range adminStates {
			f.state.flag(v.State == s.String(), v.Group, v.Name, s.String())
		}
		for _, r := range reaches {
			f.reach.flag(v.Reach == r.String(), v.Group, v.Name, r.String())
		}
		f.level.add(float64(v.Level), v.Group, v.Name)
		f.optionsRTT.add(a.proxy.OptionsRTT(lb.BridgeID(i)).Seconds(), v.Group, v.Name)
		f.load.add(float64(v.Load), v.Group, v.Name)
		f.reservations.add(float64(v.Reserved), v.Group, v.Name)
		limited := v.LoadLimit > 0
		f.limit.add(orInfinite(int64(v.LoadLimit), limited), v.Group, v.Name, "total")
		f.limit.add(orInfinite(v.NewLimit, limited), v.Group, v.Name, "new")
		f.limit.add(orInfinite(v.ExistingLimit, limited), v.Group, v.Name, "existing")
		f.calls.add(float64(v.Participants), v.Group, v.Name)
		f.callLimit.add(orInfinite(int64(v.ParticipantLimit), v.ParticipantLimit > 0), v.Group, v.Name)
		f.conferences.add(float64(v.Conferences), v.Group, v.Name)
		for _, p := range v.Polls {
			age := math.Inf(1)
			if p.Age != nil {
				age = *p.Age
			}
			f.age.add(age, v.Group, v.Name, p.Endpoint)
		}
		f.api(v, a.cms.pollers[i].Status())
	}
	f.budget.add(float64(a.cfg.Policy.APIBudget))
	for i, g := range a.cfg.Groups {
		s := a.cms.directories[i].Status()
		f.uris.add(float64(s.URIs), g.Name)
		age := math.Inf(1)
		if !s.LastFull.IsZero() {
			age = now.Sub(s.LastFull).Seconds()
		}
		f.directoryAge.add(age, g.Name)
		f.spaces.add(float64(s.Spaces), g.Name)
		f.detailed.add(float64(s.Detailed), g.Name)
		f.objects.add(float64(s.Users), g.Name, "user")
		f.objects.add(float64(s.IVRs), g.Name, "ivr")
		f.objects.add(float64(s.InboundRules), g.Name, "inbound_rule")
		f.objects.add(float64(s.ForwardingRules), g.Name, "forwarding_rule")
		q := s.Queries
		for _, x := range []struct {
			result string
			count  uint64
		}{
			{"found", q.Found}, {"empty", q.Empty}, {"failed", q.Failed}, {"expired", q.Expired},
			{"coalesced", q.Coalesced}, {"cached", q.Negative}, {"refused", q.Refused},
		} {
			f.queries.add(float64(x.count), g.Name, x.result)
		}
		f.waiting.add(float64(q.Waiting), g.Name)
		f.cached.add(float64(q.Cached), g.Name)
		f.directoryLength.add(s.Took.Seconds(), g.Name)
	}
}

// api tells what was asked of one bridge's API.
func (f *bridgeFamilies) api(v lb.BridgeView, s cmsapi.Status) {
	f.lastSecond.add(float64(s.LastSecond), v.Group, v.Name)
	f.held.flag(s.Held != "", v.Group, v.Name)
	for _, e := range s.Endpoints {
		name := e.Endpoint.String()
		f.requests.add(float64(e.Good), v.Group, v.Name, name, cmsapi.None.String())
		for _, k := range cmsapi.Kinds() {
			f.requests.add(float64(e.Failures[k]), v.Group, v.Name, name, k.String())
		}
		f.duration.add(e.Latency.Seconds(), v.Group, v.Name, name)
	}
}

func orInfinite(n int64, known bool) float64 {
	if !known {
		return math.Inf(1)
	}
	return float64(n)
}
