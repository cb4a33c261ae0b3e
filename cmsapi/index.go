package cmsapi

import (
	"hash/maphash"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	shardCount = 256 // so many locks that a writer meets a reader by chance only
	maxUser    = 255 // bytes of a user part; a longer one is no address that is dialled
)

// index maps user parts to the spaces that have them. Readers hold the lock of
// one shard for one look; the directory's goroutine, the only writer, for one
// change.
type index struct {
	seed   maphash.Seed
	size   atomic.Int64 // different user parts
	shards [shardCount]shard
}

// shard is a part of the index. Spaces of different tenants may share a user
// part, which is rare: the first in the order of before is in first, the rest in
// more.
type shard struct {
	mu    sync.RWMutex
	first map[string]*space
	more  map[string][]*space
}

func newIndex() *index { return &index{seed: maphash.MakeSeed()} }

func (x *index) shard(key string) *shard {
	return &x.shards[maphash.String(x.seed, key)%shardCount]
}

// any returns the space with a folded user part, whatever its tenant. Where there
// are several, every edge returns the same.
func (x *index) any(key string) *space {
	s := x.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first[key]
}

// of returns the space of a tenant with a folded user part.
func (x *index) of(tenant, key string) *space {
	s := x.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	first := s.first[key]
	if first == nil || first.tenant == tenant {
		return first
	}
	for _, other := range s.more[key] {
		if other.tenant == tenant {
			return other
		}
	}
	return nil
}

// claim gives key to its new owner. Within a tenant a URI is unique, so another
// space of that tenant has lost it, unless stays says otherwise: then nothing
// changes.
func (x *index) claim(key string, owner *space, stays func(*space) bool) {
	s := x.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.owners(key)
	for i, other := range all {
		switch {
		case other == owner:
			return
		case other.tenant == owner.tenant && stays(other):
			return
		case other.tenant == owner.tenant:
			all = slices.Delete(all, i, i+1)
		default:
			continue
		}
		break
	}
	all = append(all, owner)
	slices.SortFunc(all, before)
	x.set(s, key, all)
}

// release takes key from owner, if it has it.
func (x *index) release(key string, owner *space) {
	s := x.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.owners(key)
	if i := slices.Index(all, owner); i >= 0 {
		x.set(s, key, slices.Delete(all, i, i+1))
	}
}

// owners returns a copy of all spaces with key.
func (s *shard) owners(key string) []*space {
	first := s.first[key]
	if first == nil {
		return nil
	}
	return append([]*space{first}, s.more[key]...)
}

// set makes all the spaces with key.
func (x *index) set(s *shard, key string, all []*space) {
	was := len(s.first)
	switch {
	case len(all) == 0:
		delete(s.first, key)
	case s.first == nil:
		s.first = make(map[string]*space)
		fallthrough
	default:
		s.first[key] = all[0]
	}
	x.size.Add(int64(len(s.first) - was))
	if len(all) < 2 {
		delete(s.more, key)
		return
	}
	if s.more == nil {
		s.more = make(map[string][]*space)
	}
	s.more[key] = all[1:]
}

// before orders spaces with one user part: those of no tenant first.
func before(a, b *space) int {
	if c := strings.Compare(a.tenant, b.tenant); c != 0 {
		return c
	}
	return strings.Compare(a.id, b.id)
}

// foldURI makes the key of an object's uri, "" where it can be none. It should be
// a user part alone, but what people typed into it is taken as they meant it.
func foldURI(uri string) string {
	if len(uri) > 4 && strings.EqualFold(uri[:4], "sip:") {
		uri = uri[4:]
	}
	uri, _, _ = strings.Cut(uri, "@")
	if plain, err := url.PathUnescape(uri); err == nil {
		uri = plain
	}
	if len(uri) > maxUser {
		return ""
	}
	return strings.ToLower(uri)
}
