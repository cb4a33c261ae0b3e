package cmsapi

import "time"

// nothing is the endpoint of no request.
const nothing = Endpoint(endpoints)

// forever is a wait that something else will end.
const forever = time.Hour

// choice is a request that may go out now.
type choice struct {
	endpoint Endpoint
	rank     rank
}

// none is the choice to ask nothing.
var none = choice{endpoint: nothing}

// next says what to ask now, or how long to wait when there is nothing. What it
// names is paid for.
func (p *Poller) next(now time.Time) (choice, time.Duration) {
	load, loadWait := p.loadDue(now)
	rest, restWait := p.restDue(now)
	if load && (!p.budget.tight || rest == none || p.turns.loads < fairShare-1) {
		if wait := p.budget.takeLoad(now); wait > 0 {
			return none, wait
		}
		p.turns.loads++
		return choice{endpoint: AskLoad}, 0
	}
	if rest == none {
		return none, min(loadWait, restWait)
	}
	if wait := p.budget.take(now); wait > 0 {
		return none, min(loadWait, wait)
	}
	p.turns.went(rest)
	return rest, 0
}

// loadDue reports whether load is to be asked now, else in how long.
func (p *Poller) loadDue(now time.Time) (bool, time.Duration) {
	due := p.nextLoad
	if least := p.lastLoad.Add(p.gap); !p.lastLoad.IsZero() && least.After(due) {
		due = least
	}
	switch {
	case p.inFlight[AskLoad]:
		return false, forever
	case now.Before(due):
		return false, due.Sub(now)
	default:
		return true, forever
	}
}

// restDue returns what is due besides load by the order of ranks, or how long
// nothing will be.
func (p *Poller) restDue(now time.Time) (choice, time.Duration) {
	if open, wait := p.gate.wait(now); !open {
		if wait > 0 {
			return none, wait
		}
		return none, forever
	}
	wait := forever
	for _, r := range p.turns.order() {
		var e Endpoint
		var w time.Duration
		switch r {
		case rankUpkeep:
			e, w = p.upkeepDue(now)
		case rankQuery:
			e, w = p.queryDue(now)
		case rankCalls:
			e, w = p.callsDue(now)
		case rankLeisure:
			e, w = p.leisureDue(now)
		}
		if e != nothing {
			return choice{e, r}, 0
		}
		wait = min(wait, w)
	}
	return none, wait
}

// upkeepDue returns limits or status, whichever has been due for longer.
func (p *Poller) upkeepDue(now time.Time) (Endpoint, time.Duration) {
	best, wait := nothing, forever
	var since time.Time
	for i, e := range [...]Endpoint{AskLimits, AskStatus} {
		due := p.upkeep[i]
		switch {
		case p.inFlight[e]:
		case now.Before(due):
			wait = min(wait, due.Sub(now))
		case best == nothing || due.Before(since):
			best, since = e, due
		}
	}
	return best, wait
}

// callsDue returns the next page of the list of calls or a call to be read at
// once; in turn where both wait.
func (p *Poller) callsDue(now time.Time) (Endpoint, time.Duration) {
	page, pageWait := !p.inFlight[AskCalls] && (p.roster.walking || !now.Before(p.nextWalk)), forever
	if !page && !p.inFlight[AskCalls] {
		pageWait = p.nextWalk.Sub(now)
	}
	detail, detailWait := false, forever
	if !p.inFlight[AskCall] {
		detail, detailWait = p.roster.pressing(now)
	}
	switch {
	case page && (!detail || p.turns.detail):
		return AskCalls, 0
	case detail:
		return AskCall, 0
	default:
		return nothing, min(pageWait, detailWait)
	}
}

// leisureDue returns a call that may be read again or what the directory asks
// for; in turn where both wait.
func (p *Poller) leisureDue(now time.Time) (Endpoint, time.Duration) {
	asked := len(p.queued) > 0 && !p.inFlight[p.queued[0].endpoint]
	detail, wait := false, forever
	if !p.inFlight[AskCall] {
		detail, wait = p.roster.leisurely(now)
	}
	switch {
	case asked && (!detail || !p.turns.listing):
		return p.queued[0].endpoint, 0
	case detail:
		return AskCall, 0
	default:
		return nothing, wait
	}
}
