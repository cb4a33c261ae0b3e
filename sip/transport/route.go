package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	routeTTL  = 30 * time.Second
	maxRoutes = 4096
)

// route is what the kernel says about the way to one peer.
type route struct {
	source  netip.Addr
	host    string // source as a Via wants it
	mtu     int    // 0: unknown
	expires time.Time
}

// routeCache keeps the kernel's answers. Safe for concurrent use.
type routeCache struct {
	now    func() time.Time
	lookup func(netip.Addr) (route, error) // askKernel, but for tests

	// fits is what a datagram may have on every path: on those known, and on
	// one of which nothing is known.
	fits atomic.Int64

	mu     sync.RWMutex
	routes map[netip.Addr]route
}

func (c *routeCache) init(now func() time.Time) {
	c.now, c.lookup, c.routes = now, askKernel, make(map[netip.Addr]route)
	c.fits.Store(unknownLimit)
}

// to returns the route to remote, from the cache or from the kernel, which is
// asked outside of the lock.
func (c *routeCache) to(remote netip.Addr) (route, error) {
	if !remote.IsValid() || remote.IsUnspecified() {
		return route{}, ErrNoAddress
	}
	now := c.now()
	c.mu.RLock()
	r, ok := c.routes[remote]
	c.mu.RUnlock()
	if ok && now.Before(r.expires) {
		return r, nil
	}
	r, err := c.lookup(remote)
	if err != nil {
		return route{}, err
	}
	r.expires = now.Add(routeTTL)
	r.host = viaHost(r.source)
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.routes[remote]
	if !known && len(c.routes) >= maxRoutes {
		c.evict(now)
	}
	c.routes[remote] = r
	c.refit(old.mtu, r.mtu, known)
	return r, nil
}

// evict drops what has expired, and if that is little, anything, until a
// quarter is free, so that it runs seldom.
func (c *routeCache) evict(now time.Time) {
	for addr, r := range c.routes {
		if !now.Before(r.expires) {
			delete(c.routes, addr)
		}
	}
	for addr := range c.routes {
		if len(c.routes) <= maxRoutes*3/4 {
			break
		}
		delete(c.routes, addr)
	}
}

// askKernel connects a UDP socket, which looks the route up and sends nothing.
func askKernel(remote netip.Addr) (route, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 5060)))
	if err != nil {
		return route{}, err
	}
	defer c.Close()
	local := unmapPort(c.LocalAddr().(*net.UDPAddr).AddrPort())
	return route{source: local.Addr(), mtu: socketMTU(c, remote.Is6())}, nil
}
