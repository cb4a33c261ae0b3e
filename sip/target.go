package sip

import (
	"slices"
	"strings"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// targetURI is the result of RFC 3261 section 16.5 for one request.
type targetURI struct {
	bridge  lb.BridgeID // direct: the bridge that is meant, NoBridge else
	hop     wire.Hop    // direct: where it goes
	control int         // outward: index of the call control
	tried   int         // outward: addresses tried
	first   wire.Hop    // outward: the node to try before the others; zero for none
	waiting bool        // direct: parked until the hop's host is resolved

	// What R14 does to the Request-URI of a placed request.
	replace bool        // the host is ours or another bridge's
	keep    lb.BridgeID // ... unless this bridge, which it names, is chosen
	domain  string      // text that replaces host and port; "" takes the chosen bridge's SIP host
}

// destination is what the host of a Request-URI means to us (R9, R14).
type destination struct {
	route   *Route
	landing lb.BridgeID // bridge that the host names, NoBridge else
	ours    bool        // one of our own addresses
}

// destination finds the route of a Request-URI; ok is false for a domain that
// is none of ours.
func (c *responseContext) destination(uri *wire.URI) (d destination, ok bool) {
	p := c.proxy
	d.landing = lb.NoBridge
	for i := range p.set.Routes {
		r := &p.set.Routes[i]
		if c.mayUse(r) && slices.ContainsFunc(r.Domains, func(name string) bool { return equalFold(uri.Host, name) }) {
			d.route = r
			return d, true
		}
	}
	if id, found := p.bridgeByHost(uri); found {
		d.landing = id
		d.route = c.routeOfGroup(p.bridges[id].Group)
		return d, d.route != nil
	}
	if p.isUs(uri.Host, 0) {
		d.ours = true
		d.route = c.defaultRoute()
		return d, d.route != nil
	}
	return d, false
}

// mayUse reports whether a route is open to where the request came from.
func (c *responseContext) mayUse(r *Route) bool {
	if r.Listener != Any && r.Listener != c.listener {
		return false
	}
	return r.CallControl == Any || c.peer == peer{fromControl, r.CallControl}
}

// defaultRoute is the one marked as default, else the first that may be used.
func (c *responseContext) defaultRoute() *Route {
	var first *Route
	for i := range c.proxy.set.Routes {
		r := &c.proxy.set.Routes[i]
		switch {
		case !c.mayUse(r):
		case r.Default:
			return r
		case first == nil:
			first = r
		}
	}
	return first
}

// routeOfGroup is the first route that uses a group.
func (c *responseContext) routeOfGroup(g lb.GroupID) *Route {
	for i := range c.proxy.set.Routes {
		if r := &c.proxy.set.Routes[i]; c.mayUse(r) && slices.Contains(r.Groups, g) {
			return r
		}
	}
	return c.defaultRoute()
}

// target is RFC 3261 section 16.5: where this request goes. Inside a dialog
// the token says it; from a bridge its destination does; from call control the
// selection chooses.
func (c *responseContext) target(m *wire.Message, uri *wire.URI) *reply {
	if !m.ToTag.Empty() {
		return c.inDialog(m, uri)
	}
	switch m.Method {
	case wire.REGISTER:
		return &reply{status: 405, extra: []byte(allowLine), warning: "this hop is no registrar"}
	case wire.BYE, wire.PRACK, wire.UPDATE:
		return &reply{status: 481, warning: "this request belongs to a dialog, but names none (no To tag)"}
	}
	if c.peer.origin == fromBridge {
		return c.fromBridge(m, uri)
	}
	d, ok := c.destination(uri)
	if m.Method == wire.OPTIONS && (d.ours || len(uri.User) == 0) {
		return c.proxy.optionsReply()
	}
	if !ok {
		return &reply{status: 404, warning: "domain " + printable(uri.Host) + " is none of this hop's routes"}
	}
	if len(c.routes.next.Of(m.Bytes)) > 0 {
		return &reply{status: 403, warning: "a new request may not carry a Route past this hop"}
	}
	return c.place(m, uri, d)
}

// place asks the selection for a Call Bridge (R5 to R9).
func (c *responseContext) place(m *wire.Message, uri *wire.URI, d destination) *reply {
	p := c.proxy
	if len(uri.User) == 0 {
		return &reply{status: 404, warning: "the Request-URI names no conference (no user part)"}
	}
	if p.draining.Load() {
		return &reply{status: 503, retryAfter: retryAfter, warning: "this hop is shutting down: use another one"}
	}
	ask := p.callTo(uri, d)
	ask.CallID, ask.From, ask.To = string(m.Text(m.CallID)), c.from.String(), c.uri.String()
	ask.Caller = callerHash(m.Text(m.From))
	c.course = placed
	c.to.keep = d.landing
	if d.route.RequestURI != RequestURIKeep && (d.ours || d.landing != lb.NoBridge) {
		c.to.replace = true
		if d.route.RequestURI == RequestURIDomain && len(d.route.Domains) > 0 {
			c.to.domain = d.route.Domains[0]
		}
	}
	if m.Method != wire.INVITE {
		p.set.Selector.Explain(&ask, c.now(), &c.decision)
		return c.refusalOf(&c.decision)
	}
	if ask.Conference.Space != "" {
		p.set.Selector.Resolve(ask.Conference.URI, ask.Conference.Space)
	}
	ask.Cost = costOf(&p.set.Rules.Costs, m.Text(m.Body))
	p.set.Selector.Place(&ask, c.now(), &c.decision)
	c.decided = true
	if p.set.Decided != nil {
		p.set.Decided(&c.decision)
	}
	c.reserved = c.decision.Outcome == lb.Chosen
	if r := c.refusalOf(&c.decision); r != nil {
		return r
	}
	c.call = p.calls.begin(m.Text(m.CallID), call{c.decision.Placement, c.decision.Chosen, c.tx.From(), c.now()})
	return nil
}

// callTo is what the selection needs to know about a call to a URI.
func (p *Proxy) callTo(uri *wire.URI, d destination) lb.Call {
	user := userKey(uri.User)
	call := lb.Call{
		Kind:    lb.Space,
		Groups:  d.route.Groups,
		Landing: d.landing,
		Mode:    p.set.Rules.Landing,
	}
	call.Conference.URI = user + "@" + d.route.Name
	if space, ok := p.set.Resolver.Resolve(user); ok {
		call.Conference.Space = space
	}
	if d.landing != lb.NoBridge {
		call.Groups = groupsFrom(d.route.Groups, p.bridges[d.landing].Group)
	}
	return call
}

// groupsFrom is a route's groups beginning with the one that a call landed in.
func groupsFrom(groups []lb.GroupID, first lb.GroupID) []lb.GroupID {
	if i := slices.Index(groups, first); i >= 0 {
		return groups[i:]
	}
	return []lb.GroupID{first}
}

// userKey is a dialled user part as the directory knows it: decoded, without
// parameters, in lower case (R8).
func userKey(user []byte) string {
	var b [128]byte
	k := wire.AppendUserDecoded(b[:0], user)
	if i := slices.Index(k, ';'); i >= 0 {
		k = k[:i]
	}
	return strings.ToLower(string(k))
}
