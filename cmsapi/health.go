package cmsapi

import (
	"maps"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"bridgehead/lb"
)

// A flapping endpoint logs that many changes at once, then one as often.
const (
	logBurst = 6
	logEvery = 15 * time.Second
)

// health is what people are told about a bridge's API: log lines when the state
// of an endpoint changes, and figures for the snapshot. The poller's goroutine
// writes it, anybody reads it.
type health struct {
	log   *zap.Logger
	told  [endpoints]Kind // what the log said last; unsaid at first
	lines [endpoints]*rate.Limiter
	since [endpoints]time.Time // when what the log calls a failure began

	mu        sync.Mutex
	endpoints [endpoints]EndpointStatus
	version   string
	startedAt time.Time
	name      string
	limits    lb.Limits
	limited   bool // limits are known
	calls     int
}

// unsaid is the kind that the log knows of an endpoint before its first line.
const unsaid = Kind(kinds)

func newHealth(log *zap.Logger) *health {
	h := &health{log: log}
	for _, e := range Endpoints() {
		h.lines[e] = rate.NewLimiter(rate.Every(logEvery), logBurst)
	}
	h.told[AskLoad] = unsaid // its first answer is news; of the others, a failure alone
	return h
}

// note takes in the result of a request.
func (h *health) note(o outcome, kind Kind) {
	h.mu.Lock()
	s := &h.endpoints[o.endpoint]
	s.LastTry = o.at
	if kind == None {
		s.LastGood, s.Latency = o.at, o.at.Sub(o.began)
		s.Error, s.FailingSince = "", time.Time{}
		s.Good++
	} else {
		s.Error = o.err.Error()
		if s.Kind == None {
			s.FailingSince = o.began
		}
		s.Failed++
		if s.Failures == nil {
			s.Failures = make(map[Kind]uint64)
		}
		s.Failures[kind]++
	}
	s.Kind = kind
	h.mu.Unlock()
	h.tell(o, kind)
}

// tell logs a result if it is another than what the log said last: a bridge that
// stays away fills no log, nor does one that comes and goes.
func (h *health) tell(o outcome, kind Kind) {
	e := o.endpoint
	was := h.told[e]
	if kind == was || !h.lines[e].AllowN(o.at, 1) {
		return
	}
	h.told[e] = kind
	switch {
	case kind != None:
		if was == None || was == unsaid {
			h.since[e] = o.began
		}
		h.log.Warn("the bridge's API fails", zap.Stringer("endpoint", e), zap.Stringer("kind", kind), zap.String("error", o.err.Error()))
	case was == unsaid:
		h.log.Info("the bridge's API answers", zap.Duration("latency", o.at.Sub(o.began)))
	default:
		h.log.Info("the bridge's API answers again", zap.Stringer("endpoint", e), zap.Duration("after", o.at.Sub(h.since[e])))
	}
}

// trouble is the error of the first endpoint that fails, "" if none does.
func (h *health) trouble() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.endpoints {
		if h.endpoints[i].Kind != None {
			return h.endpoints[i].Error
		}
	}
	return ""
}

// setSystem keeps what system/status says, and tells of a restart. Uptime comes
// in whole seconds and clocks drift, so a start is a new one only if it is later
// by more than that.
func (h *health) setSystem(s SystemStatus, at time.Time) {
	const slack = 10 * time.Second
	h.mu.Lock()
	oldVersion, oldStart := h.version, h.startedAt
	restarted := s.Uptime > 0 && !oldStart.IsZero() && at.Add(-s.Uptime).Sub(oldStart) > slack
	if s.Uptime > 0 && (oldStart.IsZero() || restarted) {
		h.startedAt = at.Add(-s.Uptime)
	}
	h.version = s.SoftwareVersion
	h.mu.Unlock()
	if s.SoftwareVersion != oldVersion || restarted {
		h.log.Info("the bridge tells of itself", zap.String("version", s.SoftwareVersion),
			zap.Duration("uptime", s.Uptime), zap.Bool("restarted", restarted))
	}
}

// setLimits keeps limits and the bridge's own name, and returns those before.
func (h *health) setLimits(name string, l lb.Limits) (known bool, old lb.Limits) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known, old = h.limited, h.limits
	h.name, h.limits, h.limited = name, l, true
	return known, old
}

// knowsLimits reports whether limits were read once.
func (h *health) knowsLimits() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limited
}

// setCalls keeps the number of calls.
func (h *health) setCalls(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = n
}

// fill copies everything into s.
func (h *health) fill(s *Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.SoftwareVersion, s.StartedAt, s.UniqueName = h.version, h.startedAt, h.name
	s.Limits, s.Calls = h.limits, h.calls
	s.Polled = !h.endpoints[AskLoad].LastTry.IsZero()
	s.Endpoints = make([]EndpointStatus, 0, endpoints)
	for _, e := range Endpoints() {
		status := h.endpoints[e]
		status.Endpoint, status.Failures = e, maps.Clone(status.Failures)
		s.Endpoints = append(s.Endpoints, status)
	}
}
