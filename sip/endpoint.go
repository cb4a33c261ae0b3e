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
)

// How often configured host names are resolved: again while all is well, and
// again where one has no address at all yet.
const (
	refreshNames = 30 * time.Second
	retryNames   = 2 * time.Second
)

// endpoint is a configured destination with what it resolves to now.
type endpoint struct {
	Destination
	where  atomic.Pointer[servers] // nil until the name was resolved
	life   time.Duration           // of keepNames: how long that may be used
	warned bool                    // of keepNames: that it does not resolve was told
}

func newEndpoint(d Destination) *endpoint {
	e := &endpoint{Destination: d}
	if a, ok := literal(d.Host); ok {
		at := netip.AddrPortFrom(a, d.port())
		e.where.Store(&servers{list: []server{{transport: d.Transport, at: at}}, all: []netip.AddrPort{at}})
	}
	return e
}

// port is the one of the URI, or the default of its transport.
func (d *Destination) port() uint16 {
	if d.Port == 0 {
		return defaultPortOf(d.Transport)
	}
	return d.Port
}

// servers are where messages to this endpoint go, nil while its name is not
// resolved.
func (e *endpoint) servers() *servers { return e.where.Load() }

// named reports that a host, given as written and as the address that it may
// be, is this endpoint's.
func (e *endpoint) named(host []byte, a netip.Addr) bool {
	return equalFold(host, e.Host) || a.IsValid() && e.hasAddress(a)
}

func (e *endpoint) hasAddress(a netip.Addr) bool {
	w := e.where.Load()
	return w != nil && slices.ContainsFunc(w.all, func(at netip.AddrPort) bool { return at.Addr() == a })
}

// serversAt are this endpoint's addresses with the port and transport of another
// URI of its host.
func (e *endpoint) serversAt(q query) (list []server) {
	w := e.where.Load()
	if w == nil {
		return nil
	}
	port := q.port
	if port == 0 {
		port = defaultPortOf(q.transport)
	}
	for _, at := range w.all {
		s := server{transport: q.transport, at: netip.AddrPortFrom(at.Addr(), port)}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// bridgeServers are where a bridge's SIP goes now.
func (p *Proxy) bridgeServers(id lb.BridgeID) *servers { return p.bridges[id].at.servers() }

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
		for _, e := range names {
			switch {
			case e.where.Load() == nil:
				pause = retryNames
			case e.life > 0:
				pause = min(pause, max(e.life, retryNames))
			}
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

// refresh resolves one endpoint and reports whether its servers changed.
func (p *Proxy) refresh(ctx context.Context, e *endpoint) bool {
	f, err := p.names.discover(ctx, query{e.Host, e.Port, e.Transport, e.Fixed})
	next := p.serversOf(f.servers)
	if next == nil {
		if ctx.Err() == nil && !e.warned {
			e.warned = true
			p.log.Warn("a configured SIP host does not resolve: check its name and DNS",
				hostField(e.Host), zap.Error(err))
		}
		return false
	}
	e.warned, e.life = false, f.life
	old := e.where.Load()
	if f.unsure {
		e.life = negativeLife
	}
	if f.unsure && old != nil || old.same(next) {
		return false // a name server that fails makes nobody move
	}
	next.succeed(old)
	e.where.Store(next)
	p.log.Info("a configured SIP host is at", hostField(e.Host), zap.Stringers("servers", next.list))
	return true
}
