package cmsapi

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// window is the second in which no more than the budget is sent, and a little:
// requests that leave a second apart may arrive closer together.
const window = time.Second + 50*time.Millisecond

// budget bounds the requests to one bridge: in any second no more than its
// figure. Load has a share of its own, as many requests as its interval can
// bring into one window; all else is spaced evenly over what is left, so that
// nothing waits behind a burst of something less urgent. Where nothing would be
// left, the budget is tight: load and all else then share one even spacing.
type budget struct {
	tight bool
	pace  *rate.Limiter
	spent atomic.Uint64
}

// newBudget divides perSecond requests; load is asked at most once per gap.
func newBudget(perSecond int, gap time.Duration) *budget {
	loads := int((window + gap - 1) / gap)
	b := &budget{tight: perSecond <= loads}
	rest := perSecond - loads
	if b.tight {
		rest = perSecond
	}
	b.pace = rate.NewLimiter(rate.Every(window/time.Duration(rest)), 1)
	return b
}

// take spends one request that is not load's own, or says how long to wait.
func (b *budget) take(now time.Time) (wait time.Duration) {
	r := b.pace.ReserveN(now, 1)
	wait = r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
		return wait
	}
	b.spent.Add(1)
	return 0
}

// takeLoad does the same for load, which waits for nobody unless it is tight.
func (b *budget) takeLoad(now time.Time) (wait time.Duration) {
	if b.tight {
		return b.take(now)
	}
	b.spent.Add(1)
	return 0
}

// spend takes a further request for one that is under way, a retry perhaps, if
// there is one to be had at once. Safe for concurrent use.
func (b *budget) spend() bool {
	ok := b.pace.Allow()
	if ok {
		b.spent.Add(1)
	}
	return ok
}

// charge books a request that net/http made by itself; what follows waits for
// it. Safe for concurrent use.
func (b *budget) charge() {
	b.pace.Reserve()
	b.spent.Add(1)
}
