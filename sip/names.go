package sip

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Lookup resolves a host name to addresses. It may block and is never called
// on the call path. *net.Resolver is one.
type Lookup interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Bounds of the name cache. A name in a message is somebody else's data: what
// it can make us remember or ask for is limited.
const (
	maxNames       = 4096
	maxLookups     = 64
	lookupTimeout  = 2 * time.Second
	nameLife       = 60 * time.Second // the system resolver gives no TTL
	negativeLife   = 5 * time.Second
	maxNameWaiters = 256
	maxAddresses   = 8 // kept of one name
)

// names resolves host names found in messages, off the call path, and
// remembers the answers. Safe for concurrent use.
type names struct {
	lookup Lookup
	mu     sync.Mutex
	known  map[string]*name
	slots  chan struct{}
	wg     sync.WaitGroup
	ctx    context.Context
	stop   context.CancelFunc
}

type name struct {
	addrs   []netip.Addr // none: the name does not resolve
	expires time.Time
	waiting []func([]netip.Addr)
	asking  bool
}

func newNames(l Lookup) *names {
	if l == nil {
		l = net.DefaultResolver
	}
	ctx, stop := context.WithCancel(context.Background())
	return &names{
		lookup: l,
		known:  make(map[string]*name),
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

// cached returns what is known of a host now: no addresses at all where it is
// known not to resolve.
func (n *names) cached(host string, now time.Time) (addrs []netip.Addr, fresh bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.known[host]; e != nil && !e.asking && now.Before(e.expires) {
		return e.addrs, true
	}
	return nil, false
}

// resolve calls done once, from another goroutine, with the host's addresses or
// none. It reports false, and never calls done, when its bounds
// are reached.
func (n *names) resolve(host string, done func([]netip.Addr)) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.known[host]
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
	if e == nil {
		if len(n.known) >= maxNames && !n.evict() {
			return false
		}
		e = &name{}
	}
	select {
	case n.slots <- struct{}{}:
	default:
		return false
	}
	n.known[host] = e
	e.asking = true
	e.waiting = []func([]netip.Addr){done}
	n.wg.Add(1)
	go n.ask(host, e)
	return true
}

// evict makes room by dropping one entry that nobody waits for.
func (n *names) evict() bool {
	for host, e := range n.known {
		if !e.asking {
			delete(n.known, host)
			return true
		}
	}
	return false
}

func (n *names) ask(host string, e *name) {
	defer n.wg.Done()
	ctx, cancel := context.WithTimeout(n.ctx, lookupTimeout)
	addrs, err := n.lookup.LookupNetIP(ctx, "ip", host)
	cancel()
	<-n.slots

	life := nameLife
	if err != nil || len(addrs) == 0 {
		addrs, life = nil, negativeLife
	}
	addrs = unmapped(addrs[:min(len(addrs), maxAddresses)])
	n.mu.Lock()
	e.addrs, e.expires, e.asking = addrs, time.Now().Add(life), false
	waiting := e.waiting
	e.waiting = nil
	n.mu.Unlock()
	for _, done := range waiting {
		done(addrs)
	}
}

// unmapped are addresses as the rest of the program compares them: an IPv4
// address is never written as an IPv6 one.
func unmapped(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap()
	}
	return out
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
