package cmsapi

import (
	"context"
	"time"
)

// lister goes through one list of the directory again and again, a page at a
// time.
type lister[T any] struct {
	endpoint Endpoint
	get      func(c *Client, ctx context.Context, offset int) (page[T], error)
	begin    func()
	take     func(items []T) (fresh int) // those that this pass had not seen
	end      func(certain bool)          // certain: nothing was missed

	walk
	walking bool
	began   time.Time
	next    time.Time // when the next pass is due
	done    time.Time // when the newest ended
	took    time.Duration
}

// due reports whether a page may be read now, else in how long.
func (l *lister[T]) due(now time.Time) (bool, time.Duration) {
	if l.walking || !now.Before(l.next) {
		return true, 0
	}
	return false, l.next.Sub(now)
}

// step reads the next page. Where the bridge knows no such list, it is empty.
func (l *lister[T]) step(ctx context.Context, d *Directory) error {
	if !l.walking {
		l.walking, l.walk, l.began = true, walk{}, time.Now()
		l.begin()
	}
	offset := l.offset
	read, err := consult(ctx, d, l.endpoint, func(ctx context.Context, c *Client) (page[T], error) { return l.get(c, ctx, offset) })
	gone := KindOf(err) == Gone
	if err != nil && !gone {
		return err
	}
	if gone {
		read = page[T]{total: l.total}
	}
	// A total may be too small: the list ends where a page brings nothing new.
	if fresh := l.take(read.items); l.advance(read.received, fresh, read.total) || fresh > 0 && l.offset < maxListed {
		return nil
	}
	l.walking, l.done = false, time.Now()
	l.took, l.next = l.done.Sub(l.began), l.done.Add(d.refresh)
	// No objects at all is what a database shows that is not ready.
	l.end(l.whole() && l.distinct > 0)
	return nil
}
