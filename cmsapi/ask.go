package cmsapi

import (
	"context"
	"errors"
	"time"
)

// errHeld answers a request for which the bridge is not asked now.
var errHeld = errors.New("only load is asked of this bridge now")

// ask is a request of the directory, which waits for its turn in the poller's
// budget.
type ask struct {
	endpoint Endpoint
	fetch    func(ctx context.Context) error
	done     chan error // room for one
}

const maxQueued = 16

// do runs fetch as a request of the directory when its turn comes. It blocks until
// then, ctx ends, or it is clear that the bridge is not asked now (errHeld).
// After an end by ctx, fetch may still run.
func (p *Poller) do(ctx context.Context, e Endpoint, fetch func(ctx context.Context) error) error {
	a := &ask{endpoint: e, fetch: fetch, done: make(chan error, 1)}
	select {
	case p.asks <- a:
	case <-p.ended:
		return errHeld
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.done:
		return err
	case <-p.ended:
		return errHeld
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enqueue takes a in, if it has any prospect.
func (p *Poller) enqueue(a *ask) {
	if open, _ := p.gate.wait(time.Now()); !open || len(p.queued) >= maxQueued {
		a.done <- errHeld
		return
	}
	p.queued = append(p.queued, a)
}

// rest drops what cannot go on while the bridge is held: requests that wait are
// answered, so that the directory turns to another bridge, and the list of calls
// is begun anew afterwards.
func (p *Poller) rest(now time.Time) {
	if open, _ := p.gate.wait(now); open {
		return
	}
	for _, a := range p.queued {
		a.done <- errHeld
	}
	p.queued = nil
	if !p.inFlight[AskCalls] {
		p.roster.walking = false
	}
	p.nextWalk = later(p.nextWalk, now)
}

// askedJob makes the request that waits longest.
func (p *Poller) askedJob() job {
	a := p.queued[0]
	p.queued = p.queued[1:]
	return job{
		endpoint: a.endpoint,
		timeout:  maxTimeout,
		fetch:    a.fetch,
		settle:   func(o outcome) { a.done <- o.err },
	}
}
