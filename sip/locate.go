package sip

import (
	"context"
	"errors"
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

// hopOf is where a literal address in a URI leads; false for a name.
func hopOf(uri *wire.URI) (wire.Hop, bool) {
	addr, ok := wire.HostAddr(targetHost(uri))
	return wire.Hop{Transport: transportOf(uri), Remote: netip.AddrPortFrom(addr, portOf(uri))}, ok
}

// queryOf is what is asked about a URI with a name (RFC 3263 section 4).
func queryOf(uri *wire.URI) query {
	host := strings.ToLower(string(targetHost(uri)))
	return query{host, uint16(max(uri.Port, 0)), transportOf(uri), namesTransport(uri)}
}

// serversOfURI are the servers of a URI with a name, as far as they are known
// without asking anybody. asked tells that nobody need be asked: nil then is for
// a name that does not resolve.
func (p *Proxy) serversOfURI(q query, now time.Time) (s *servers, asked bool) {
	if s, asked = p.names.cached(q, now); s != nil {
		return s, true
	}
	if e := p.configured(q.host); e != nil && (asked || q.port != 0) {
		// The addresses of configured names are kept, whatever else DNS says now.
		if s = p.serversOf(e.serversAt(q)); s != nil {
			p.names.put(q, s, now.Add(refreshNames))
			return s, true
		}
	}
	return nil, asked
}

// configured is an endpoint of the configuration with that host name.
func (p *Proxy) configured(host string) *endpoint {
	for _, e := range p.endpoints {
		if e.Host == host {
			return e
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

// portOf is the port that a URI means without DNS.
func portOf(uri *wire.URI) uint16 {
	if uri.Port >= 0 {
		return uint16(uri.Port)
	}
	return defaultPortOf(transportOf(uri))
}

func defaultPortOf(t wire.Transport) uint16 {
	if t == wire.TLS {
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

// locate finds the servers of a request's one next hop. A host name that is not
// known yet parks the request: an INVITE has its 100, the reader goes on, and the
// answer of the resolver resumes it where it stopped.
func (c *responseContext) locate(uri *wire.URI) *reply {
	p := c.proxy
	c.to.named = namesTransport(uri)
	hop, ok := hopOf(uri)
	if ok {
		c.to.hop = hop
		return nil
	}
	q := queryOf(uri)
	s, known := p.serversOfURI(q, c.now())
	switch {
	case s != nil:
		c.to.servers = s
		return nil
	case known:
		return &reply{status: 480, warning: "host " + printable(targetHost(uri)) + " does not resolve"}
	case p.parked.Add(1) > maxParked:
		p.parked.Add(-1)
		return &reply{status: 503, retryAfter: retryAfter, warning: "too many requests wait for name resolution"}
	}
	ref := c.tx.Ref()
	asked := p.names.resolve(q, func(s *servers) {
		p.parked.Add(-1)
		p.guarded("parked request", func() {
			if s == nil { // a configured name may be known all the same
				s, _ = p.serversOfURI(q, time.Now())
			}
			p.resume(ref, s)
		})
	})
	if !asked {
		p.parked.Add(-1)
		return &reply{status: 503, retryAfter: retryAfter, warning: "too many names are being resolved"}
	}
	c.to.waiting = true
	return nil
}

// resume brings the answer for a parked request back to its transaction. The
// context is looked up there and not remembered here: while the name was being
// resolved the caller may have given up, and the context may serve another call.
func (p *Proxy) resume(ref transaction.Ref, s *servers) {
	out := p.stack.NewBatch()
	defer out.Flush()
	p.layer.Post(ref, time.Now(), out, func(tx *transaction.Tx) {
		if c, ok := tx.Data().(*responseContext); ok {
			c.enter(tx)
			c.thaw()
			defer c.leave()
			c.resume(s)
		}
	})
}

// resume continues a parked request with the servers of its next hop.
func (c *responseContext) resume(s *servers) {
	if !c.to.waiting {
		return // cancelled while it waited
	}
	c.to.waiting = false
	if s == nil {
		c.replyLater(&reply{status: 480, warning: "the next hop's host does not resolve"})
		return
	}
	c.to.servers = s
	c.settle(c.attempt())
}

// Locate finds the servers of a URI as the proxy does (RFC 3263 section 4), in the
// order of their priority, over UDP or TCP. It blocks for two seconds at most. No
// server is an error that says so.
func Locate(ctx context.Context, l Lookup, d Destination) ([]wire.Hop, error) {
	n := newNames(l, func(t wire.Transport) bool { return t == wire.UDP || t == wire.TCP }, nil)
	defer n.close()
	f, err := n.discover(ctx, query{d.Host, d.Port, d.Transport, d.Fixed})
	if err == nil && len(f.servers) == 0 {
		err = errors.New("there is no such host")
	}
	var at []wire.Hop
	for i := range f.servers {
		at = append(at, f.servers[i].hop())
	}
	return at, err
}
