package cmsapi

import (
	"time"

	"bridgehead/lb"
)

// Status is what a [Poller] knows of its bridge's API, for the admin API and for
// metrics. It is a copy; nothing in it changes any more.
type Status struct {
	// Bridge is the bridge's name, API the address of its API.
	Bridge string
	API    string
	// Polled says that load was asked for at least once and the result, good or
	// not, is known.
	Polled bool
	// Held says why nothing but load is asked: "" where all is asked.
	Held string
	// SoftwareVersion and StartedAt tell of the bridge itself, as it last said;
	// empty and zero while unknown.
	SoftwareVersion string
	StartedAt       time.Time
	// UniqueName is what the bridge calls itself, empty where it is not
	// clustered or unknown.
	UniqueName string
	// Limits are the limits last read, valid once the limits endpoint has a
	// LastGood.
	Limits lb.Limits
	// Calls is the number of calls listed last.
	Calls int
	// Requests counts the requests sent since the start, LastSecond those of the
	// last second, PeakSecond the most in any second so far; Budget is how many a
	// second may have.
	Requests                       uint64
	LastSecond, PeakSecond, Budget int
	// Endpoints are in the order of [Endpoints].
	Endpoints []EndpointStatus
}

// EndpointStatus is how one kind of request fares.
type EndpointStatus struct {
	Endpoint Endpoint
	// LastTry and LastGood are when the newest request, and the newest one with
	// a good answer, ended; zero for never.
	LastTry, LastGood time.Time
	// Latency is how long the newest good answer took.
	Latency time.Duration
	// Kind is None after a good answer, else why the newest request failed;
	// Error is its text, and FailingSince when failing began.
	Kind         Kind
	Error        string
	FailingSince time.Time
	// Good and Failed count requests by result; Failures splits Failed by kind.
	Good, Failed uint64
	Failures     map[Kind]uint64
}

// Failing reports whether the newest request failed.
func (s EndpointStatus) Failing() bool { return s.Kind != None }

// Status returns what is known now. It does not block on the network and is safe
// for concurrent use.
func (p *Poller) Status() Status {
	s := Status{
		Bridge:   p.options.Client.Name(),
		API:      p.options.Client.URL(),
		Held:     p.gate.held(time.Now()),
		Requests: p.budget.spent.Load(),
		Budget:   p.options.Budget,
	}
	s.LastSecond, s.PeakSecond = p.budget.inUse(time.Now())
	p.health.fill(&s)
	return s
}
