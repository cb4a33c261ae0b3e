package transport

import (
	"net"
	"net/netip"
	"sync"
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

	mu     sync.RWMutex
	routes map[netip.Addr]route
}

func (c *routeCache) init(now func() time.Time) {
	c.now, c.lookup, c.routes = now, askKernel, make(map[netip.Addr]route)
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
	if _, known := c.routes[remote]; !known && len(c.routes) >= maxRoutes {
		c.evict(now)
	}
	c.routes[remote] = r
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

// PathMTU returns the path MTU to remote that the kernel knows, in bytes, IP
// header included (RFC 3261 section 18.1.1); 0 when unknown. Answers are kept
// for about 30 s.
func (s *Stack) PathMTU(remote netip.Addr) int {
	r, err := s.routes.to(remote.Unmap())
	if err != nil {
		return 0
	}
	return r.mtu
}
