package sip

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// refreshNames is how often configured host names are resolved again.
const refreshNames = 30 * time.Second

// origin says what a source of messages is to us.
type origin uint8

const (
	stranger    origin = iota // nobody: gets nothing
	fromControl               // configured call control
	fromBridge                // a Call Bridge
)

// peer is who sent a message.
type peer struct {
	origin origin
	index  int // into Settings.CallControls or Settings.Bridges
}

// endpoint is a configured destination with the address that its name has now.
type endpoint struct {
	Destination
	addr atomic.Pointer[netip.AddrPort]
}

func newEndpoint(d Destination) *endpoint {
	e := &endpoint{Destination: d}
	if a, ok := literal(d.Host); ok {
		ap := netip.AddrPortFrom(a, d.Port)
		e.addr.Store(&ap)
	}
	return e
}

// hop is where a message to this endpoint goes; false while its name is not
// resolved.
func (e *endpoint) hop() (wire.Hop, bool) {
	a := e.addr.Load()
	if a == nil {
		return wire.Hop{}, false
	}
	return wire.Hop{Transport: e.Transport, Remote: *a}, true
}

// directory of the peers that we trust: immutable, swapped as a whole when a
// configured name gets another address.
type peers struct {
	exact    map[netip.AddrPort]peer
	hosts    map[netip.Addr]peer
	networks []network // longest prefix first
}

type network struct {
	prefix netip.Prefix
	peer   peer
}

// identify tells who a message came from. The exact address and port of a
// bridge or call control decides first, so that a laboratory with everything
// on one address works; then the most specific source; call control wins a
// tie.
func (p *peers) identify(from netip.AddrPort) peer {
	if x, ok := p.exact[from]; ok {
		return x
	}
	return p.source(from.Addr())
}

func (p *peers) source(a netip.Addr) peer {
	if x, ok := p.hosts[a]; ok {
		return x
	}
	for i := range p.networks {
		if p.networks[i].prefix.Contains(a) {
			return p.networks[i].peer
		}
	}
	return peer{}
}

// Trusted reports whether anything at all is read from a source address: it is
// meant for transport.Options.Allowed. Safe for concurrent use, never blocks.
func (p *Proxy) Trusted(a netip.Addr) bool {
	return p.peers.Load().source(a).origin != stranger
}

// rebuildPeers makes the directory of peers from the configuration and the
// addresses that its names have now.
func (p *Proxy) rebuildPeers() {
	d := &peers{exact: make(map[netip.AddrPort]peer), hosts: make(map[netip.Addr]peer)}
	add := func(pr netip.Prefix, x peer) {
		pr = pr.Masked()
		if pr.IsSingleIP() {
			if _, taken := d.hosts[pr.Addr()]; !taken {
				d.hosts[pr.Addr()] = x
			}
			return
		}
		d.networks = append(d.networks, network{pr, x})
	}
	member := func(x peer, sources []netip.Prefix, at []*endpoint) {
		for _, e := range at {
			a := e.addr.Load()
			if a == nil {
				continue
			}
			if _, taken := d.exact[*a]; !taken {
				d.exact[*a] = x
			}
			if len(sources) == 0 {
				add(netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), x)
			}
		}
		for _, s := range sources {
			add(s, x)
		}
	}
	// Call control first: where it shares an address with a bridge, what does
	// not come from the bridge's own port is taken for call control's.
	for i, c := range p.controls {
		member(peer{fromControl, i}, c.Sources, c.at)
	}
	for i, b := range p.bridges {
		member(peer{fromBridge, i}, b.Sources, []*endpoint{b.at})
	}
	slices.SortStableFunc(d.networks, func(a, b network) int { return b.prefix.Bits() - a.prefix.Bits() })
	p.peers.Store(d)
}

// keepNames resolves the configured names, now and then again, until ctx ends.
// Addresses that a failed lookup leaves behind stay in use.
func (p *Proxy) keepNames(ctx context.Context) {
	for {
		changed := false
		for _, e := range p.endpoints() {
			changed = p.refresh(ctx, e) || changed
		}
		if changed {
			p.rebuildPeers()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshNames):
		}
	}
}

// endpoints lists those whose host is a name.
func (p *Proxy) endpoints() []*endpoint {
	var out []*endpoint
	keep := func(e *endpoint) {
		if _, ok := literal(e.Host); !ok {
			out = append(out, e)
		}
	}
	for _, b := range p.bridges {
		keep(b.at)
	}
	for _, c := range p.controls {
		for _, e := range c.at {
			keep(e)
		}
	}
	return out
}

// refresh resolves one endpoint and reports whether its address changed.
func (p *Proxy) refresh(ctx context.Context, e *endpoint) bool {
	ask, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addrs, err := p.names.lookup.LookupNetIP(ask, "ip", e.Host)
	if err != nil || len(addrs) == 0 {
		if ctx.Err() == nil {
			p.log.Warn("a configured SIP host does not resolve: check its name and DNS",
				hostField(e.Host), zap.Error(err))
		}
		return false
	}
	now := netip.AddrPortFrom(addrs[0].Unmap(), e.Port)
	if old := e.addr.Load(); old != nil && slices.ContainsFunc(addrs, func(a netip.Addr) bool {
		return a.Unmap() == old.Addr()
	}) {
		return false // still one of its addresses: no reason to move
	}
	e.addr.Store(&now)
	return true
}

// bridgeHop is where a bridge's SIP goes now.
func (p *Proxy) bridgeHop(id lb.BridgeID) (wire.Hop, bool) {
	return p.bridges[id].at.hop()
}
