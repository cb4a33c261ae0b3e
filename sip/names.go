package sip

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"bridgehead/sip/wire"
)

// Bounds of the name cache. A name in a message is somebody else's data: what
// it can make us remember or ask for is limited.
const (
	maxNames       = 4096
	maxLookups     = 64
	nameLife       = 60 * time.Second // of an answer that does not say how long
	shortestLife   = time.Second
	longestLife    = time.Hour
	negativeLife   = 5 * time.Second
	maxNameWaiters = 256
)

// names resolves what URIs in messages name, off the call path, and remembers the
// answers for as long as they may be. Safe for concurrent use.
type names struct {
	lookup Lookup
	speaks func(wire.Transport) bool // that a listener has the transport
	build  func(found []server) *servers
	mu     sync.Mutex
	known  map[query]*name
	slots  chan struct{}
	wg     sync.WaitGroup
	ctx    context.Context
	stop   context.CancelFunc
}

type name struct {
	servers *servers // nil: the name does not resolve
	expires time.Time
	waiting []func(*servers)
	asking  bool
}

func newNames(l Lookup, speaks func(wire.Transport) bool, build func([]server) *servers) *names {
	ctx, stop := context.WithCancel(context.Background())
	return &names{
		lookup: l,
		speaks: speaks,
		build:  build,
		known:  make(map[query]*name),
		slots:  make(chan struct{}, maxLookups),
		ctx:    ctx,
		stop:   stop,
	}
}

// close ends all lookups and waits for them.
func (n *names) close() {
	n.stop()
	n.wg.Wait()
}

// cached returns what is known of a URI now: nil where it is known not to resolve.
func (n *names) cached(q query, now time.Time) (s *servers, fresh bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.known[q]; e != nil && !e.asking && now.Before(e.expires) {
		return e.servers, true
	}
	return nil, false
}

// put remembers servers that are known without a question.
func (n *names) put(q query, s *servers, expires time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.known[q]
	switch {
	case e != nil && e.asking:
		return
	case e == nil:
		if e = n.enter(q); e == nil {
			return
		}
	}
	e.servers, e.expires = s, expires
}

// resolve calls done once, from another goroutine, with the URI's servers or nil.
// It reports false, and never calls done, when its bounds are reached.
func (n *names) resolve(q query, done func(*servers)) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.known[q]
	if e != nil && e.asking {
		if len(e.waiting) >= maxNameWaiters {
			return false
		}
		e.waiting = append(e.waiting, done)
		return true
	}
	if n.ctx.Err() != nil {
		return false
	}
	select {
	case n.slots <- struct{}{}:
	default:
		return false
	}
	if e == nil {
		if e = n.enter(q); e == nil {
			<-n.slots
			return false
		}
	}
	e.asking = true
	e.waiting = []func(*servers){done}
	n.wg.Add(1)
	go n.ask(q, e)
	return true
}

// enter makes an entry, if need be in the place of one that nobody waits for; nil
// where there is none. It needs n.mu.
func (n *names) enter(q query) *name {
	if len(n.known) >= maxNames && !n.evict() {
		return nil
	}
	e := &name{}
	n.known[q] = e
	return e
}

// evict makes room by dropping one entry that nobody waits for.
func (n *names) evict() bool {
	for q, e := range n.known {
		if !e.asking {
			delete(n.known, q)
			return true
		}
	}
	return false
}

func (n *names) ask(q query, e *name) {
	defer n.wg.Done()
	f, err := n.discover(n.ctx, q)
	<-n.slots

	now, life := time.Now(), lifeOf(f.life)
	unsure := f.unsure || err != nil && !errors.Is(err, errNotOffered)
	if len(f.servers) == 0 || unsure {
		life = min(life, negativeLife)
	}
	s := n.build(f.servers)
	n.mu.Lock()
	if unsure && e.servers != nil {
		s = e.servers // a name server that fails makes nobody move
	} else if s != nil {
		s.succeed(e.servers)
	}
	e.servers, e.expires, e.asking = s, now.Add(life), false
	waiting := e.waiting
	e.waiting = nil
	n.mu.Unlock()
	for _, done := range waiting {
		done(s)
	}
}

// lifeOf is how long an answer is kept: as it says, within bounds.
func lifeOf(said time.Duration) time.Duration {
	if said == 0 {
		return nameLife
	}
	return min(max(said, shortestLife), longestLife)
}

// literal reads an IP literal, with or without the brackets of a SIP URI.
func literal(host string) (netip.Addr, bool) {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}
