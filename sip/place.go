package sip

import (
	"bytes"
	"slices"
	"unicode/utf8"
	"unsafe"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// place asks the selection for a Call Bridge (R5 to R9). An INVITE reserves;
// any other request goes where an INVITE would and holds nothing (R8).
func (c *responseContext) place(m *wire.Message, uri *wire.URI, d destination) *reply {
	p := c.proxy
	if len(uri.User) == 0 {
		return &reply{status: 404, warning: "the Request-URI names no conference (no user part)"}
	}
	if p.draining.Load() {
		return &reply{status: 503, retryAfter: retryAfter, warning: "this hop is shutting down: use another one"}
	}
	w := p.work()
	defer p.done(w)
	var user int
	w.key, user = appendConferenceKey(w.key[:0], uri.User, d.route.Name)
	t, parked := c.classify(view(w.key[:user]), d)
	if parked {
		return nil
	}
	return c.selectBridge(m, view(w.key), d, t)
}

// selectBridge asks the selection about a call whose target is known. key is not
// kept.
func (c *responseContext) selectBridge(m *wire.Message, key string, d destination, t Target) *reply {
	p := c.proxy
	c.course = placed
	c.aim(d)
	c.decide()
	w := p.work()
	defer p.done(w)
	ask := &w.ask // an interface is going to see it, so it would be allocated
	*ask = p.callTo(key, d, t)
	ask.Kind = c.kindOf(m, t)
	ask.Mode = c.landingMode()
	ask.CallID, ask.From, ask.To = view(m.Text(m.CallID)), view(m.Text(m.From)), view(m.Text(m.RequestURI))
	ask.Caller = callerHash(m.Text(m.From))
	ask.Exclude, ask.ExcludeSet = lb.BridgeID(c.peer.index), c.peer.origin == fromBridge
	ask.Cost = costOf(&p.set.Rules.Costs, m.Text(m.Body))
	switch {
	case m.Method != wire.INVITE:
		p.set.Selector.Explain(ask, c.now(), c.decision)
	case p.set.Policy.Mode == Observe:
		c.observe(ask)
	default:
		c.reserve(ask)
	}
	*ask = lb.Call{}
	if c.decided && p.set.Decided != nil {
		p.set.Decided(c.decision)
	}
	bridge := c.decision.Chosen
	if c.course == observed {
		bridge = c.to.bridge
	} else if c.decision.Outcome != lb.Chosen {
		return c.refusal()
	}
	if c.reserved {
		c.call = p.calls.begin(m.Text(m.CallID), call{c.decision.Placement, bridge, c.tx.From(), c.now()})
	}
	return nil
}

// aim says what becomes of a Request-URI whose host is ours or a bridge's (R14).
func (c *responseContext) aim(d destination) {
	c.to.keep = d.landing
	if d.route.RequestURI == RequestURIKeep || !d.ours && d.landing == lb.NoBridge {
		return
	}
	c.to.replace = true
	if d.route.RequestURI == RequestURIDomain && len(d.route.Domains) > 0 {
		c.to.domain = d.route.Domains[0]
	}
}

// reserve is the selection for a call.
func (c *responseContext) reserve(ask *lb.Call) {
	sel := c.proxy.set.Selector
	if ask.Conference.Space != "" {
		sel.Resolve(ask.Conference.URI, ask.Conference.Space)
	}
	sel.Place(ask, c.now(), c.decision)
	c.decided = true
	c.reserved = c.decision.Outcome == lb.Chosen
}

// callTo is what the selection needs to know about a call to a URI.
func (p *Proxy) callTo(key string, d destination, t Target) lb.Call {
	call := lb.Call{
		Kind:    lb.Space,
		Groups:  d.route.Groups,
		Landing: d.landing,
		Mode:    p.set.Rules.Landing,
	}
	call.Conference.URI = key
	if t.Kind == TargetSpace {
		call.Conference.Space = t.Space
	}
	if d.landing != lb.NoBridge {
		call.Groups = groupsFrom(d.route.Groups, p.bridges[d.landing].Group)
	}
	return call
}

// landingMode is what a Request-URI that names a bridge means for this caller.
func (c *responseContext) landingMode() lb.LandingMode {
	if c.peer.origin == fromControl {
		if mode := c.proxy.controls[c.peer.index].Landing; mode != lb.LandingDefault {
			return mode
		}
	}
	return c.proxy.set.Rules.Landing
}

// groupsFrom is a route's groups beginning with the one that a call landed in.
func groupsFrom(groups []lb.GroupID, first lb.GroupID) []lb.GroupID {
	if i := slices.Index(groups, first); i >= 0 {
		return groups[i:]
	}
	return []lb.GroupID{first}
}

// conferenceKey is appendConferenceKey in strings of their own.
func conferenceKey(dialled []byte, route string) (key, user string) {
	b, n := appendConferenceKey(nil, dialled, route)
	key = string(b)
	return key, key[:n]
}

// appendConferenceKey appends a dialled user part @ route; the first n bytes of
// that are the user part as the directory knows it: without parameters, decoded,
// in lower case (R8).
func appendConferenceKey(dst, dialled []byte, route string) (key []byte, n int) {
	if i := bytes.IndexByte(dialled, ';'); i >= 0 { // one that is escaped is no parameter
		dialled = dialled[:i]
	}
	start := len(dst)
	dst = wire.AppendUserDecoded(dst, dialled)
	user := dst[start:]
	for i, ch := range user {
		if 'A' <= ch && ch <= 'Z' {
			user[i] = ch + 'a' - 'A'
		} else if ch >= utf8.RuneSelf {
			dst = append(dst[:start], bytes.ToLower(user)...)
			break
		}
	}
	n = len(dst) - start
	return append(append(dst, '@'), route...), n
}

// view is b as a string without a copy, for calls that keep nothing of it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
