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
	attempts  int
	best      saved // best final response that was not sent up
	up        int   // highest status that went up; 100 is our own
	cancel    bool  // the caller gave up
	invite    bool  // counted in Proxy.open
	finished  bool  // a final response went up, or nothing ever will
	from, uri text  // for the log
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
	c.attempts, c.up = 0, 0
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

// saved is the best response so far, kept without our Via.
type saved struct {
	status int
	bytes  []byte
}

// keep stores a response when it is better than what is there (16.7 step 6).
func (s *saved) keep(status int, bytes []byte) {
	if s.status != 0 && !better(status, s.status) {
		return
	}
	s.status = status
	s.bytes = append(s.bytes[:0], bytes...)
}

func (s *saved) drop() {
	s.status = 0
	if cap(s.bytes) > 4096 {
		s.bytes = nil
	}
	s.bytes = s.bytes[:0]
}

// better orders final responses as 16.7 step 6 wants: 6xx before all, else the
// lowest class; within 4xx those that tell the caller how to mend the request;
// within 5xx anything but 503, since a lone 503 goes up as 500 and says least.
func better(a, b int) bool { return rank(a) < rank(b) }

func rank(status int) int {
	switch {
	case status >= 600:
		return 0
	case status == 401, status == 407, status == 415, status == 420, status == 484:
		return 400
	case status == 408: // silence says less than any answer of its class
		return 499
	case status == 503:
		return 599
	case status >= 500:
		return 500
	case status >= 400:
		return 401
	}
	return status
}
