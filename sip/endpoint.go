package sip

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// How often configured host names are resolved: again while all is well, and
// again where one has no address at all yet.
const (
	refreshNames = 30 * time.Second
	retryNames   = 2 * time.Second
)

// endpoint is a configured destination with what its host means now.
type endpoint struct {
	Destination
	where  atomic.Pointer[whereabouts] // nil until the name was resolved
	warned bool                        // of keepNames: that it does not resolve was told
}

// whereabouts are the addresses of an endpoint; immutable.
type whereabouts struct {
	at  netip.AddrPort // where messages go
	all []netip.Addr   // where they may come from
}

func newEndpoint(d Destination) *endpoint {
	e := &endpoint{Destination: d}
	if a, ok := literal(d.Host); ok {
		e.where.Store(&whereabouts{netip.AddrPortFrom(a, d.Port), []netip.Addr{a}})
	}
	return e
}

// hop is where a message to this endpoint goes; false while its name is not
// resolved.
func (e *endpoint) hop() (wire.Hop, bool) {
	w := e.where.Load()
	if w == nil {
		return wire.Hop{}, false
	}
	return wire.Hop{Transport: e.Transport, Remote: w.at}, true
}

// addresses are all that its host has now.
func (e *endpoint) addresses() []netip.Addr {
	if w := e.where.Load(); w != nil {
		return w.all
	}
	return nil
}

// named reports that a host, given as written and as the address that it may
// be, is this endpoint's.
func (e *endpoint) named(host []byte, a netip.Addr) bool {
	return equalFold(host, e.Host) || a.IsValid() && slices.Contains(e.addresses(), a)
}

// bridgeHop is where a bridge's SIP goes now.
func (p *Proxy) bridgeHop(id lb.BridgeID) (wire.Hop, bool) { return p.bridges[id].at.hop() }

// keepNames resolves the configured names, now and then again, until ctx ends.
// Addresses that a failed lookup leaves behind stay in use.
func (p *Proxy) keepNames(ctx context.Context) {
	names := slices.DeleteFunc(slices.Clone(p.endpoints), func(e *endpoint) bool {
		_, isAddress := literal(e.Host)
		return isAddress
	})
	for len(names) > 0 {
		if p.refreshAll(ctx, names) {
			p.rebuildPeers()
		}
		pause := refreshNames
		if slices.ContainsFunc(names, func(e *endpoint) bool { return e.where.Load() == nil }) {
			pause = retryNames
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// refreshAll resolves all at once, so that a name server that is slow with one
// of them keeps nobody waiting. It reports whether anything changed.
func (p *Proxy) refreshAll(ctx context.Context, names []*endpoint) bool {
	var changed atomic.Bool
	var all sync.WaitGroup
	for _, e := range names {
		all.Go(func() {
			p.guarded("names", func() {
				if p.refresh(ctx, e) {
					changed.Store(true)
				}
			})
		})
	}
	all.Wait()
	return changed.Load()
}

// refresh resolves one endpoint and reports whether its addresses changed.
func (p *Proxy) refresh(ctx context.Context, e *endpoint) bool {
	ask, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := p.names.lookup.LookupNetIP(ask, "ip", e.Host)
	if err != nil || len(found) == 0 {
		if ctx.Err() == nil && !e.warned {
			e.warned = true
			p.log.Warn("a configured SIP host does not resolve: check its name and DNS",
				hostField(e.Host), zap.Error(err))
		}
		return false
	}
	e.warned = false
	found = unmapped(found)
	old := e.where.Load()
	next := &whereabouts{netip.AddrPortFrom(p.usable(e.Transport, found), e.Port), found}
	if old != nil {
		if slices.Contains(found, old.at.Addr()) {
			next.at = old.at // still one of its addresses: no reason to move
		}
		if next.at == old.at && slices.Equal(next.all, old.all) {
			return false
		}
	}
	e.where.Store(next)
	return true
}

// usable picks the first address that one of our listeners can send to; the
// first of all where there is none.
func (p *Proxy) usable(t wire.Transport, addrs []netip.Addr) netip.Addr {
	for _, a := range addrs {
		if _, err := p.stack.LocalFor(t, a); err == nil {
			return a
		}
	}
	return addrs[0]
}
