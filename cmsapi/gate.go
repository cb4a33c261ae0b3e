package cmsapi

import (
	"errors"
	"sync"
	"time"
)

const (
	maxRetryAfter = 10 * time.Second // a longer wish would blind us
	maxBusy       = time.Minute
)

// gate says whether anything but load may be asked. It is shut until load was
// answered for the first time, and while the bridge as a whole fails: asking for
// more would only add to what ails it. Load passes always, so the gate opens
// again by itself. The poller's goroutine writes it; the directory reads it.
type gate struct {
	mu       sync.Mutex
	shut     bool
	kind     Kind      // why; None before the first answer
	since    time.Time // when it was shut
	until    time.Time // not to be opened before: the bridge's Retry-After
	watchers []chan<- struct{}
}

// note takes in the result of a request.
func (g *gate) note(o outcome, kind Kind) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case kind == Busy, o.endpoint == AskLoad && kind.bridgeWide():
		if !g.shut || g.kind != kind {
			g.since = o.at
		}
		g.shut, g.kind = true, kind
		if e, ok := errors.AsType[*Error](o.err); ok && e.RetryAfter > 0 {
			g.until = o.at.Add(min(e.RetryAfter, maxRetryAfter))
		}
	case !g.shut, kind != None && o.endpoint != AskLoad, o.began.Before(g.since):
		// Open already, no news of the bridge as a whole, or older than the trouble.
	case g.kind == Busy && kind != None && o.at.Sub(g.since) < maxBusy:
		// A busy bridge is left alone until an answer is good.
	default:
		g.shut = false
		for _, w := range g.watchers {
			select {
			case w <- struct{}{}:
			default:
			}
		}
	}
}

// wait returns how long the gate stays shut by the clock alone, and whether it
// is open; shut with no wait means until load is answered.
func (g *gate) wait(now time.Time) (open bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false, 0
	}
	if now.Before(g.until) {
		return false, g.until.Sub(now)
	}
	return true, 0
}

// held says in a word why only load is asked, "" if all is.
func (g *gate) held(now time.Time) string {
	open, _ := g.wait(now)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case open:
		return ""
	case g.kind == None:
		return "starting"
	default:
		return g.kind.String()
	}
}

// starting reports whether load was never answered, well or badly.
func (g *gate) starting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut && g.kind == None
}

// watch sends to w, without waiting for it, whenever the gate opens.
func (g *gate) watch(w chan<- struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watchers = append(g.watchers, w)
}
