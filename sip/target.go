package sip

import (
	"bytes"
	"slices"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// targetURI is the result of RFC 3261 section 16.5 for one request.
type targetURI struct {
	bridge  lb.BridgeID // direct: the bridge that is meant, NoBridge else
	hop     wire.Hop    // direct: where it goes if its URI has an address; outward: the node to try before the others, zero for none
	servers *servers    // what the present target's URI resolves to; nil: hop, or not yet looked for
	control int         // outward: index of the call control
	node    int         // outward: index of its present URI, firstNode for hop
	guess   *Target     // what it is taken for if no bridge says in time what it is
	tried   serverSet   // those of servers that were tried
	asking  bool        // parked, until one does
	waiting bool        // parked at all: so, or until the hop's host is resolved
	named   bool        // direct: the URI that leads there names its transport

	// What R14 does to the Request-URI of a placed request.
	replace bool        // the host is ours or another bridge's
	keep    lb.BridgeID // ... unless this bridge, which it names, is chosen
	domain  string      // text that replaces host and port; "" takes the chosen bridge's SIP host
}

// destination is what the host of a Request-URI means to us (R9, R14).
type destination struct {
	route   *Route
	domain  string      // of the route, as it is configured: what the URI is looked up in
	landing lb.BridgeID // bridge that the host names, NoBridge else
	ours    bool        // one of our own addresses
}

// destination finds the route of a Request-URI; ok is false for a domain that
// is none of ours.
func (c *responseContext) destination(uri *wire.URI) (d destination, ok bool) {
	p := c.proxy
	d.landing = lb.NoBridge
	if maddr, has := uri.Param("maddr"); has && !p.isUs(maddr, 0) {
		return d, false // meant for another host, and we are no relay (16.5)
	}
	for i := range p.set.Routes {
		r := &p.set.Routes[i]
		if !c.mayUse(r) {
			continue
		}
		for _, name := range r.Domains {
			if equalFold(uri.Host, name) {
				d.route, d.domain = r, name
				return d, true
			}
		}
	}
	if id, found := p.bridgeByHost(uri); found {
		d.landing = id
		d.route = c.routeOfGroup(p.bridges[id].Group)
	} else if p.isUs(uri.Host, 0) {
		d.ours = true
		d.route = c.defaultRoute()
	}
	if d.route == nil {
		return d, false
	}
	d.domain = d.route.Name // as if it had been dialled there (R9, R14)
	return d, true
}

// listener is the index of the listener that the request came in on; Any for a
// call that nobody makes.
func (c *responseContext) listener() int {
	if c.tx == nil {
		return Any
	}
	return int(c.tx.From().Listener)
}

// mayUse reports whether a route is open to where the request came from.
func (c *responseContext) mayUse(r *Route) bool {
	if r.Listener != Any && r.Listener != c.listener() {
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
	switch m.Method {
	case wire.REGISTER:
		return &reply{status: 405, extra: []byte(allowLine), warning: "this hop is no registrar"}
	case wire.BYE, wire.PRACK, wire.UPDATE:
		if m.ToTag.Empty() {
			return &reply{status: 481, warning: "this request belongs to a dialog, but names none (no To tag)"}
		}
	}
	if !m.ToTag.Empty() {
		return c.inDialog(m, uri)
	}
	d, ok := c.destination(uri)
	if m.Method == wire.OPTIONS && (d.ours || len(uri.User) == 0 && c.peer.origin == fromControl) {
		return c.proxy.optionsReply()
	}
	if !c.routes.next.Empty() {
		return &reply{status: 403, warning: "a new request may not carry a Route past this hop"}
	}
	if c.peer.origin == fromBridge {
		return c.fromBridge(m, uri, d, ok)
	}
	if !ok {
		return &reply{status: 404, warning: "domain " + printable(uri.Host) + " is none of this hop's routes"}
	}
	if bridge, found := c.ownerOfReplaced(m); found {
		return c.toOwner(bridge, d)
	}
	return c.place(m, uri, d)
}

// ownerOfReplaced is the bridge of the dialog that an INVITE of call control
// replaces (RFC 3891): nobody else can. A dialog that this edge does not know is
// left to the selection, as another edge may have placed it; a bridge that has it
// not answers 481.
func (c *responseContext) ownerOfReplaced(m *wire.Message) (lb.BridgeID, bool) {
	h, ok := m.Get(wire.Replaces)
	if !ok || m.Method != wire.INVITE {
		return lb.NoBridge, false
	}
	e, ok := c.proxy.calls.find(replacedCallID(m.Text(h.Value)), false)
	return e.bridge, ok
}

// replacedCallID is the Call-ID that a Replaces value names.
func replacedCallID(replaces []byte) []byte {
	callID, _, _ := bytes.Cut(replaces, []byte(";"))
	return bytes.TrimSpace(callID)
}

// toOwner sends a request to exactly one bridge, with no selection and no
// reservation: the call that it replaces is there already.
func (c *responseContext) toOwner(bridge lb.BridgeID, d destination) *reply {
	c.aim(d)
	return c.toBridge(bridge)
}

// toBridge sends a request to exactly one bridge.
func (c *responseContext) toBridge(bridge lb.BridgeID) *reply {
	c.course, c.to.bridge, c.to.servers = direct, bridge, c.proxy.bridgeServers(bridge)
	if c.to.servers == nil {
		return &reply{status: 480, warning: "the SIP host of bridge " + c.proxy.bridges[bridge].Name + " does not resolve"}
	}
	return nil
}
