package cmsapi

import (
	"context"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
)

// callsJob asks for the next page of the list of calls, the first of a new walk
// where none is under way.
func (p *Poller) callsJob(now time.Time) job {
	if !p.roster.walking {
		p.roster.startWalk(p.nextWalk, now)
		p.nextWalk = p.nextWalk.Add(p.options.Interval)
		if p.nextWalk.Before(now) {
			p.nextWalk = now
		}
	}
	var read page[listedCall]
	offset := p.roster.walk.offset
	return job{
		endpoint: AskCalls,
		timeout:  p.timeout,
		fetch: func(ctx context.Context) (err error) {
			read, err = p.options.Client.calls(ctx, offset)
			return err
		},
		settle: func(o outcome) { p.settleCalls(o, read) },
	}
}

// settleCalls takes in a page. The list counts as read when its last page is; it
// is as old as its first. New calls on a page before are told at once, as an
// addition to the list that was complete before.
func (p *Poller) settleCalls(o outcome, read page[listedCall]) {
	r := &p.roster
	r.took += o.at.Sub(o.began)
	if o.err != nil {
		began := r.walkBegan
		r.walking = false
		p.nextWalk = later(p.nextWalk, o.began.Add(p.options.Interval))
		o.began = began
		p.report(o, lb.Reading{Endpoint: lb.ReadCalls})
		return
	}
	if more := r.addPage(read, o.at); !more {
		r.endWalk(o.at)
		p.health.setCalls(len(r.calls))
		p.judgePace(o.at)
	}
	p.reportCalls(o.at)
}

// reportCalls reports the list if anything in it has changed or was confirmed.
func (p *Poller) reportCalls(at time.Time) {
	r := &p.roster
	if !r.changed {
		return
	}
	r.changed = false
	p.options.Reporter.Report(lb.Reading{
		Bridge: p.options.Bridge, Endpoint: lb.ReadCalls,
		BeganAt: r.listedAt, At: at, Conferences: r.conferences(),
	})
}

// judgePace warns, once, when it is the budget that makes the list of calls old,
// and when there are more calls than are kept.
func (p *Poller) judgePace(at time.Time) {
	r := &p.roster
	behind := at.Sub(r.walkDue)
	if p.warned || behind <= 2*p.options.Interval && !r.truncated {
		return
	}
	if r.truncated {
		p.warned = true
		p.log.Warn("the bridge lists more calls than are kept; conferences may be taken for not running", zap.Int("kept", maxCalls))
	} else if r.took < behind/2 {
		p.warned = true
		p.log.Warn("the API budget is too small to read the list of calls at every poll; raise policy.apiBudget or policy.pollInterval",
			zap.Int("calls", len(r.calls)), zap.Duration("took", behind), zap.Duration("pollInterval", p.options.Interval),
			zap.Int("apiBudget", p.options.Budget))
	}
}

// later returns the later of a and b.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
