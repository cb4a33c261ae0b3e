package transport

import "net/netip"

// RFC 3261 section 18.1.1: a request that comes within mtuMargin bytes of the
// path MTU is too large for a datagram, as headers of the network and a longer
// response must fit as well; where the path MTU is not known, one of more than
// unknownLimit bytes is.
const (
	mtuMargin    = 200
	unknownLimit = 1300
)

// datagramLimit is how long a request may be on a path with this MTU, 0 being
// an unknown one.
func datagramLimit(mtu int) int {
	if mtu <= 0 {
		return unknownLimit
	}
	return mtu - mtuMargin
}

// PathMTU returns the path MTU to remote that the kernel knows, in bytes, IP
// header included; 0 when unknown. Answers are kept for about 30 s.
func (s *Stack) PathMTU(remote netip.Addr) int {
	r, err := s.routes.to(remote.Unmap())
	if err != nil {
		return 0
	}
	return r.mtu
}

// TooLarge reports whether a request of n bytes must not go to remote in a
// datagram (RFC 3261 section 18.1.1). One that fits on every path costs a
// comparison; for the others the path MTU is looked up.
func (s *Stack) TooLarge(remote netip.Addr, n int) bool {
	return n > int(s.routes.fits.Load()) && n > datagramLimit(s.PathMTU(remote))
}

// refit keeps fits right when a path was asked for, whether it was known with
// another MTU or not. It needs c.mu.
func (c *routeCache) refit(before, after int, known bool) {
	fits := int64(datagramLimit(after))
	switch now := c.fits.Load(); {
	case fits <= now:
		c.fits.Store(fits)
	case known && before != after && int64(datagramLimit(before)) <= now:
		// The narrowest path has become wider.
		least := int64(unknownLimit)
		for _, r := range c.routes {
			least = min(least, int64(datagramLimit(r.mtu)))
		}
		c.fits.Store(least)
	}
}
