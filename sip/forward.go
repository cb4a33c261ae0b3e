package sip

import (
	"github.com/cespare/xxhash/v2"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// initialMaxForwards is added where a request has none (16.6 step 3).
const initialMaxForwards = 70

// forward is the start of RFC 3261 section 16.6: 100 at once, so that the
// caller stops repeating, then the first target.
func (c *responseContext) forward(m *wire.Message) *reply {
	if c.method == wire.INVITE {
		w := c.proxy.work()
		w.buf = wire.AppendResponse(w.buf[:0], m, 100, "Trying", wire.ResponseOptions{Source: c.tx.From().Remote})
		c.tx.Respond(100, w.buf)
		c.proxy.done(w)
		c.up = 100
	}
	if c.to.waiting {
		return nil
	}
	return c.attempt()
}

// attempt sends the request to its present target, or to the first one after
// it that can be sent to (16.6 steps 7 to 10). When there is none it returns
// the reply that the caller gets.
func (c *responseContext) attempt() *reply {
	for {
		if hop, bridge, ok := c.present(); ok && c.send(hop, bridge) {
			return nil
		}
		c.attempts++
		c.fail(c.bridgeNow(), transportFailed)
		if !c.advance(transportFailed) {
			return c.exhausted()
		}
	}
}

// present is where the request goes next: a server of its present target that
// was not tried yet.
func (c *responseContext) present() (hop wire.Hop, bridge lb.BridgeID, ok bool) {
	bridge = c.bridgeNow()
	if (c.course == placed || c.course == observed) && c.to.servers == nil {
		c.to.servers = c.proxy.bridgeServers(bridge)
	}
	if c.to.servers != nil {
		var i int
		if i, ok = c.to.servers.choose(c.seed(), c.to.tried, c.now()); ok {
			c.to.tried |= 1 << i
			hop = c.to.servers.list[i].hop()
		}
		return hop, bridge, ok
	}
	literal := c.course == direct || c.course == outward && c.to.node == firstNode
	return c.to.hop, bridge, literal
}

// moreServers reports that the present target has servers that were not tried.
func (c *responseContext) moreServers() bool {
	s := c.to.servers
	return s != nil && c.to.tried != 1<<len(s.list)-1
}

// seed is the same for all requests of a dialog.
func (c *responseContext) seed() uint64 {
	if len(c.to.servers.list) == 1 {
		return 0 // nothing to choose
	}
	return xxhash.Sum64(c.said(c.parties.callID))
}

func (c *responseContext) bridgeNow() lb.BridgeID {
	switch c.course {
	case placed:
		return c.decision.Chosen
	case direct, observed:
		return c.to.bridge
	}
	return lb.NoBridge
}

// send tries a hop. It reports false when no listener reaches it.
func (c *responseContext) send(hop wire.Hop, bridge lb.BridgeID) bool {
	b := c.branch(hop, bridge)
	if b == nil {
		return false
	}
	c.sent = c.age()
	c.attempts++
	c.tx.Send(b)
	if c.course == placed || c.course == outward || c.moreServers() {
		c.tx.SetTimer(c.patience())
	}
	return true
}

// branch opens a branch to a hop; nil when no listener reaches it.
func (c *responseContext) branch(hop wire.Hop, bridge lb.BridgeID) *transaction.Branch {
	out, local, err := c.proxy.sideOf(hop)
	if err != nil {
		c.proxy.counts.unreachable.Add(1)
		return nil
	}
	hop.Listener, hop.Local = local.Listener, local.Addr
	share := c.share()
	b := c.tx.NewBranch(hop, 0)
	if b == nil {
		return nil
	}
	c.newest = b.Index()
	c.targets = append(c.targets[:c.newest], target{bridge: bridge, out: c.proxy.sides.of(out), breadth: share})
	return b
}

// mayAdvance reports whether rule R12 still allows a further target: nothing but
// 100 went up, the caller has not given up, tries, time, breadth and branches are
// left.
func (c *responseContext) mayAdvance() bool {
	rules := &c.proxy.set.Rules
	return !c.cancel && c.up <= 100 && c.attempts < rules.Attempts &&
		c.age() < rules.DecisionTimeout &&
		(c.breadth == noBreadth || c.breadthLeft() > 0) &&
		c.tx.Branch(transaction.MaxBranches-1) == nil
}

// advance moves on after the newest try, if there is anything left that may be
// tried: to the next server of the same target (step 7, RFC 3263 section 4.3),
// else to the next target. A bridge that is silent is not asked elsewhere before
// another one is: that is the better bet, and each silence takes seconds.
func (c *responseContext) advance(why failure) bool {
	if !c.mayAdvance() {
		return false
	}
	if (c.course != placed || why == transportFailed) && c.moreServers() {
		return true
	}
	switch c.course {
	case placed:
		before := c.decision.Placement
		if _, ok := c.proxy.set.Selector.Next(c.decision, c.now()); !ok {
			return false
		}
		c.to.servers, c.to.tried = nil, 0
		c.proxy.calls.move(c.call, before, c.decision.Placement, c.decision.Chosen)
		if c.decided && c.proxy.set.Decided != nil {
			c.proxy.set.Decided(c.decision)
		}
		return true
	case outward:
		return c.nextNode()
	}
	return false
}

// build appends the request as it goes out on a branch: the copy of 16.6 step
// 1 with the edits of steps 2 to 9. It gives the same bytes each time.
func (c *responseContext) build(tx *transaction.Tx, b *transaction.Branch, dst []byte) []byte {
	p := c.proxy
	w := p.work()
	defer p.done(w)
	m, t := c.incoming, &c.targets[b.Index()]
	if m == nil {
		m = &w.msg
		if m.Parse(tx.Message()) != nil {
			return dst // cannot be: it was parsed when it came
		}
	}
	w.edits.Reset()
	c.spliceRequestURI(w, m, t)         // step 2
	w.edits.MaxForwards(m, forwards(m)) // step 3
	if recordRoutes(c.method) {         // step 4
		var user [tokenLen]byte
		token := p.keys.append(user[:0], c.tokenFor(t), m.Text(m.CallID))
		w.rr = appendRecordRoute(w.rr[:0], token, *c.in, *t.out)
		w.edits.PushRecordRoute(m, w.rr)
	}
	c.routes.spliceRoutes(w, m)                           // 16.4, step 6
	w.edits.StampVia(m, tx.From().Remote)                 // section 18.2.1
	c.spliceBreadth(w, m, t)                              // RFC 5393 section 5
	w.branch = appendMarked(w.branch[:0], b.ID(), c.mark) // step 8
	w.via = appendVia(w.via[:0], *t.out, w.branch)
	w.edits.PushVia(m, w.via)
	w.lengthFor(m, t.out.transport) // step 9
	out, ok := w.edits.Apply(dst, m.Bytes)
	if !ok {
		p.log.Error("a request could not be edited: please report this message", messageField(m))
	}
	if !t.measured && t.out.transport == wire.UDP {
		t.measured = true
		if c.outgrows(b, t, len(out)-len(dst)) {
			return c.build(tx, b, dst)
		}
	}
	return out
}

// forwards is the Max-Forwards figure that goes out (16.6 step 3).
func forwards(m *wire.Message) int {
	if m.MaxForwards < 0 {
		return initialMaxForwards
	}
	return m.MaxForwards - 1
}

// lengthFor adds Content-Length where a stream needs it and a datagram came
// without.
func (w *work) lengthFor(m *wire.Message, t wire.Transport) {
	if !t.Reliable() || m.ContentLength >= 0 {
		return
	}
	w.length = appendContentLength(w.length[:0], m.Body.Len())
	w.edits.Insert(m.Body.Start-2, w.length)
}

// tokenFor is what our Record-Route says about the dialog that this request
// makes: the bridge on one side, call control on the other.
func (c *responseContext) tokenFor(t *target) token {
	if c.routes.hasToken {
		return c.routes.token // a refresh keeps what it was made with
	}
	var out token
	switch {
	case t.bridge != lb.NoBridge:
		out.bridge = c.proxy.bridges[t.bridge].hash
	case c.peer.origin == fromBridge:
		out.bridge = c.proxy.bridges[c.peer.index].hash
	}
	switch {
	case c.course == outward:
		out.control = c.proxy.controls[c.to.control].hash
	case c.peer.origin == fromControl:
		out.control = c.proxy.controls[c.peer.index].hash
	}
	return out
}
