package cmsapi

import (
	"time"

	"bridgehead/lb"
)

const (
	rereadPressing  = 5 * time.Second  // between two readings of a call whose answer can change a decision
	rereadLeisurely = 10 * time.Second // between two of another, if the budget leaves that much
	maxCalls        = 10_000           // calls known of one bridge: far above what one carries
)

// rosterCall is one call of a bridge, and what is known of it.
type rosterCall struct {
	listedCall
	details   callDetails
	detailsAt time.Time // when the request for details began; zero while unknown
	walk      uint64    // the newest walk that listed it
	serial    uint64    // of its one valid place in a queue
}

// place is a call's place in a queue; void once the call has another.
type place struct {
	call   *rosterCall
	serial uint64
	due    time.Time
}

// roster is the calls of one bridge: which are listed, and whose details are to
// be read when. Both queues hold places in order of due time, as every place
// goes to the end with the same delay. The poller's goroutine owns it.
type roster struct {
	most  int // maxPerConference
	calls map[string]*rosterCall

	fresh     []place // never read, or doubted: at once
	pressed   []place // nobody local, or nearly full
	relaxed   []place // all others that can still matter
	serial    uint64
	listedAt  time.Time // when the newest complete walk began
	changed   bool      // something to report has changed
	truncated bool      // calls were left out for lack of room

	walking   bool
	walk      walk
	number    uint64 // of the walk
	walkDue   time.Time
	walkBegan time.Time
	took      time.Duration // by the bridge, over its pages
}

func newRoster(maxPerConference int) roster {
	return roster{most: maxPerConference, calls: make(map[string]*rosterCall)}
}

// startWalk begins to go through the list, which was due before.
func (r *roster) startWalk(due, now time.Time) {
	r.walking, r.walk, r.walkDue, r.walkBegan, r.took = true, walk{}, due, now, 0
	r.number++
}

// addPage notes a page of the list and reports whether more is to come.
func (r *roster) addPage(p page[listedCall], now time.Time) (more bool) {
	distinct := 0
	for _, l := range p.items {
		c := r.calls[l.id]
		if c == nil {
			if len(r.calls) >= maxCalls {
				r.truncated = true
				continue
			}
			c = &rosterCall{}
			r.calls[l.id] = c
			r.enqueue(&r.fresh, c, now)
			r.changed = true
		}
		if c.walk != r.number {
			c.walk = r.number
			distinct++
		}
		r.changed = r.changed || c.space != l.space
		c.listedCall = l
	}
	return r.walk.advance(p.received, distinct, p.total)
}

// endWalk completes the list. What a whole walk does not show has ended; after
// one that may have missed calls, those not shown are asked about themselves.
func (r *roster) endWalk(now time.Time) {
	r.walking, r.changed = false, true
	r.listedAt = r.walkBegan
	whole := r.walk.whole()
	for _, c := range r.calls {
		switch {
		case c.walk == r.number:
		case whole:
			r.dropped(c)
		default:
			r.enqueue(&r.fresh, c, now)
		}
	}
}

// dropped forgets a call that has ended.
func (r *roster) dropped(c *rosterCall) {
	if r.calls[c.id] == c {
		c.serial = 0 // voids its place
		delete(r.calls, c.id)
		r.changed = true
	}
}

// learn takes in what calls/<id> said, asked at began.
func (r *roster) learn(c *rosterCall, d callDetails, began time.Time) {
	if r.calls[c.id] != c {
		return // ended meanwhile
	}
	r.changed = r.changed || c.detailsAt.IsZero() || c.details != d
	c.details, c.detailsAt = d, began
	switch {
	case c.conference().Space == "", d.callType == "forwarding", d.callType == "lyncConferencing":
		c.serial = 0 // runs in no space, and never will
	case d.local == 0, 10*d.local >= 9*r.most:
		r.enqueue(&r.pressed, c, began.Add(rereadPressing))
	default:
		r.enqueue(&r.relaxed, c, began.Add(rereadLeisurely))
	}
}

// retry puts off a call whose details could not be read.
func (r *roster) retry(c *rosterCall, began time.Time) {
	if r.calls[c.id] == c {
		r.enqueue(&r.pressed, c, began.Add(rereadPressing))
	}
}

// conferences is the list as lb takes it.
func (r *roster) conferences() []lb.Conference {
	list := make([]lb.Conference, 0, len(r.calls))
	for _, c := range r.calls {
		list = append(list, c.conference())
	}
	return list
}

// conference words a call for lb. A call with nobody local that others take part
// in is not empty, it is the end of a distribution link: activeWhenEmpty is no
// reason to draw participants to it.
func (c *rosterCall) conference() lb.Conference {
	v := lb.Conference{Space: c.space, DetailsAt: c.detailsAt}
	if v.Space == "" {
		v.Space = c.details.space
	}
	if c.detailsAt.IsZero() {
		return v
	}
	v.Local = c.details.local
	v.ActiveWhenEmpty = c.details.activeWhenEmpty && c.details.remote == 0 && c.details.distributed == 0
	switch c.details.callType {
	case "coSpace":
		v.Type = lb.TypeSpace
	case "forwarding":
		v.Type = lb.TypeForwarding
	case "adHoc":
		v.Type = lb.TypeAdHoc
	case "lyncConferencing":
		v.Type = lb.TypeLyncConferencing
	}
	return v
}
