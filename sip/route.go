package sip

import (
	"bridgehead/sip/wire"
)

// maxOwnRoutes bounds how many Route values of ours are removed from one
// request: two is what we insert at most, and a request that crosses this edge
// twice in a row has four.
const maxOwnRoutes = 4

// preprocess is RFC 3261 section 16.4: a strict router before us is repaired,
// and Route values that name us are removed. What their token says is kept.
func (c *responseContext) preprocess(m *wire.Message, uri *wire.URI) *reply {
	n := 0
	var last wire.Value
	ours := true
	for v := range m.Values(wire.Route) {
		last = v
		n++
		if ours && c.routes.popped < maxOwnRoutes && c.ownRoute(m, m.Text(v.Span)) {
			c.routes.popped++
			continue
		}
		if ours {
			ours = false
			c.routes.next = v.Span
		}
	}
	// A strict router moves our Route value into the Request-URI and the
	// remote target to the end of the Route set: put both back.
	if t, ok := c.proxy.keys.verify(uri.User, m.Text(m.CallID)); ok && n > 0 {
		if c.routes.popped == n {
			return badRequest(errStrictLoop)
		}
		c.token, c.hasToken = t, true
		c.routes.repaired = last.Span
		if c.routes.next == last.Span {
			c.routes.next = wire.Span{}
		}
	}
	return nil
}

// errStrictLoop is a request whose target and whole route are this edge.
var errStrictLoop = &wire.Error{Status: 400, Reason: "Request-URI and every Route name this proxy"}

// ownRoute reports a Route value of ours: our token under one of our keys, or
// a host and port at which we listen.
func (c *responseContext) ownRoute(m *wire.Message, value []byte) bool {
	na, err := wire.ParseNameAddr(value)
	if err != nil {
		return false
	}
	uri, err := wire.ParseURI(na.URI)
	if err != nil || !uri.IsSIP() {
		return false
	}
	if t, ok := c.proxy.keys.verify(uri.User, m.Text(m.CallID)); ok {
		if !c.hasToken {
			c.token, c.hasToken = t, true
		}
		return true
	}
	port := uri.Port
	if port < 0 {
		port = 5060
	}
	return c.proxy.isUs(uri.Host, uint16(port))
}

// routeEdits is what section 16.4 found out about a request, so that every
// copy of it that goes out is edited alike.
type routeEdits struct {
	popped   int       // values removed from the front
	next     wire.Span // first value that is left; zero when none
	repaired wire.Span // value that becomes the Request-URI; zero when none
	strict   bool      // next is a strict router (no lr)
}
