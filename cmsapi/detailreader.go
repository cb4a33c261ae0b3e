package cmsapi

import (
	"cmp"
	"context"
	"time"
)

const (
	detailsAge   = 10 * time.Minute       // of details that are read again
	dialledAge   = time.Minute            // the same where somebody dials the space
	detailsPause = 500 * time.Millisecond // between two spaces that nobody dialled
	maxMethods   = 200                    // access methods of one space
)

// detailReader reads the details of one space at a time: those dialled lately
// first, then all the others in turn, slowly.
type detailReader struct {
	book  *book
	hints *hints

	id       string // of the space that is being read, "" for none
	details  *spaceDetails
	methods  walk
	uris     []string
	nextRest time.Time
	none     time.Time // not to look for a stale one before
}

// dialled reports whether somebody dialled a space whose details are to be read,
// or one is being read.
func (r *detailReader) dialled(now time.Time) (bool, time.Duration) {
	for r.id == "" && r.hints.waiting() {
		select {
		case s := <-r.hints.spaces:
			if r.book.byID[s.id] == s && (!s.detailed || now.Sub(r.book.began)-s.readAt >= dialledAge) {
				r.id = s.id
			}
		case id := <-r.hints.ids:
			if s := r.book.byID[id]; s == nil || !s.detailed || now.Sub(r.book.began)-s.readAt >= dialledAge {
				r.id = id
			}
		default:
		}
	}
	return r.id != "", forever
}

// rest does the same for the others.
func (r *detailReader) rest(now time.Time) (bool, time.Duration) {
	if r.id != "" {
		return true, 0
	}
	if wait := later(r.nextRest, r.none).Sub(now); wait > 0 {
		return false, wait
	}
	s := r.book.stale(now, detailsAge)
	if s == nil {
		r.none = now.Add(time.Second)
		return false, time.Second
	}
	r.nextRest = now.Add(detailsPause)
	r.id = s.id
	return true, 0
}

// step makes the next request for the space that is being read.
func (r *detailReader) step(ctx context.Context, d *Directory) error {
	id := r.id
	if r.details == nil {
		v, err := consult(ctx, d, AskSpace, func(ctx context.Context, c *Client) (spaceDetails, error) { return c.space(ctx, id) })
		if err != nil {
			if KindOf(err) == Gone {
				r.gone(time.Now())
				return nil
			}
			r.id = "" // its turn will come again; one that fails holds up no other
			return err
		}
		v.id = id // some answers leave it out
		r.details, r.methods, r.uris = &v, walk{}, []string{foldURI(v.secondary)}
		if v.accessMethods == 0 {
			r.finish(time.Now())
		}
		return nil
	}
	offset := r.methods.offset
	read, err := consult(ctx, d, AskSpace, func(ctx context.Context, c *Client) (page[listedMethod], error) {
		return c.accessMethods(ctx, id, offset)
	})
	if err != nil && KindOf(err) != Gone { // software that knows no access methods says so
		r.id, r.details, r.uris = "", nil, nil
		return err
	}
	for _, m := range read.items {
		r.uris = append(r.uris, foldURI(m.uri))
	}
	more := r.methods.advance(read.received, read.received, read.total)
	more = more || read.received > 0 && r.methods.offset < r.details.accessMethods // a total may be too small
	if !more || r.methods.offset >= maxMethods {
		r.finish(time.Now())
	}
	return nil
}

// finish takes in what was read.
func (r *detailReader) finish(now time.Time) {
	if old := r.book.byID[r.id]; old != nil { // some answers leave out what the list has
		r.details.tenant = cmp.Or(r.details.tenant, old.tenant)
		r.details.uri = cmp.Or(r.details.uri, old.uri)
	}
	if s := r.book.enter(r.details.listedSpace); s != nil {
		s.missed = false
		r.book.name(s, foldURI(r.details.uri), func(other *space) bool { return other.uri == foldURI(r.details.uri) && other.pass > s.pass })
		r.book.learn(s, r.uris, now)
	}
	r.id, r.details, r.uris = "", nil, nil
}

// gone notes that the space is not there any more. It is forgotten when the list
// does not show it either: one odd answer is not believed.
func (r *detailReader) gone(now time.Time) {
	if s := r.book.byID[r.id]; s != nil {
		s.missed = true
		s.readAt = now.Sub(r.book.began)
		if !s.detailed {
			s.detailed = true
			r.book.detailed++
		}
	}
	r.id, r.details, r.uris = "", nil, nil
}
