package cmsapi

import (
	"context"
	"time"
)

// callJob asks for the call whose turn it is.
func (p *Poller) callJob(now time.Time, k rank) job {
	c := p.roster.pop(k, now)
	id := c.id // c is the poller's own: a page of the list may come while fetch runs
	var read callDetails
	return job{
		endpoint: AskCall,
		timeout:  p.timeout,
		fetch: func(ctx context.Context) (err error) {
			read, err = p.options.Client.call(ctx, id)
			return err
		},
		settle: func(o outcome) {
			switch KindOf(o.err) {
			case None:
				p.roster.learn(c, read, o.began)
			case Gone:
				p.roster.dropped(c)
			default:
				p.roster.retry(c, o.began)
			}
			p.reportCalls(o.at)
		},
	}
}
