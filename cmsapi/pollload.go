package cmsapi

import (
	"context"
	"time"

	"bridgehead/lb"
)

// loadJob asks for the load. The next one is due on the beat of the interval,
// however long this one takes; beats that were slept through are left out.
func (p *Poller) loadJob(now time.Time) job {
	if p.lastLoad.IsZero() {
		p.nextLoad = now.Add(p.options.Interval + p.phase())
	}
	for !p.nextLoad.After(now) {
		p.nextLoad = p.nextLoad.Add(p.options.Interval)
	}
	p.lastLoad = now
	var load int
	return job{
		endpoint: AskLoad,
		timeout:  p.timeout,
		fetch: func(ctx context.Context) (err error) {
			load, err = p.options.Client.Load(ctx)
			return err
		},
		settle: func(o outcome) {
			p.report(o, lb.Reading{Endpoint: lb.ReadLoad, Load: load})
		},
	}
}

// report hands a reading to lb; a failed one carries its error.
func (p *Poller) report(o outcome, r lb.Reading) {
	r.Bridge, r.BeganAt, r.At, r.Err = p.options.Bridge, o.began, o.at, o.err
	p.options.Reporter.Report(r)
}
