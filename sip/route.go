package sip

import (
	"bridgehead/sip/wire"
)

// maxOwnRoutes bounds how many Route values of ours are removed from one
// request: two is what we insert at most, and a request that crosses this edge
// twice in a row has four.
const maxOwnRoutes = 4

// routing is what section 16.4 finds out about a request, so that every copy
// of it that goes out is edited alike.
type routing struct {
	popped   int       // our own Route values at the front, which are removed
	next     wire.Span // first Route value that is left; zero when none
	repaired wire.Span // last Route value, which becomes the Request-URI; zero when none
	strict   bool      // next is a strict router (no lr)
	maddr    bool      // the Request-URI's maddr names us and is taken out
	token    token     // what our Record-Route said, inside a dialog
	hasToken bool
}

// errStrictLoop is a request whose target and whole route are this edge.
var errStrictLoop = &wire.Error{Status: 400, Reason: "Request-URI and every Route name this proxy"}

// preprocess is RFC 3261 section 16.4: a strict router before us is repaired,
// a maddr that names us is taken out, and Route values of ours are removed.
// What their token says is kept.
func (p *Proxy) preprocess(m *wire.Message, uri *wire.URI, from wire.Hop) (routing, *reply) {
	var r routing
	n := 0
	var last wire.Span
	ours := true
	for v := range m.Values(wire.Route) {
		n++
		last = v.Span
		if ours = ours && r.popped < maxOwnRoutes && p.ownRoute(&r, m, v.Span); ours {
			r.popped++
		} else if r.next.Empty() {
			r.next = v.Span
		}
	}
	r.maddr = p.maddrIsUs(uri, from)
	if n == 0 {
		return r, nil
	}
	// A strict router moved our Route value into the Request-URI and the remote
	// target to the end of the route set: put both back.
	if t, ok := p.keys.verify(uri.User, m.Text(m.CallID)); ok {
		if r.popped == n {
			return r, badRequest(errStrictLoop)
		}
		r.token, r.hasToken, r.repaired = t, true, last
		if r.next == last {
			r.next = wire.Span{}
		}
	}
	return r, nil
}

// ownRoute reports a Route value of ours: our token under one of our keys, so
// that any edge which shares them may stand in for this one, or a place where
// we listen.
func (p *Proxy) ownRoute(r *routing, m *wire.Message, value wire.Span) bool {
	uri, ok := nameAddrURI(m.Text(value))
	if !ok {
		return false
	}
	t, ok := p.keys.verify(uri.User, m.Text(m.CallID))
	if ok && !r.hasToken {
		r.token, r.hasToken = t, true
	}
	return ok || p.leadsHere(&uri)
}

// maddrIsUs reports a maddr that names us in a Request-URI whose port and
// transport are those that the request came in by.
func (p *Proxy) maddrIsUs(uri *wire.URI, from wire.Hop) bool {
	maddr, ok := uri.Param("maddr")
	return ok && p.isUs(maddr, 0) && transportOf(uri) == from.Transport && portOf(uri) == from.Local.Port()
}

// nameAddrURI is the SIP URI of a Route value.
func nameAddrURI(value []byte) (wire.URI, bool) {
	na, err := wire.ParseNameAddr(value)
	if err != nil {
		return wire.URI{}, false
	}
	u, err := wire.ParseURI(na.URI)
	return u, err == nil && u.IsSIP()
}

// spliceRoutes removes our own Route values, puts back what a strict router
// before us moved (16.4), and moves what a strict router after us wants
// (16.6 step 6).
func (r *routing) spliceRoutes(w *work, m *wire.Message) {
	if r.popped == 0 && r.repaired.Empty() && !r.strict {
		return
	}
	n := 0
	var end uint32
	for v := range m.Values(wire.Route) {
		n++
		end = m.Headers[v.Header].Line.End
		switch {
		case n <= r.popped:
			w.edits.PopRoute(m, v)
		case r.strict && v.Span == r.next, !r.strict && v.Span == r.repaired:
			w.edits.PopRoute(m, v)
			w.edits.Replace(m.RequestURI, uriOf(m.Text(v.Span)))
		}
	}
	// Between two strict routers the remote target stands at the end already.
	if r.strict && r.repaired.Empty() {
		w.line = append(w.line[:0], "Route: <"...)
		w.line = append(w.line, m.Text(m.RequestURI)...)
		w.line = append(w.line, ">\r\n"...)
		w.edits.Insert(end, w.line)
	}
}

// uriOf is the URI inside a Route value.
func uriOf(value []byte) []byte {
	na, err := wire.ParseNameAddr(value)
	if err != nil {
		return value
	}
	return na.URI
}
