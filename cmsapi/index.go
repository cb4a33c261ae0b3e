package cmsapi

import (
	"hash/maphash"
	"maps"
	"net/url"
	"strings"
)

// shardCount splits the index so finely that taking in a page of spaces copies
// little of it.
const shardCount = 1024

// index maps the user parts of spaces' URIs to space ids. It never changes; a
// change makes a new index that shares all shards but those touched.
type index struct {
	seed   maphash.Seed
	shards [shardCount]map[string]string
	size   int
}

func newIndex() *index { return &index{seed: maphash.MakeSeed()} }

// get returns the space id for a folded user part.
func (x *index) get(key string) (string, bool) {
	id, ok := x.shards[maphash.String(x.seed, key)%shardCount][key]
	return id, ok
}

// lookup returns the space id for a user part in any letter case. Short ASCII
// costs no allocation.
func (x *index) lookup(user string) (string, bool) {
	var buf [128]byte
	if len(user) > len(buf) {
		return x.get(strings.ToLower(user))
	}
	b := buf[:len(user)]
	for i := range len(user) {
		c := user[i]
		switch {
		case c >= 0x80:
			return x.get(strings.ToLower(user))
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		b[i] = c
	}
	id, ok := x.shards[maphash.Bytes(x.seed, b)%shardCount][string(b)]
	return id, ok
}

// hash is a short stand-in for key.
func (x *index) hash(key string) uint64 { return maphash.String(x.seed, key) }

// with returns an index with the changes made; an id of "" removes its key.
func (x *index) with(changes map[string]string) *index {
	if len(changes) == 0 {
		return x
	}
	next := *x
	copied := make(map[uint64]bool)
	for key, id := range changes {
		n := next.hash(key) % shardCount
		if !copied[n] {
			copied[n] = true
			if next.shards[n] = maps.Clone(x.shards[n]); next.shards[n] == nil {
				next.shards[n] = make(map[string]string)
			}
		}
		shard := next.shards[n]
		before := len(shard)
		if id == "" {
			delete(shard, key)
		} else {
			shard[key] = id
		}
		next.size += len(shard) - before
	}
	return &next
}

// all calls f for every key.
func (x *index) all(f func(key string)) {
	for _, shard := range x.shards {
		for key := range shard {
			f(key)
		}
	}
}

// foldURI makes the key of a space's uri. It should be a user part alone, but
// what people typed into it is taken as they meant it.
func foldURI(uri string) string {
	if len(uri) > 4 && strings.EqualFold(uri[:4], "sip:") {
		uri = uri[4:]
	}
	uri, _, _ = strings.Cut(uri, "@")
	if plain, err := url.PathUnescape(uri); err == nil {
		uri = plain
	}
	return strings.ToLower(uri)
}
