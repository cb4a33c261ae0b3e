package cmsapi

import (
	"net/url"
	"strconv"
)

// maxListed ends a list that claims to have no end.
const maxListed = 2_000_000

// page is one page of a collection: received objects, of which items can be
// used. total is the number of objects that the bridge says match, -1 if it
// does not say.
type page[T any] struct {
	items    []T
	received int
	total    int
}

// pageTotal reads a collection's total attribute. It only saves requests, so one
// that is no number, or none that can be, counts as not told.
func pageTotal(t text) int {
	n, err := t.number("total", maxCount)
	if err != nil || n == nil {
		return -1
	}
	return *n
}

// pageOf makes a page of the listed documents.
func pageOf[D, T any](total text, docs []D, item func(D) T) page[T] {
	p := page[T]{total: pageTotal(total), received: len(docs), items: make([]T, 0, len(docs))}
	for _, d := range docs {
		p.items = append(p.items, item(d))
	}
	return p
}

// pageQuery asks for a page. The bridge gives fewer than limit if it likes: its
// own bound is not documented.
func pageQuery(offset, limit int) url.Values {
	return url.Values{"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)}}
}

// walk goes through a collection page by page. CMS keeps no snapshot between
// pages, so objects may come twice, and ones that were there all the time may be
// missed when others before them go; whole tells whether that can have happened.
type walk struct {
	offset   int // where the next page begins
	distinct int // different objects seen
	total    int // as the first page said, -1 if it did not
	drifted  bool
	emptied  bool // an empty page came at the end
}

// advance notes a page of received objects, fresh of them not seen before in
// this walk, and reports whether the list goes on. It goes on by what was
// received, and ends where the total says, at an empty page, or at one that
// brings nothing new, which a server that ignores offsets would send for ever. A
// total that more objects have disproved ends nothing.
func (w *walk) advance(received, fresh, total int) (more bool) {
	if w.offset == 0 {
		w.total = total
	}
	w.drifted = w.drifted || total != w.total
	w.offset += received
	w.distinct += fresh
	w.emptied = received == 0
	if received == 0 || fresh == 0 || w.offset >= maxListed {
		return false
	}
	return total < 0 || w.offset != total
}

// whole reports whether a finished walk has certainly seen every object: the
// total never changed and as many different ones came as it says; or, where
// there is no total, it went on to the end.
func (w *walk) whole() bool {
	if w.total < 0 {
		return !w.drifted && w.emptied
	}
	return !w.drifted && w.distinct >= w.total
}
