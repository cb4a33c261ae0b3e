package cmsapi

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// window is the second in which no more than the budget is sent, and a little:
// requests that leave a second apart may arrive closer together.
const window = time.Second + 100*time.Millisecond

// budget bounds the requests to one bridge: in any second no more than its
// figure. Load has a share of its own, as many requests as its interval can
// bring into one window; all else is spaced evenly over what is left, so that
// nothing waits behind a burst of something less urgent. Where nothing would be
// left, the budget is tight: load and all else then share one even spacing.
type budget struct {
	tight bool
	rest  int // requests of a second for all but load
	pace  *rate.Limiter
	spent atomic.Uint64

	mu     sync.Mutex
	recent []time.Time // when the newest requests were booked, a ring
	newest int
	peak   int
}

// newBudget divides perSecond requests; load is asked at most once per gap.
func newBudget(perSecond int, gap time.Duration) *budget {
	loads := int((window + gap - 1) / gap)
	b := &budget{tight: perSecond <= loads, recent: make([]time.Time, 2*perSecond+16)}
	rest := perSecond - loads
	if b.tight {
		rest = perSecond
	}
	b.rest = rest
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
	b.book(now)
	return 0
}

// takeLoad does the same for load, which waits for nobody unless it is tight.
func (b *budget) takeLoad(now time.Time) (wait time.Duration) {
	if b.tight {
		return b.take(now)
	}
	b.book(now)
	return 0
}

// spend takes a further request for one that is under way, a retry perhaps, if
// there is one to be had at once. Safe for concurrent use.
func (b *budget) spend() bool {
	ok := b.pace.Allow()
	if ok {
		b.book(time.Now())
	}
	return ok
}

// charge books a request that net/http made by itself; what follows waits for
// it. Safe for concurrent use.
func (b *budget) charge() {
	b.pace.Reserve()
	b.book(time.Now())
}

// book counts a request.
func (b *budget) book(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent.Add(1)
	b.newest = (b.newest + 1) % len(b.recent)
	b.recent[b.newest] = now
	b.peak = max(b.peak, b.within(now))
}

// unbook takes the newest request back, for one that was not sent after all.
// What it took of the pace is lost. The poller's goroutine calls it at once.
func (b *budget) unbook(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, booked := range b.recent {
		if booked.Equal(at) {
			b.recent[i] = time.Time{}
			b.spent.Add(^uint64(0))
			return
		}
	}
}

// within counts the requests of the second that ends now.
func (b *budget) within(now time.Time) (n int) {
	for _, at := range b.recent {
		if !at.IsZero() && now.Sub(at) < time.Second {
			n++
		}
	}
	return n
}

// inUse returns the number of requests in the second before now, and the most in
// any second so far.
func (b *budget) inUse(now time.Time) (last, peak int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.within(now), b.peak
}
