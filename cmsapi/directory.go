package cmsapi

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// DirectoryOptions say where a [Directory] gets its spaces.
type DirectoryOptions struct {
	// Group is the group's name, for logs.
	Group string
	// Pollers are those of the group's bridges, in order of preference: the
	// first that can be asked is asked, through its budget. They must be running
	// for the directory to fill. Required.
	Pollers []*Poller
	// Refresh is the pause between two passes over all spaces; default 60 s.
	Refresh time.Duration
	// Logger gets changes of state; nil logs nothing.
	Logger *zap.Logger
}

// Directory knows which space a dialled user part means, by the spaces' uri. It
// goes through the list of spaces again and again, from one bridge of the group
// at a time, as slowly as the budget makes it.
type Directory struct {
	group   string
	refresh time.Duration
	log     *zap.Logger
	index   atomic.Pointer[index]

	sources []source // these are the goroutine's of Run
	current int
	opened  chan struct{}
	missed  map[uint64]struct{}
	loaded  time.Time // when the first pass ended

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
	d := &Directory{
		group:   o.Group,
		refresh: o.Refresh,
		log:     o.Logger.With(zap.String("group", o.Group)),
		opened:  make(chan struct{}, 1),
		status:  DirectoryStatus{Group: o.Group},
	}
	d.index.Store(newIndex())
	for _, p := range o.Pollers {
		d.sources = append(d.sources, source{poller: p})
		p.gate.watch(d.opened)
	}
	return d, nil
}

// Run lists the spaces again and again until ctx ends, and returns nil. It must
// be called once.
func (d *Directory) Run(ctx context.Context) error {
	for d.pass(ctx) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(d.refresh):
		}
	}
	return nil
}

// pass goes through all spaces once, and reports false when ctx ended.
func (d *Directory) pass(ctx context.Context) bool {
	p := newPass(time.Now())
	for more := true; more; {
		read, err := d.page(ctx, p.offset)
		if err != nil {
			return false
		}
		var next *index
		next, more = p.add(d.index.Load(), read)
		d.publish(next)
	}
	next, missed := p.end(d.index.Load(), d.missed)
	d.missed = missed
	d.publish(next)
	d.complete(p, time.Now())
	return true
}

// publish makes x what Lookup sees.
func (d *Directory) publish(x *index) {
	d.index.Store(x)
	d.mu.Lock()
	d.status.URIs = x.size
	d.mu.Unlock()
}

// complete notes a finished pass, and tells of the first.
func (d *Directory) complete(p *pass, now time.Time) {
	d.mu.Lock()
	d.status.LastFull, d.status.Took = now, now.Sub(p.began)
	uris := d.status.URIs
	d.mu.Unlock()
	if d.loaded.IsZero() {
		d.loaded = now
		d.log.Info("the directory of spaces is complete", zap.Int("uris", uris), zap.Duration("took", now.Sub(p.began)))
	}
}

// Lookup returns the id of the space that user, the %-decoded user part of a
// Request-URI without parameters, in any letter case, is a URI of. It never
// blocks and is safe for concurrent use.
func (d *Directory) Lookup(user string) (spaceID string, ok bool) {
	return d.index.Load().lookup(user)
}

// DirectoryStatus tells how complete a directory is.
type DirectoryStatus struct {
	// Group is the group's name; Source the bridge asked last.
	Group, Source string
	// URIs is the number of different user parts known.
	URIs int
	// LastFull is when the newest pass over all spaces ended, Took how long it
	// took; zero before the first.
	LastFull time.Time
	Took     time.Duration
	// Error is why no bridge could be asked last, "" while one can.
	Error string
}

// Status returns what is known now; safe for concurrent use.
func (d *Directory) Status() DirectoryStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}
