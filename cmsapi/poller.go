package cmsapi

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	limitsEvery = 5 // polls of load between two readings of limits, and of status
	maxTimeout  = 10 * time.Second
	minDuration = time.Millisecond
)

// Poller asks one bridge for what selection needs, for as long as it runs. One
// goroutine owns all its state and decides what is asked next; each request runs
// in its own, and no two ask for the same kind of thing at once.
type Poller struct {
	options PollerOptions
	log     *zap.Logger
	timeout time.Duration // of one request
	gap     time.Duration // least time between two requests for load
	budget  *budget
	gate    gate
	health  *health
	roster  roster

	inFlight  [endpoints]bool
	running   sync.WaitGroup
	results   chan outcome
	asks      chan *ask
	ended     chan struct{}
	nudged    chan struct{}
	queries   atomic.Pointer[queries] // the questions of its group, nil without a directory
	asking    queryPace
	restUntil atomic.Int64 // no questions before, in Unix nanoseconds

	nextLoad time.Time // when each is due; zero before Run
	lastLoad time.Time
	nextWalk time.Time    // of the list of calls
	upkeep   [2]time.Time // limits, status
	queued   []*ask
	turns    turns
	warned   bool // of a budget too small for the calls

	limitsMissed int // readings that failed before limits were known
}

// NewPoller checks o and returns a poller that asks nothing until Run.
func NewPoller(o PollerOptions) (*Poller, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	gap := o.Interval * 9 / 10
	p := &Poller{
		options: o,
		log:     o.Logger.With(zap.String("bridge", o.Client.Name())),
		timeout: min(gap, maxTimeout),
		gap:     gap,
		budget:  newBudget(o.Budget, gap),
		gate:    gate{shut: true},
		roster:  newRoster(o.MaxPerConference),
		results: make(chan outcome, endpoints),
		asks:    make(chan *ask),
		ended:   make(chan struct{}),
		nudged:  make(chan struct{}, 1),
	}
	p.health = newHealth(p.log)
	p.turns.scarce = p.budget.rest < 2*maxQueries
	return p, nil
}

// Run polls until ctx ends, then waits for its requests to end and returns nil.
// The first poll starts at once. It must be called once.
func (p *Poller) Run(ctx context.Context) error {
	defer p.options.Client.CloseIdle()
	defer close(p.ended)
	defer p.running.Wait()
	p.begin(time.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		timer.Reset(max(p.startDue(ctx), minDuration))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case o := <-p.results:
			if ctx.Err() == nil {
				p.finish(o)
				p.rest(o.at)
			}
		case a := <-p.asks:
			p.enqueue(a)
		case <-p.nudged:
		}
	}
	return nil
}

// begin makes everything due. The second poll of load is put off by the
// stagger and a little chance, and the rest follow it at even steps.
func (p *Poller) begin(now time.Time) {
	p.nextLoad, p.nextWalk = now, now
	p.upkeep = [2]time.Time{now, now}
	p.roster.listedAt = now
	if p.warned = p.budget.tight; p.warned {
		p.log.Warn("the API budget is too small for the poll interval: load is read less often, all else rarely; raise policy.apiBudget or policy.pollInterval",
			zap.Int("apiBudget", p.options.Budget), zap.Duration("pollInterval", p.options.Interval))
	}
}

// phase is by how much the second poll is put off.
func (p *Poller) phase() time.Duration {
	half := float64(p.options.Interval) / 2
	return time.Duration(half * (p.options.Stagger + rand.Float64()/10))
}

// startDue starts what is due and may be asked, and returns how long nothing
// more will be.
func (p *Poller) startDue(ctx context.Context) time.Duration {
	for {
		now := time.Now()
		c, wait := p.next(now)
		if c == none {
			return wait
		}
		if j := p.jobFor(c, now); j.fetch != nil {
			p.start(ctx, j, now)
		}
	}
}

// jobFor makes the request that was chosen.
func (p *Poller) jobFor(c choice, now time.Time) job {
	switch c.endpoint {
	case AskLoad:
		return p.loadJob(now)
	case AskLimits:
		return p.limitsJob(now)
	case AskStatus:
		return p.statusJob(now)
	case AskCalls:
		return p.callsJob(now)
	case AskCall:
		return p.callJob(now, c.rank)
	case AskQuery:
		return p.queryJob(now)
	default:
		return p.askedJob()
	}
}
