package cmsapi

import "time"

// pass is one way through all spaces. What it finds is known at once; what it
// misses is forgotten only when it has certainly seen everything, or when the
// pass before has missed it as well, as objects slip through between two pages.
type pass struct {
	walk
	began  time.Time
	seen   map[uint64]struct{} // hashes of keys
	spaces map[uint64]struct{} // hashes of ids
}

func newPass(now time.Time) *pass {
	return &pass{began: now, seen: make(map[uint64]struct{}), spaces: make(map[uint64]struct{})}
}

// add takes in a page and returns the index with what is new in it, and whether
// more pages are to come. Where two spaces have one URI, which tenants can bring
// about, the first of the list has it.
func (p *pass) add(x *index, read page[listedSpace]) (next *index, more bool) {
	changes := make(map[string]string)
	fresh := 0
	for _, s := range read.items {
		h := x.hash(s.id)
		if _, known := p.spaces[h]; !known {
			p.spaces[h] = struct{}{}
			fresh++
		}
		key := foldURI(s.uri)
		if key == "" {
			continue
		}
		h = x.hash(key)
		if _, taken := p.seen[h]; taken {
			continue
		}
		p.seen[h] = struct{}{}
		if id, ok := x.get(key); !ok || id != s.id {
			changes[key] = s.id
		}
	}
	return x.with(changes), p.advance(read.received, fresh, read.total)
}

// end returns the index without what is gone, and what this pass alone did not
// see, for the next one; missed is that of the pass before.
func (p *pass) end(x *index, missed map[uint64]struct{}) (*index, map[uint64]struct{}) {
	gone := make(map[string]string)
	doubtful := make(map[uint64]struct{})
	certain := p.whole() && p.distinct > 0 // no spaces at all is what a database shows that is not ready
	x.all(func(key string) {
		h := x.hash(key)
		if _, ok := p.seen[h]; ok {
			return
		}
		if _, again := missed[h]; again || certain {
			gone[key] = ""
		} else {
			doubtful[h] = struct{}{}
		}
	})
	return x.with(gone), doubtful
}
