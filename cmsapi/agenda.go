package cmsapi

import (
	"context"
	"slices"
	"time"
)

// pagesPerDetail is how many pages of lists go before one request for a space
// that was dialled, in the first pass; afterwards they take turns.
const pagesPerDetail = 3

// afterFailure is a breath in which a poller that has ended, or whose queue is
// full, is not asked again and again.
const afterFailure = 100 * time.Millisecond

// chore is something that the directory reads by and by.
type chore struct {
	endpoint Endpoint
	due      func(now time.Time) (bool, time.Duration)
	step     func(ctx context.Context, d *Directory) error
}

// agenda returns the chores in their order: the dial plan, the lists, the details
// of what was dialled, those of the rest.
func (d *Directory) agenda() []chore {
	return []chore{
		{AskDialPlan, d.inbound.due, d.inbound.step},
		{AskDialPlan, d.forwarding.due, d.forwarding.step},
		{AskDialPlan, d.ivrs.due, d.ivrs.step},
		{AskDialPlan, d.planner.due, d.planner.step},
		{AskSpaces, d.spaces.due, d.spaces.step},
		{AskUsers, d.usersDue, d.userList.step},
		{AskSpace, d.details.dialled, d.details.step},
		{AskSpace, d.details.rest, d.details.step},
	}
}

// inTurn is the agenda in the order for the next request. Once everything was read
// for the first time, nothing goes twice in a row where something else waits: with
// a small budget the dial plan alone would use it up.
func (d *Directory) inTurn() []chore {
	all := d.agenda()
	plan, lists, details := all[:4], all[4:6], all[6:]
	switch { // what was never read goes before what is read again
	case !d.inbound.done.IsZero() && d.forwarding.done.IsZero():
		plan = all[1:4]
	case !d.inbound.done.IsZero() && d.ivrs.done.IsZero():
		plan = all[2:4]
	}
	most := pagesPerDetail
	if !d.spaces.done.IsZero() {
		most = 1
	}
	if d.pages >= most {
		lists, details = details, lists
	}
	if d.planned && !d.ivrs.done.IsZero() {
		return slices.Concat(lists, details, plan)
	}
	return slices.Concat(plan, lists, details)
}

// usersDue holds the list of users back while no rule leads to them.
func (d *Directory) usersDue(now time.Time) (bool, time.Duration) {
	if p := d.plan.Load(); p.inboundRead && !p.users {
		return false, forever
	}
	return d.userList.due(now)
}

// next makes one request, the first of the agenda that is due and that some
// bridge can be asked, and reports how long there will be none.
func (d *Directory) next(ctx context.Context) time.Duration {
	now := time.Now()
	wait := forever
	for _, c := range d.inTurn() {
		due, in := c.due(now)
		if !due {
			wait = min(wait, in)
			continue
		}
		if !d.askable(c.endpoint, now) {
			wait = min(wait, sourceRetry)
			if c.endpoint == AskSpaces {
				d.dark()
			}
			continue
		}
		switch d.planned = c.endpoint == AskDialPlan; c.endpoint {
		case AskSpaces, AskUsers:
			d.pages++
		case AskSpace:
			d.pages = 0
		}
		if c.step(ctx, d) != nil {
			return afterFailure // the bridges that failed are not asked again at once
		}
		d.tell(time.Now())
		return 0
	}
	return wait
}

// askable reports whether some bridge may be asked for e now.
func (d *Directory) askable(e Endpoint, now time.Time) bool {
	for i := range d.sources {
		if d.sources[i].ready(e, now) {
			return true
		}
	}
	return false
}
