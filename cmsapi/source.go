package cmsapi

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	sourceRetry    = 2 * time.Second // before a bridge that failed is asked for the same again
	sourceMaxRetry = time.Minute
)

// source is a bridge that the directory may be read from. What fails on one
// endpoint says nothing of another.
type source struct {
	poller  *Poller
	failed  [endpoints]int // in a row
	retryAt [endpoints]time.Time
	err     [endpoints]error
}

// errNoSource is the answer while no bridge can be asked.
var errNoSource = errors.New("no bridge of the group can be asked now")

// consult puts a request to the bridge asked last, or, where that one fails or is
// held, to the next that can be asked. An error of kind Gone is an answer like
// any other, except of the list of spaces, which every bridge has; any other
// error means that no bridge gave one.
func consult[T any](ctx context.Context, d *Directory, e Endpoint, get func(context.Context, *Client) (T, error)) (T, error) {
	var none T
	for i := range d.sources {
		n := (d.current + i) % len(d.sources)
		s := &d.sources[n]
		if !s.ready(e, time.Now()) {
			continue
		}
		answer := make(chan T, 1) // the request may outlive this call
		err := s.poller.do(ctx, e, func(ctx context.Context) error {
			v, err := get(ctx, s.poller.options.Client)
			answer <- v
			return err
		})
		switch {
		case ctx.Err() != nil:
			return none, ctx.Err()
		case err == nil:
			s.failed[e], s.err[e] = 0, nil
			if e == AskSpaces {
				d.use(n)
			}
			return <-answer, nil
		case KindOf(err) == Gone && e != AskSpaces:
			return none, err
		case !errors.Is(err, errHeld):
			s.retryAt[e] = time.Now().Add(min(sourceRetry<<min(s.failed[e], 8), sourceMaxRetry))
			s.failed[e]++
			s.err[e] = err
		}
	}
	if e == AskSpaces {
		d.dark()
	}
	return none, errNoSource
}

// ready reports whether s may be asked for e now.
func (s *source) ready(e Endpoint, now time.Time) bool {
	open, _ := s.poller.gate.wait(now)
	return open && !now.Before(s.retryAt[e])
}

// use notes which bridge the spaces come from, and tells when it is another.
func (d *Directory) use(n int) {
	name := d.sources[n].poller.options.Client.Name()
	d.mu.Lock()
	was, failing := d.status.Source, d.status.Error != ""
	d.status.Source, d.status.Error = name, ""
	d.mu.Unlock()
	d.current = n
	switch {
	case failing && !d.spaces.done.IsZero():
		d.log.Info("the directory of spaces is read again", zap.String("bridge", name))
	case was != "" && was != name:
		d.log.Info("the directory of spaces is now read from another bridge", zap.String("bridge", name), zap.String("before", was))
	}
}

// dark notes that no bridge can be asked for spaces, and tells once. Until every
// bridge was tried there is nothing to tell.
func (d *Directory) dark() {
	var text string
	for _, s := range d.sources {
		switch err := s.err[AskSpaces]; {
		case err != nil:
			text = err.Error()
		case s.poller.gate.starting():
			return
		case text == "":
			text = s.poller.health.trouble()
		}
	}
	if text == "" {
		return // held for the moment alone
	}
	d.mu.Lock()
	first := d.status.Error == ""
	d.status.Error = text
	d.mu.Unlock()
	if first {
		d.log.Warn("no bridge of the group can be asked for its spaces; those known stay known, others are placed by their URI", zap.String("error", text))
	}
}
