package cmsapi

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
)

// job is one request to the bridge.
type job struct {
	endpoint Endpoint
	timeout  time.Duration
	// fetch asks, in a goroutine of its own.
	fetch func(ctx context.Context) error
	// settle takes the result in, good or not, in the poller's goroutine.
	settle func(outcome)
}

// outcome is how a job ended.
type outcome struct {
	job
	began, at time.Time
	err       error
}

// start runs j beside the poller, whose results channel has room for one job of
// every endpoint.
func (p *Poller) start(ctx context.Context, j job, now time.Time) {
	p.inFlight[j.endpoint] = true
	p.running.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, j.timeout)
		defer cancel()
		spend := p.budget.spend
		if j.endpoint == AskQuery {
			spend = func() bool { return false } // its own limit allows no second try
		}
		err := p.guarded(withLedger(ctx, spend, p.budget.charge), j)
		p.results <- outcome{job: j, began: now, at: time.Now(), err: err}
	})
}

// guarded keeps a fault of ours in reading an answer from ending the process: it
// costs that answer alone.
func (p *Poller) guarded(ctx context.Context, j job) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			p.log.Error("panic while reading an answer of the API; please report it",
				zap.Stringer("endpoint", j.endpoint), zap.Any("panic", fault), zap.ByteString("stack", debug.Stack()))
			err = &Error{Bridge: p.options.Client.Name(), Path: apiPrefix, Kind: Malformed,
				Detail: fmt.Sprintf("reading the answer of %s failed inside this program", j.endpoint)}
		}
	}()
	return j.fetch(ctx)
}

// expected reports whether an error is a good answer to what was asked: the call
// or the space is there no more, this software knows no such list, or the URI in
// question can be nobody's.
func expected(e Endpoint, err error, k Kind) bool {
	switch e {
	case AskCall, AskSpace, AskDialPlan, AskUsers:
		return k == Gone
	case AskQuery:
		return refusesQuestion(err)
	default:
		return false
	}
}

// finish takes in what a job brought.
func (p *Poller) finish(o outcome) {
	p.inFlight[o.endpoint] = false
	kind := KindOf(o.err)
	if expected(o.endpoint, o.err, kind) {
		p.health.note(o, None)
	} else {
		p.health.note(o, kind)
	}
	p.gate.note(o, kind)
	o.settle(o)
}
