package cmsapi

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	userShards = 64
	maxUsers   = 500_000
	maxJID     = 512 // bytes
)

// userBook is the users of a group by their JID. The directory's goroutine alone
// writes it.
type userBook struct {
	seed   maphash.Seed
	size   atomic.Int64
	pass   uint32
	shards [userShards]struct {
		mu    sync.RWMutex
		users map[string]userEntry
	}
}

// userEntry is a user, and which pass listed it last.
type userEntry struct {
	tenant string
	pass   uint32
	missed bool
}

func newUserBook() *userBook { return &userBook{seed: maphash.MakeSeed()} }

// tenantOf returns the tenant of the user with a folded JID.
func (b *userBook) tenantOf(jid []byte) (tenant string, ok bool) {
	s := &b.shards[maphash.Bytes(b.seed, jid)%userShards]
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.users[string(jid)]
	return e.tenant, ok
}

// page takes in listed users and returns how many this pass had not seen.
func (b *userBook) page(items []listedUser, intern func(string) string) (fresh int) {
	for _, u := range items {
		if u.jid == "" || len(u.jid) > maxJID {
			continue
		}
		s := &b.shards[maphash.String(b.seed, u.jid)%userShards]
		e, known := s.users[u.jid] // no lock: nobody else writes
		if known && e.pass == b.pass {
			continue
		}
		if !known && b.size.Load() >= maxUsers {
			continue
		}
		fresh++
		s.mu.Lock()
		if s.users == nil {
			s.users = make(map[string]userEntry)
		}
		s.users[u.jid] = userEntry{tenant: intern(u.tenant), pass: b.pass}
		s.mu.Unlock()
		if !known {
			b.size.Add(1)
		}
	}
	return fresh
}

// endPass forgets those who are gone, by the rule of spaces.
func (b *userBook) endPass(certain bool) {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		for jid, e := range s.users {
			switch {
			case e.pass == b.pass:
			case certain || e.missed:
				delete(s.users, jid)
				b.size.Add(-1)
			default:
				e.missed = true
				s.users[jid] = e
			}
		}
		s.mu.Unlock()
	}
}
