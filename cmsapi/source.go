package cmsapi

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	sourceRetry    = 2 * time.Second // before a bridge that failed is asked for spaces again
	sourceMaxRetry = time.Minute
)

// source is a bridge that spaces may be read from.
type source struct {
	poller  *Poller
	failed  int // in a row
	retryAt time.Time
	err     error
}

// page reads one page of spaces from the bridge asked last, or, where that one
// fails or is held, from the next that can be asked. It returns an error only
// when ctx ends.
func (d *Directory) page(ctx context.Context, offset int) (page[listedSpace], error) {
	for {
		for i := range d.sources {
			n := (d.current + i) % len(d.sources)
			p, ok := d.try(ctx, &d.sources[n], offset)
			if ctx.Err() != nil {
				return page[listedSpace]{}, ctx.Err()
			}
			if ok {
				d.use(n)
				return p, nil
			}
		}
		d.dark()
		select {
		case <-ctx.Done():
			return page[listedSpace]{}, ctx.Err()
		case <-d.opened:
		case <-time.After(sourceRetry):
		}
	}
}

// try reads a page from s, if that is to be asked now.
func (d *Directory) try(ctx context.Context, s *source, offset int) (read page[listedSpace], ok bool) {
	now := time.Now()
	if open, _ := s.poller.gate.wait(now); !open || now.Before(s.retryAt) {
		return read, false
	}
	answer := make(chan page[listedSpace], 1) // fetch may outlive this call
	err := s.poller.do(ctx, func(ctx context.Context) error {
		p, err := s.poller.options.Client.spaces(ctx, offset)
		answer <- p
		return err
	})
	switch {
	case err == nil:
		s.failed, s.err = 0, nil
		return <-answer, true
	case errors.Is(err, errHeld):
		return read, false
	default:
		s.retryAt = time.Now().Add(min(sourceRetry<<min(s.failed, 8), sourceMaxRetry))
		s.failed++
		s.err = err
		return read, false
	}
}

// use notes which bridge the directory comes from, and tells when it is another.
func (d *Directory) use(n int) {
	name := d.sources[n].poller.options.Client.Name()
	d.mu.Lock()
	was, failing := d.status.Source, d.status.Error != ""
	d.status.Source, d.status.Error = name, ""
	d.mu.Unlock()
	d.current = n
	switch {
	case failing && !d.loaded.IsZero():
		d.log.Info("the directory of spaces is read again", zap.String("bridge", name))
	case was != "" && was != name:
		d.log.Info("the directory of spaces is now read from another bridge", zap.String("bridge", name), zap.String("before", was))
	}
}

// dark notes that no bridge can be asked, and tells once. Until every bridge was
// tried there is nothing to tell.
func (d *Directory) dark() {
	var text string
	for _, s := range d.sources {
		switch {
		case s.err != nil:
			text = s.err.Error()
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
