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
	best     *saved   // best final response that was not sent up; nil for none
}

// state is the part of a response context that begins anew for each request;
// of the rest nothing is read before it was written. What is small stands
// together: there may be a hundred thousand of these.
type state struct {
	peer     peer          // who sent the request
	in       *side         // our side that it came in on
	incoming *wire.Message // the request itself, while it is being handed over

	method   wire.Method
	offered  bool // it carried a body: of an INVITE, the offer
	asked    bool // a bridge was asked what the URI is
	decided  bool // an INVITE that the selection was asked for
	reserved bool // ... and that holds something at a bridge
	cancel   bool // the caller gave up
	finished bool // a final response went up, or nothing ever will

	course  course
	mark    uint32 // of the request, for its branches
	session uint64 // key among the open sessions; 0 none
	call    uint64 // key in the call table; 0 none
	routes  routing
	to      targetURI // where the request goes and how its Request-URI changes

	started  time.Duration // when it came, after the proxy was made
	sent     time.Duration // when the newest target was tried, after that
	attempts int           // targets tried, whether or not they could be sent to
	newest   int           // index of the last branch
	breadth  int           // Max-Breadth; noBreadth where it has none
	up       int           // highest status that went up; 100 is our own
}

// target is one place where the request was sent. Its index is the branch's.
type target struct {
	bridge   lb.BridgeID // NoBridge where call control or a dialog's peer is the target
	out      *side       // our side towards it
	breadth  int         // its share of Max-Breadth
	measured bool        // the request's size was judged, or is of no interest
	moved    bool        // that size moved it from UDP to TCP
}

// usualTargets is for how many a context keeps room when it ends: few calls see
// more than one bridge fail.
const usualTargets = 2

// newContext opens the response context of a request.
func (p *Proxy) newContext(tx *transaction.Tx, m *wire.Message) *responseContext {
	c := p.contexts.Get().(*responseContext)
	from := tx.From()
	c.proxy, c.tx = p, tx
	c.state = state{
		peer:     p.peers.Load().identify(from.Remote),
		started:  tx.Now().Sub(p.made),
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
	c.forget()
	if cap(c.targets) > usualTargets {
		c.targets = nil
	}
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

// age is how long ago the request came.
func (c *responseContext) age() time.Duration { return c.now().Sub(c.proxy.made) - c.started }

// sinceSent is how long ago the newest target was tried.
func (c *responseContext) sinceSent() time.Duration { return c.age() - c.sent }

// sentAt is when that was.
func (c *responseContext) sentAt() time.Time { return c.proxy.made.Add(c.started + c.sent) }
