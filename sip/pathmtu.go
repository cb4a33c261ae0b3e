package sip

import (
	"context"
	"time"

	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// RFC 3261 section 18.1.1: a request that is too large for a datagram on its
// path goes over TCP, unless the target's URI says transport=udp, we have no
// TCP listener of the family, or the target refused TCP not long ago. How
// large it is shows when it is built. Via and Record-Route then name TCP. If no
// connection comes about it goes over UDP after all: still the same try (R12),
// and no evidence against anybody, since nobody had promised TCP.

// outgrows moves a branch to TCP if the request, n bytes as built for UDP, is
// too large for a datagram. It then has to be built again.
func (c *responseContext) outgrows(b *transaction.Branch, t *target, n int) bool {
	hop := b.Hop()
	if !c.proxy.stack.TooLarge(hop.Remote.Addr(), n) {
		return false
	}
	hop, out, ok := c.proxy.tcpInstead(hop, c.to.named)
	if !ok {
		return false
	}
	b.SetHop(hop)
	t.out, t.moved = c.proxy.sides.of(out), true
	return true
}

// tcpInstead is the hop over TCP for a large request that was to leave over
// UDP, and our side there; ok is false where it stays with UDP. named tells
// that the URI that led here names its transport.
func (p *Proxy) tcpInstead(hop wire.Hop, named bool) (tcp wire.Hop, out side, ok bool) {
	if !named && !p.fixedUDP(hop) && !p.stack.Refused(wire.TCP, hop.Remote) {
		tcp = wire.Hop{Transport: wire.TCP, Remote: hop.Remote}
		if out, local, err := p.sideOf(tcp); err == nil {
			tcp.Listener, tcp.Local = local.Listener, local.Addr
			p.counts.largeTCP.Add(1)
			return tcp, out, true
		}
	}
	p.counts.largeUDP.Add(1)
	return hop, side{}, false
}

// fixedUDP reports that the configuration wants UDP alone at a hop.
func (p *Proxy) fixedUDP(hop wire.Hop) bool {
	for _, e := range p.endpoints {
		if e.Fixed && e.servers().has(wire.UDP, hop.Remote) {
			return true
		}
	}
	return false
}

// backToUDP sends a request that its size had moved to TCP again over UDP, in
// a branch of its own, since Via changes. It reports false where there is
// nothing to send any more.
func (c *responseContext) backToUDP(b *transaction.Branch) bool {
	t := &c.targets[b.Index()]
	if !t.moved || b.Index() != c.newest || c.cancel || c.up > 100 {
		return false
	}
	again := c.branch(wire.Hop{Transport: wire.UDP, Remote: b.Hop().Remote}, t.bridge)
	if again == nil {
		return false
	}
	c.targets[c.newest].measured = true
	c.proxy.counts.backToUDP.Add(1)
	c.tx.Send(again)
	return true
}

// patience is how long the newest target has at first: half of its time where
// it may turn out to have no TCP, so that the other half is left for UDP.
func (c *responseContext) patience() time.Duration {
	all := c.proxy.set.Rules.AttemptTimeout
	if c.targets[c.newest].moved {
		return all / 2
	}
	return all
}

// halfTime handles the end of that half, and reports whether it was that. With
// no connection by now (the SYN may have been dropped on the way) the request
// goes over UDP; with one the target merely takes its time.
func (c *responseContext) halfTime(b *transaction.Branch) bool {
	left := c.proxy.set.Rules.AttemptTimeout - c.sinceSent()
	if !c.targets[b.Index()].moved || b.Provisional() || left <= 0 {
		return false
	}
	if !c.proxy.stack.Connected(wire.TCP, b.Hop().Remote) && c.backToUDP(b) {
		c.tx.Abandon(b)
	}
	c.tx.SetTimer(left)
	return true
}

// refreshPaths is how often the paths to configured targets are asked for.
const refreshPaths = 20 * time.Second

// keepPaths keeps the path MTU of every configured target known, so that also
// those requests are moved that only a narrow path makes large, and no call
// waits for the kernel.
func (p *Proxy) keepPaths(ctx context.Context) {
	for {
		for _, e := range p.endpoints {
			if s := e.servers(); s != nil && !e.Fixed {
				for i := range s.list {
					p.stack.PathMTU(s.list[i].at.Addr())
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshPaths):
		}
	}
}
