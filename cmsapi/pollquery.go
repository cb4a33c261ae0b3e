package cmsapi

import (
	"context"
	"errors"
	"time"
)

const (
	maxQueries   = 3                // questions to one bridge in any second
	queryTimeout = 2 * time.Second  // of one; callers wait for a fraction of it
	queryRest    = 10 * time.Second // for a bridge that could not answer one
)

// queryPace bounds questions to one bridge. It lets a burst through, as callers
// wait, where an even spacing would make them late.
type queryPace struct {
	sent [maxQueries]time.Time // the newest, a ring; when it ended, once it has
	next int
}

// wait returns how long no question may go out.
func (q *queryPace) wait(now time.Time) time.Duration {
	free := q.sent[q.next]
	if free.IsZero() {
		return 0
	}
	return free.Add(window).Sub(now)
}

// went notes that one goes out, and returns what notes that it has ended: it may
// have arrived as late as that.
func (q *queryPace) went(now time.Time) (ended func(time.Time)) {
	slot := &q.sent[q.next]
	*slot = now
	q.next = (q.next + 1) % maxQueries
	return func(at time.Time) { *slot = at }
}

// queryDue returns a question if one waits and may go out.
func (p *Poller) queryDue(now time.Time) (Endpoint, time.Duration) {
	q := p.queries.Load()
	if q == nil || p.inFlight[AskQuery] || !q.ready() {
		return nothing, forever
	}
	rest := time.Duration(p.restUntil.Load() - now.UnixNano())
	if wait := max(rest, p.asking.wait(now)); wait > 0 {
		return nothing, wait
	}
	return AskQuery, 0
}

// queryJob puts the question that waits longest; none if another bridge's poller
// has taken it.
func (p *Poller) queryJob(now time.Time) job {
	q := p.queries.Load()
	n := q.take()
	if n == nil {
		p.budget.unbook(now)
		return job{}
	}
	ended := p.asking.went(now)
	return job{
		endpoint: AskQuery,
		timeout:  queryTimeout,
		fetch: func(ctx context.Context) error {
			u, err := usage{}, errors.New("not asked")
			defer func() { // whatever happens, somebody waits
				if err != nil && !refusesQuestion(err) {
					p.restUntil.Store(time.Now().Add(queryRest).UnixNano())
				}
				q.settle(n, u, err)
			}()
			u, err = p.options.Client.uriUsage(ctx, n.key.tenant, n.key.user)
			return err
		},
		settle: func(o outcome) { ended(o.at) },
	}
}

// answersQueries reports whether questions may be put to this bridge. It is safe
// for concurrent use.
func (p *Poller) answersQueries(now time.Time) bool {
	open, _ := p.gate.wait(now)
	return open && now.UnixNano() >= p.restUntil.Load()
}

// wake has the poller look what is due. It does not wait.
func (p *Poller) wake() {
	select {
	case p.nudged <- struct{}{}:
	default:
	}
}
