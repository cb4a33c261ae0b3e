package sip

import (
	"net/netip"
	"strings"
	"time"

	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// maxParked bounds the requests that wait for a name at one time.
const maxParked = 4096

// The ports of a SIP URI without one (RFC 3261 section 19.1.2).
const (
	defaultPort    = 5060
	defaultTLSPort = 5061
)

// hopOf is where a URI leads, as far as that is known without asking anybody:
// host, port and transport parameter (RFC 3263 section 4, the part for explicit
// transports; UDP where the URI says none).
func (p *Proxy) hopOf(uri *wire.URI, now time.Time) (wire.Hop, bool) {
	h := wire.Hop{Transport: transportOf(uri)}
	host := targetHost(uri)
	addr, ok := wire.HostAddr(host)
	if !ok {
		known := p.configured(host)
		if known == nil {
			known, _ = p.names.cached(hostKey(host), now)
		}
		if len(known) == 0 {
			return h, false
		}
		addr = p.usable(h.Transport, known)
	}
	h.Remote = netip.AddrPortFrom(addr, portOf(uri))
	return h, true
}

// configured are the addresses of a host name that the configuration has too:
// these are kept fresh and need no waiting.
func (p *Proxy) configured(host []byte) []netip.Addr {
	for _, e := range p.endpoints {
		if equalFold(host, e.Host) {
			return e.addresses()
		}
	}
	return nil
}

// targetHost is what has to be resolved: maddr before host (RFC 3263 section 4).
func targetHost(uri *wire.URI) []byte {
	if maddr, ok := uri.Param("maddr"); ok && len(maddr) > 0 {
		return maddr
	}
	return uri.Host
}

// hostKey is a host name as the cache of names knows it.
func hostKey(host []byte) string { return strings.ToLower(string(host)) }

func portOf(uri *wire.URI) uint16 {
	switch {
	case uri.Port >= 0:
		return uint16(uri.Port)
	case transportOf(uri) == wire.TLS:
		return defaultTLSPort
	}
	return defaultPort
}

// transportOf is what a URI asks for. sips is TLS on every hop, whatever the
// parameter says; a transport that we do not speak is left to whoever sends.
func transportOf(uri *wire.URI) wire.Transport {
	if uri.Secure() {
		return wire.TLS
	}
	if v, ok := uri.Param("transport"); ok {
		if t, known := wire.ParseTransport(v); known {
			return t
		}
	}
	return wire.UDP
}

// namesTransport reports a URI that leaves no choice of transport.
func namesTransport(uri *wire.URI) bool {
	_, named := uri.Param("transport")
	return named
}

// locate finds the one next hop of a request. A host name that is not known
// yet parks the request: an INVITE has its 100, the reader goes on, and the
// answer of the resolver resumes it where it stopped.
func (c *responseContext) locate(uri *wire.URI) *reply {
	p := c.proxy
	c.to.named = namesTransport(uri)
	hop, ok := p.hopOf(uri, c.now())
	if ok {
		c.to.hop = hop
		return nil
	}
	host := hostKey(targetHost(uri))
	if _, fresh := p.names.cached(host, c.now()); fresh { // known not to resolve
		return &reply{status: 480, warning: "host " + printable(targetHost(uri)) + " does not resolve"}
	}
	if p.parked.Add(1) > maxParked {
		p.parked.Add(-1)
		return &reply{status: 503, retryAfter: retryAfter, warning: "too many requests wait for name resolution"}
	}
	ref := c.tx.Ref()
	hop.Remote = netip.AddrPortFrom(netip.Addr{}, portOf(uri))
	asked := p.names.resolve(host, func(addrs []netip.Addr) {
		p.parked.Add(-1)
		p.guarded("parked request", func() { p.resume(ref, addrs) })
	})
	if !asked {
		p.parked.Add(-1)
		return &reply{status: 503, retryAfter: retryAfter, warning: "too many names are being resolved"}
	}
	c.to.hop = hop
	c.to.waiting = true
	return nil
}

// resume brings the answer for a parked request back to its transaction. The
// context is looked up there and not remembered here: while the name was being
// resolved the caller may have given up, and the context may serve another call.
func (p *Proxy) resume(ref transaction.Ref, addrs []netip.Addr) {
	out := p.stack.NewBatch()
	defer out.Flush()
	p.layer.Post(ref, time.Now(), out, func(tx *transaction.Tx) {
		if c, ok := tx.Data().(*responseContext); ok {
			c.enter(tx)
			c.thaw()
			defer c.leave()
			c.resume(addrs)
		}
	})
}

// resume continues a parked request with the addresses of its next hop.
func (c *responseContext) resume(addrs []netip.Addr) {
	if !c.to.waiting {
		return // cancelled while it waited
	}
	c.to.waiting = false
	if len(addrs) == 0 {
		c.replyLater(&reply{status: 480, warning: "the next hop's host does not resolve"})
		return
	}
	hop := &c.to.hop
	hop.Remote = netip.AddrPortFrom(c.proxy.usable(hop.Transport, addrs), hop.Remote.Port())
	c.settle(c.attempt())
}
