package sip

import (
	"net/netip"
	"slices"
)

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

// directory of the peers that we trust: immutable, swapped as a whole when a
// configured name gets another address.
type peers struct {
	exact    map[netip.AddrPort]peer
	hosts    map[netip.Addr]peer
	networks []network               // longest prefix first
	answers  map[netip.Addr]struct{} // where we send to, so answers come from there
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

// Trusted reports whether anything at all is read from a source address, be it
// only answers: it is meant for transport.Options.Allowed. Safe for concurrent
// use, never blocks.
func (p *Proxy) Trusted(a netip.Addr) bool {
	d := p.peers.Load()
	if _, ok := d.answers[a]; ok {
		return true
	}
	return d.source(a).origin != stranger
}

// rebuildPeers makes the directory of peers from the configuration and the
// addresses that its names have now.
func (p *Proxy) rebuildPeers() {
	d := &peers{
		exact:   make(map[netip.AddrPort]peer),
		hosts:   make(map[netip.Addr]peer),
		answers: make(map[netip.Addr]struct{}),
	}
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
			s := e.servers()
			if s == nil {
				continue
			}
			for _, from := range s.all {
				a := from.Addr()
				d.answers[a] = struct{}{}
				if _, taken := d.exact[from]; !taken {
					d.exact[from] = x
				}
				if len(sources) == 0 {
					add(netip.PrefixFrom(a, a.BitLen()), x)
				}
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
