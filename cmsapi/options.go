package cmsapi

import (
	"errors"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
)

// Reporter takes what pollers read. Report is called from several pollers'
// goroutines and must not block; *lb.Balancer is one.
type Reporter interface {
	Report(lb.Reading)
}

// PollerOptions say what a [Poller] asks and how often.
type PollerOptions struct {
	// Client asks the bridge. Required; its timeouts should not be below
	// Interval.
	Client *Client
	// Bridge is the bridge's number in the readings.
	Bridge lb.BridgeID
	// Reporter gets every result, failures included. Required.
	Reporter Reporter
	// Interval is the time between two readings of load, 100 ms to 60 s;
	// default 1 s. Calls are read as often where the budget allows it.
	Interval time.Duration
	// Budget is the most requests sent to the bridge in any second, from 1;
	// default 10.
	Budget int
	// MaxPerConference is the number of local participants that a bridge takes
	// for one conference; a call that nears it is read more often. Default 450.
	MaxPerConference int
	// Stagger is this poller's share, 0 to 1, of half an interval by which its
	// second poll is put off, so that the pollers of a group do not ask in step.
	// The first poll is always at once.
	Stagger float64
	// LoadLimitKnown says that the configuration gives the bridge's loadLimit,
	// so that none being set on the bridge is nothing to warn of.
	LoadLimitKnown bool
	// Logger gets changes of state, never single failures; nil logs nothing.
	Logger *zap.Logger
}

// withDefaults fills zero values and refuses what cannot work.
func (o PollerOptions) withDefaults() (PollerOptions, error) {
	if o.Client == nil || o.Reporter == nil {
		return o, errors.New("cmsapi: a poller needs a client and a reporter")
	}
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.Interval < 100*time.Millisecond || o.Interval > time.Minute {
		return o, errors.New("cmsapi: a poll interval is 100ms to 60s")
	}
	if o.Budget == 0 {
		o.Budget = 10
	}
	if o.Budget < 0 {
		return o, errors.New("cmsapi: an API budget is at least 1 request a second")
	}
	if o.MaxPerConference <= 0 {
		o.MaxPerConference = 450
	}
	if o.Stagger < 0 || o.Stagger > 1 {
		return o, errors.New("cmsapi: a stagger is 0 to 1")
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return o, nil
}
