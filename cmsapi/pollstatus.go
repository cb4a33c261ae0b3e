package cmsapi

import (
	"context"
	"time"

	"bridgehead/lb"
)

// statusJob asks for the number of participants, and the version for people.
func (p *Poller) statusJob(now time.Time) job {
	p.upkeep[1] = p.upkeepAfter(now, limitsEvery)
	var read SystemStatus
	return job{
		endpoint: AskStatus,
		timeout:  p.timeout,
		fetch: func(ctx context.Context) (err error) {
			read, err = p.options.Client.Status(ctx)
			return err
		},
		settle: func(o outcome) {
			if o.err == nil {
				p.health.setSystem(read, o.at)
			}
			p.report(o, lb.Reading{Endpoint: lb.ReadStatus, Participants: read.CallLegsActive})
		},
	}
}
