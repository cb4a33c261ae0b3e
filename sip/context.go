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
	direct  course = iota // exactly one next hop: inside a dialog, or bridge to bridge
	placed                // a Call Bridge by selection, the next candidate after a failure
	outward               // call control's addresses in order
)

// responseContext is the state of one request that we forward (RFC 3261
// section 16.2). It lives as the Data of its transaction, is touched only
// under that transaction's lock, and goes back to a pool when it ends.
type responseContext struct {
	proxy    *Proxy
	tx       *transaction.Tx // the view of the callback that runs now
	peer     peer            // who sent the request
	started  time.Time
	method   wire.Method
	listener int // index of the listener that it came in on
	course   course

	routes routing
	in     side // our side towards the sender

	to targetURI // where the request goes and how its Request-URI changes

	decision  lb.Decision // course placed
	decided   bool
	reserved  bool   // an INVITE: decision.Placement is ours to end
	call      uint64 // key in the call table; 0 none
	offered   bool   // the INVITE carried SDP
	targets   [transaction.MaxBranches]target
	attempts  int       // targets tried, whether or not they could be sent to
	newest    int       // index of the last branch
	sent      time.Time // when it was sent
	best      saved     // best final response that was not sent up
	up        int       // highest status that went up; 100 is our own
	cancel    bool      // the caller gave up
	invite    bool      // counted in Proxy.open
	finished  bool      // a final response went up, or nothing ever will
	from, uri text      // for the log
}

// target is one place where the request was sent. Its index is the branch's.
type target struct {
	bridge lb.BridgeID // NoBridge where call control or a dialog's peer is the target
	out    side        // our side towards it
}

// text is a bounded copy of something a message said, for the log line.
type text struct {
	n int
	b [96]byte
}

func (t *text) set(b []byte) { t.n = copy(t.b[:], b) }

func (t *text) String() string { return string(t.b[:t.n]) }

// newContext opens the response context of a request.
func (p *Proxy) newContext(tx *transaction.Tx, m *wire.Message) *responseContext {
	c := p.contexts.Get().(*responseContext)
	c.proxy, c.tx = p, tx
	c.peer = p.peers.Load().identify(tx.From().Remote)
	c.started, c.method, c.listener = tx.Now(), m.Method, int(tx.From().Listener)
	c.routes = routing{}
	c.to = targetURI{bridge: lb.NoBridge}
	c.course, c.decided, c.reserved, c.call = direct, false, false, 0
	c.attempts, c.newest, c.up = 0, 0, 0
	c.cancel, c.finished, c.offered = false, false, m.Body.Len() > 0
	c.from.set(m.Text(m.From))
	c.uri.set(m.Text(m.RequestURI))
	c.invite = m.Method == wire.INVITE
	if c.invite {
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
	c.finish(0)
	c.best.drop()
	p := c.proxy
	c.proxy, c.tx = nil, nil
	c.to = targetURI{}
	p.contexts.Put(c)
}

// finish is called once for each request, when its final response went up or
// when it is clear that none will.
func (c *responseContext) finish(status int) {
	if c.finished {
		return
	}
	c.finished = true
	if c.invite {
		c.proxy.open.Add(-1)
	}
	if c.reserved && (status < 200 || status > 299) {
		c.proxy.set.Selector.Ended(c.decision.Placement, c.now())
		c.proxy.calls.end(c.call)
		c.reserved = false
	}
	if c.decided {
		c.report(status)
	}
}

// now is the time of the event that is being handled.
func (c *responseContext) now() time.Time { return c.tx.Now() }
