package sip

import (
	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// response is RFC 3261 section 16.7. The transaction layer has done steps 1
// and 2 (the branch, timer C) and ACKed what needs it.
func (c *responseContext) response(tx *transaction.Tx, b *transaction.Branch, m *wire.Message) {
	c.enter(tx)
	t := &c.targets[b.Index()]
	c.proxy.reached(t.bridge, c.now())
	switch {
	case m.Status == 100:
		c.trying()
	case m.Status < 200:
		if c.up >= 200 {
			return
		}
		c.tx.StopTimer() // the bridge works on it; timer C takes over
		c.pass(m)        // step 5: at once
	case m.Status < 300:
		c.success(b, t, m)
	case c.finished:
	case c.mayTryNext(m.Status):
		c.refused(t, m)
	default:
		if c.reserved {
			c.decision.NoteAnswer(m.Status)
		}
		c.keep(m)
		c.settle(c.conclude())
	}
}

// trying takes a 100: it is never passed up (step 5), but proves that the
// bridge has the call and starts the longer patience of R12.
func (c *responseContext) trying() {
	switch {
	case c.up > 100 || c.cancel || c.finished:
	case c.course == placed && c.method == wire.INVITE:
		c.tx.SetTimer(c.proxy.set.Rules.SetupTimeout)
	default:
		c.tx.StopTimer()
	}
}

// success passes a 2xx up, every time it comes (step 5, RFC 6026), and ends
// what else was tried (step 10).
func (c *responseContext) success(b *transaction.Branch, t *target, m *wire.Message) {
	if !c.pass(m) {
		c.proxy.counts.orphaned2xx.Add(1)
		return
	}
	if c.finished {
		return
	}
	c.tx.StopTimer()
	for o := range c.tx.Branches() {
		if o.Index() != b.Index() && !o.Done() {
			c.tx.Abandon(o)
		}
	}
	if c.reserved {
		c.decision.NoteAnswer(m.Status)
		sel := c.proxy.set.Selector
		sel.Answered(c.decision.Placement, c.now())
		if !c.offered && m.Body.Len() > 0 { // a delayed offer: the bridge's says more
			sel.SetCost(c.decision.Placement, costOf(&c.proxy.set.Rules.Costs, m.Text(m.Body)))
		}
	}
	c.finish(m.Status)
}

// mayTryNext reports whether a final response leads to the next candidate
// (R12). Everything else is the callee's word and goes up.
func (c *responseContext) mayTryNext(status int) bool {
	if c.course == direct || c.cancel || c.up > 100 {
		return false
	}
	switch status {
	case 408, 488, 500, 503, 504:
		return true
	}
	return false
}

// refused keeps a response that another target may better, tells the selection
// what it teaches, and goes on.
func (c *responseContext) refused(t *target, m *wire.Message) {
	c.keep(m)
	if t.bridge != lb.NoBridge && c.reserved {
		c.decision.NoteAnswer(m.Status)
		switch m.Status {
		case 488:
			// One offer that two roomy bridges refuse is at fault itself; the
			// selection then gives nobody else.
			c.proxy.set.Selector.Refused(&c.decision, c.now())
		case 503:
			c.proxy.set.Selector.Evidence(t.bridge, lb.Evidence{Kind: lb.Unavailable503, RetryAfter: retryAfterOf(m)}, c.now())
		}
	}
	c.tryNext()
}

// tryNext goes on to the next target, or concludes.
func (c *responseContext) tryNext() {
	if !c.advance() {
		c.settle(c.conclude())
		return
	}
	c.settle(c.attempt())
}

// pass sends a response up with our Via removed (steps 3 and 9). It reports
// false when the caller's transaction takes no more.
func (c *responseContext) pass(m *wire.Message) bool {
	w := c.proxy.work()
	defer c.proxy.done(w)
	if !w.strip(m, c.tx.From().Transport) || !c.tx.Respond(m.Status, w.buf) {
		return false
	}
	c.up = max(c.up, m.Status)
	return true
}

// strip writes a response without our Via (step 3) into w.buf.
func (w *work) strip(m *wire.Message, towards wire.Transport) bool {
	w.edits.Reset()
	w.edits.PopVia(m)
	w.lengthFor(m, towards)
	var ok bool
	w.buf, ok = w.edits.Apply(w.buf[:0], m.Bytes)
	return ok
}

// keep stores a final response for the choice of the best one (step 4).
func (c *responseContext) keep(m *wire.Message) {
	w := c.proxy.work()
	defer c.proxy.done(w)
	if w.strip(m, c.tx.From().Transport) {
		c.best.keep(m.Status, w.buf)
	}
}

// conclude sends the best final response up (step 6), or returns the reply to
// make where there is none: silence counts as 408, a transport error as 503,
// and a 503 becomes 500, since it would speak for this hop as a whole.
func (c *responseContext) conclude() *reply {
	c.tx.StopTimer()
	switch {
	case c.cancel && c.best.status < 600 && len(c.best.bytes) == 0:
		return &reply{status: 487}
	case c.best.status == 0:
		return &reply{status: 480, warning: "nothing could be tried"}
	case c.best.status == 503:
		return &reply{status: 500, warning: c.failureText()}
	case len(c.best.bytes) == 0 && c.method != wire.INVITE:
		c.tx.Drop() // RFC 4320: a late 408 to a non-INVITE helps nobody
		c.finish(0)
		return nil
	case len(c.best.bytes) == 0:
		return &reply{status: c.best.status, warning: c.failureText()}
	}
	c.tx.Respond(c.best.status, c.best.bytes)
	c.up = max(c.up, c.best.status)
	c.finish(c.best.status)
	return nil
}

// settle answers the request with r, if there is something to answer.
func (c *responseContext) settle(r *reply) {
	if r != nil {
		c.replyLater(r)
	}
}
