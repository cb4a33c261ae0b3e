package sip

import (
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// course says how the targets of a request are found, and with that what a
// failure of one of them means.
type course uint8

const (
	direct   course = iota // exactly one next hop: inside a dialog, or bridge to bridge
	placed                 // a Call Bridge by selection, the next candidate after a failure
	outward                // call control's addresses in order
	observed               // the bridge that was dialled, whatever the selection says
)

// responseContext is the state of one request that we forward (RFC 3261
// section 16.2). It lives as the Data of its transaction, is touched only
// under that transaction's lock, and goes back to a pool when it ends.
type responseContext struct {
	proxy *Proxy
	tx    *transaction.Tx // the view of the callback that runs now
	state
	decision *lb.Decision // course placed, while an event is handled; INVITE: its Placement is ours to end
	frozen   lb.Frozen    // the same between two events
	parties  parties
	targets  []target // by branch
	best     saved    // best final response that was not sent up
}

// state is the part of a response context that begins anew for each request;
// of the rest nothing is read before it was written.
type state struct {
	peer     peer // who sent the request
	started  time.Time
	in       *side // that it came in on
	method   wire.Method
	offered  bool          // it carried a body: of an INVITE, the offer
	incoming *wire.Message // the request itself, while it is being handed over

	routes routing
	course course
	to     targetURI // where the request goes and how its Request-URI changes

	asked    bool   // a bridge was asked what the URI is
	decided  bool   // an INVITE that the selection was asked for
	reserved bool   // ... and that holds something at a bridge
	session  uint64 // key among the open sessions; 0 none
	call     uint64 // key in the call table; 0 none
	mark     uint32 // of the request, for its branches
	breadth  int    // Max-Breadth; noBreadth where it has none

	attempts int           // targets tried, whether or not they could be sent to
	newest   int           // index of the last branch
	sent     time.Duration // when it was sent, after started

	up       int  // highest status that went up; 100 is our own
	cancel   bool // the caller gave up
	finished bool // a final response went up, or nothing ever will
}

// target is one place where the request was sent. Its index is the branch's.
type target struct {
	bridge   lb.BridgeID // NoBridge where call control or a dialog's peer is the target
	out      *side       // our side towards it
	breadth  int         // its share of Max-Breadth
	measured bool        // the request's size was judged, or is of no interest
	moved    bool        // that size moved it from UDP to TCP
}

// newContext opens the response context of a request.
func (p *Proxy) newContext(tx *transaction.Tx, m *wire.Message) *responseContext {
	c := p.contexts.Get().(*responseContext)
	from := tx.From()
	c.proxy, c.tx = p, tx
	c.state = state{
		peer:     p.peers.Load().identify(from.Remote),
		started:  tx.Now(),
		method:   m.Method,
		in:       p.sides.of(p.arrival(from)),
		offered:  !m.Body.Empty(),
		incoming: m,
		to:       targetURI{bridge: lb.NoBridge},
	}
	c.parties = parties{m.CallID, m.From, m.RequestURI}
	c.targets = c.targets[:0]
	if c.method == wire.INVITE {
		p.open.Add(1)
	}
	tx.SetData(c)
	return c
}

// enter binds the context to the callback that runs now.
func (c *responseContext) enter(tx *transaction.Tx) { c.tx = tx }

// ended gives everything back: the transaction is over on both sides.
func (c *responseContext) ended(tx *transaction.Tx) {
	c.enter(tx)
	if c.to.asking {
		c.leavePark()
	}
	if !c.finished {
		c.thaw()
		c.finish(0)
	}
	c.leave()
	c.frozen.Drop()
	c.best.drop()
	p := c.proxy
	c.proxy, c.tx = nil, nil
	p.contexts.Put(c)
}

// finish is called once for each request, when its final response went up or
// when it is clear that none will.
func (c *responseContext) finish(status int) {
	if c.finished {
		return
	}
	c.finished = true
	c.leaveSession()
	if c.method == wire.INVITE {
		c.proxy.open.Add(-1)
		c.proxy.lastFinal.Store(c.now().UnixNano())
	}
	if c.reserved && (status < 200 || status > 299) {
		c.proxy.set.Selector.Ended(c.decision.Placement, c.now())
		c.proxy.calls.end(c.call, c.decision.Placement)
		c.reserved = false
	}
	if c.decided {
		c.report(status)
	}
}

// now is the time of the event that is being handled.
func (c *responseContext) now() time.Time { return c.tx.Now() }

// sinceSent is how long ago the newest target was tried.
func (c *responseContext) sinceSent() time.Duration { return c.now().Sub(c.started) - c.sent }
