package cmsapi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// DirectoryOptions say where a [Directory] gets what it knows.
type DirectoryOptions struct {
	// Group is the group's name, for logs.
	Group string
	// Pollers are those of the group's bridges, in order of preference: the
	// first that can be asked is asked, through its budget. They must be running
	// for the directory to fill. A poller belongs to one directory. Required.
	Pollers []*Poller
	// Refresh is the pause between two passes over each list; default 60 s.
	Refresh time.Duration
	// Logger gets changes of state; nil logs nothing.
	Logger *zap.Logger
}

// Directory knows what a dialled URI means to a group: by its dial plan, spaces,
// IVRs and users. It goes through their lists again and again, from one bridge of
// the group at a time, as slowly as the budget makes it; what it does not know
// yet can be asked.
type Directory struct {
	group   string
	refresh time.Duration
	log     *zap.Logger

	plan    atomic.Pointer[plan] // these are read by callers
	index   *index
	users   *userBook
	hints   *hints
	queries *queries

	sources    []source // these are the goroutine's of Run
	current    int
	opened     chan struct{}
	book       *book
	planner    planReader
	inbound    lister[inboundRule]
	forwarding lister[forwardingRule]
	ivrs       lister[listedIVR]
	spaces     lister[listedSpace]
	userList   lister[listedUser]
	details    detailReader
	pages      int  // of lists since the last request for details
	planned    bool // the newest request was for the dial plan
	epoch      time.Time
	warned     bool

	mu     sync.Mutex
	status DirectoryStatus
}

// NewDirectory checks o and returns an empty directory.
func NewDirectory(o DirectoryOptions) (*Directory, error) {
	if len(o.Pollers) == 0 {
		return nil, errors.New("cmsapi: a directory needs the poller of a bridge")
	}
	if o.Refresh <= 0 {
		o.Refresh = time.Minute
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	now := time.Now()
	d := &Directory{
		group:   o.Group,
		refresh: o.Refresh,
		log:     o.Logger.With(zap.String("group", o.Group)),
		book:    newBook(now),
		users:   newUserBook(),
		hints:   newHints(),
		opened:  make(chan struct{}, 1),
		epoch:   now,
		status:  DirectoryStatus{Group: o.Group},
	}
	d.index = d.book.index
	d.queries = newQueries(o.Pollers, d.hints.found)
	d.plan.Store(newPlan(nil, nil, nil))
	d.lists()
	for _, p := range o.Pollers {
		d.sources = append(d.sources, source{poller: p})
		p.gate.watch(d.opened)
		p.queries.Store(d.queries)
	}
	return d, nil
}

// lists sets up what goes through each list.
func (d *Directory) lists() {
	r := &d.planner
	r.publish = func(p *plan) { d.plan.Store(p) }
	d.details = detailReader{book: d.book, hints: d.hints}
	d.inbound = lister[inboundRule]{
		endpoint: AskDialPlan, get: (*Client).inboundRules, end: r.endInbound,
		begin: func() { r.newInbound = nil },
		take:  func(items []inboundRule) int { return collect(&r.newInbound, items, inboundID) },
	}
	d.forwarding = lister[forwardingRule]{
		endpoint: AskDialPlan, get: (*Client).forwardingRules, end: r.endForwarding,
		begin: func() { r.newForwarding = nil },
		take:  func(items []forwardingRule) int { return collect(&r.newForwarding, items, forwardingID) },
	}
	d.ivrs = lister[listedIVR]{
		endpoint: AskDialPlan, get: (*Client).ivrs, end: r.endIVRs,
		begin: func() { r.newIVRs = nil },
		take:  func(items []listedIVR) int { return collect(&r.newIVRs, items, ivrID) },
	}
	d.spaces = lister[listedSpace]{
		endpoint: AskSpaces, get: (*Client).spaces, begin: d.book.startPass, take: d.book.page, end: d.book.endPass,
	}
	d.userList = lister[listedUser]{
		endpoint: AskUsers, get: (*Client).users, end: d.users.endPass,
		begin: func() { d.users.pass++ },
		take:  func(items []listedUser) int { return d.users.page(items, d.book.intern) },
	}
}

// Run reads until ctx ends, and returns nil. It must be called once.
func (d *Directory) Run(ctx context.Context) error {
	d.queries.start()
	defer d.queries.stop()
	timer := time.NewTimer(forever)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := d.next(ctx)
		if now := time.Now(); now.Sub(d.epoch) >= detailsAge {
			d.epoch = now
			d.hints.epoch.Add(1)
		}
		if wait <= 0 {
			continue
		}
		timer.Reset(min(wait, detailsAge))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-d.opened:
		case <-d.hints.wake:
		}
	}
	return nil
}
