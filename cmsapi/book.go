package cmsapi

import (
	"slices"
	"sync/atomic"
	"time"
)

// maxSpaces bounds the directory; those listed later are known by their URI
// alone, when somebody dials it.
const maxSpaces = 500_000

// space is what is known of one space. Only id and tenant, which never change,
// and wanted are read outside the directory's goroutine.
type space struct {
	id, tenant string
	uri        string   // folded; "" if it has none
	more       []string // folded: secondaryUri and those of access methods
	readAt     time.Duration
	pass       uint32        // the newest that listed it
	missed     bool          // by the newest pass, which may have been mistaken
	detailed   bool          // more was read
	wanted     atomic.Uint32 // the epoch in which somebody dialled it last
}

// book is all spaces of a group. The directory's goroutine owns it; its index is
// read by everybody.
type book struct {
	*index
	byID      map[string]*space
	all       []*space // the same in any order, for those who go round
	round     int      // the next of all
	pass      uint32
	began     time.Time // what readAt counts from
	detailed  int
	tenants   map[string]string // each text once
	truncated bool
}

func newBook(now time.Time) *book {
	return &book{index: newIndex(), byID: make(map[string]*space), began: now, tenants: make(map[string]string)}
}

// page takes in listed spaces, at once, and returns how many this pass had not
// seen. Where two spaces of a tenant have one URI, which only a changing list can
// show, the first has it.
func (b *book) page(items []listedSpace) (fresh int) {
	for _, l := range items {
		s := b.enter(l)
		if s == nil {
			continue
		}
		if s.pass != b.pass {
			s.pass, s.missed = b.pass, false
			fresh++
		}
		key := foldURI(l.uri)
		b.name(s, key, func(other *space) bool { return other.pass == b.pass && other.uri == key })
		if key := foldURI(l.secondary); key != "" && key != s.uri && !slices.Contains(s.more, key) { // details will tell what it replaces
			s.more = append(s.more, key)
			b.claim(key, s, func(other *space) bool { return other.pass == b.pass })
		}
	}
	return fresh
}

// enter returns the space, a new one where it was not known or has moved to
// another tenant; nil where there is no room.
func (b *book) enter(l listedSpace) *space {
	s := b.byID[l.id]
	if s != nil && s.tenant == l.tenant {
		return s
	}
	if s != nil {
		b.drop(s)
	}
	if len(b.byID) >= maxSpaces {
		b.truncated = true
		return nil
	}
	s = &space{id: l.id, tenant: b.intern(l.tenant)}
	b.byID[s.id] = s
	b.all = append(b.all, s)
	return s
}

// intern returns tenant, each text once.
func (b *book) intern(tenant string) string {
	if same, ok := b.tenants[tenant]; ok {
		return same
	}
	b.tenants[tenant] = tenant
	return tenant
}

// name gives s its uri in place of the one before.
func (b *book) name(s *space, key string, stays func(*space) bool) {
	if s.uri != key {
		old := s.uri
		s.uri = key
		b.letGo(s, old)
	}
	if key != "" {
		b.claim(key, s, stays)
	}
}

// learn gives s the URIs beside its uri, as its details showed them.
func (b *book) learn(s *space, more []string, now time.Time) {
	slices.Sort(more)
	old := s.more
	s.more = slices.Clip(slices.Compact(slices.DeleteFunc(more, func(key string) bool { return key == "" || key == s.uri })))
	if len(s.more) == 0 {
		s.more = nil
	}
	for _, key := range old {
		b.letGo(s, key)
	}
	for _, key := range s.more {
		b.claim(key, s, func(other *space) bool { return other.uri == key && other.pass+1 >= b.pass })
	}
	s.readAt = now.Sub(b.began)
	if !s.detailed {
		s.detailed = true
		b.detailed++
	}
}

// letGo releases key unless s has it still, in another way.
func (b *book) letGo(s *space, key string) {
	if key != "" && key != s.uri && !slices.Contains(s.more, key) {
		b.release(key, s)
	}
}

// drop forgets s; endPass takes it out of all.
func (b *book) drop(s *space) {
	delete(b.byID, s.id)
	b.release(s.uri, s)
	for _, key := range s.more {
		b.release(key, s)
	}
	if s.detailed {
		b.detailed--
	}
}

// startPass begins to look at the list anew.
func (b *book) startPass() { b.pass++ }

// endPass forgets what is gone: what the pass did not show, if it has certainly
// seen everything or if the pass before has missed it as well, as objects slip
// through between two pages.
func (b *book) endPass(certain bool) {
	kept := b.all[:0]
	for _, s := range b.all {
		switch {
		case b.byID[s.id] != s: // dropped, perhaps for one of another tenant
			continue
		case s.pass == b.pass:
		case certain || s.missed:
			b.drop(s)
			continue
		default:
			s.missed = true
		}
		kept = append(kept, s)
	}
	clear(b.all[len(kept):])
	b.all = kept
}

// stale returns the next space in the round whose details are older than age,
// nil where there is none among the next few.
func (b *book) stale(now time.Time, age time.Duration) *space {
	const few = 4096
	for range min(few, len(b.all)) {
		b.round++
		if b.round >= len(b.all) {
			b.round = 0
		}
		s := b.all[b.round]
		if b.byID[s.id] == s && (!s.detailed || now.Sub(b.began)-s.readAt >= age) {
			return s
		}
	}
	return nil
}
