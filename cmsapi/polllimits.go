package cmsapi

import (
	"context"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
)

// upkeepAfter is when limits, or status, are due again: a little before so many
// polls, so that waiting for the budget does not make it one more.
func (p *Poller) upkeepAfter(now time.Time, polls int) time.Time {
	return now.Add(time.Duration(polls)*p.options.Interval - p.options.Interval/4)
}

// limitsJob asks for the bridge's own limits.
func (p *Poller) limitsJob(now time.Time) job {
	p.upkeep[0] = p.upkeepAfter(now, limitsEvery)
	var read ClusterConfiguration
	return job{
		endpoint: AskLimits,
		timeout:  p.timeout,
		fetch: func(ctx context.Context) (err error) {
			read, err = p.options.Client.Cluster(ctx)
			return err
		},
		settle: func(o outcome) {
			r := lb.Reading{Endpoint: lb.ReadLimits}
			if o.err == nil {
				r.Limits = read.limits()
				p.noteLimits(read, r.Limits)
			} else if !p.health.knowsLimits() {
				p.withoutLimits(o.at)
			}
			p.report(o, r)
		},
	}
}

// withoutLimits has the first limits asked for again soon after a failure, since a
// bridge never counts as full without them; each time less soon, so that calls are
// read even where limits never come.
func (p *Poller) withoutLimits(now time.Time) {
	p.limitsMissed = min(p.limitsMissed+1, limitsEvery)
	p.upkeep[0] = p.upkeepAfter(now, p.limitsMissed)
}

// limits is c as lb takes it.
func (c ClusterConfiguration) limits() lb.Limits {
	l := lb.NoLimits()
	for _, f := range []struct {
		to   *int
		from *int
	}{
		{&l.LoadLimit, c.LoadLimit},
		{&l.NewBasisPoints, c.NewConferenceBasisPoints},
		{&l.ExistingBasisPoints, c.ExistingConferenceBasisPoints},
		{&l.ParticipantLimit, c.ParticipantLimit},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return l
}

// noteLimits keeps limits for the snapshot and tells when they change, and when
// there is no load limit: the bridge would then never count as full.
func (p *Poller) noteLimits(c ClusterConfiguration, l lb.Limits) {
	known, old := p.health.setLimits(c.UniqueName, l)
	if known && old == l {
		return
	}
	if l.LoadLimit == 0 && !p.options.LoadLimitKnown {
		p.log.Warn("the bridge has no loadLimit, so it never counts as full: set loadLimit on it, or for it in the configuration")
	}
	if known {
		p.log.Info("the bridge's limits have changed",
			zap.Int("loadLimit", l.LoadLimit), zap.Int("newBasisPoints", l.NewBasisPoints),
			zap.Int("existingBasisPoints", l.ExistingBasisPoints), zap.Int("participantLimit", l.ParticipantLimit))
	}
}
