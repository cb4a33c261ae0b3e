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
	if m.Status >= 200 {
		c.thaw()
		defer c.leave()
	}
	c.proxy.reached(c.targets[b.Index()].bridge, c.now())
	switch {
	case m.Status == 100:
		c.trying(b)
	case m.Status < 200:
		c.provisional(m)
	case m.Status < 300:
		c.success(b, m)
	case !c.finished:
		c.refused(b, m)
	}
}

// trying takes a 100: it is never passed up (step 5), but proves that the
// bridge has the call and starts the longer patience of R12.
func (c *responseContext) trying(b *transaction.Branch) {
	switch {
	case c.finished || c.cancel || c.up > 100 || b.Index() != c.newest:
	case c.course == placed && c.method == wire.INVITE:
		c.tx.SetTimer(c.proxy.set.Rules.SetupTimeout - c.sinceSent())
	default:
		c.tx.StopTimer()
	}
}

// provisional passes any other 1xx up at once (step 5): the target works on
// the request, and from now on timer C alone limits how long.
func (c *responseContext) provisional(m *wire.Message) {
	if c.finished {
		return
	}
	if !c.cancel {
		c.tx.StopTimer()
	}
	c.pass(m)
}

// success passes a 2xx up, every time it comes (step 5, RFC 6026), and ends
// what else was tried (step 10).
func (c *responseContext) success(b *transaction.Branch, m *wire.Message) {
	if !c.pass(m) || c.finished {
		return
	}
	c.tx.StopTimer()
	c.giveUpOthers(b.Index())
	if c.reserved {
		c.answered(b, m)
	}
	c.finish(m.Status)
}

// answered tells the selection that the call is up, and where.
func (c *responseContext) answered(b *transaction.Branch, m *wire.Message) {
	sel, d := c.proxy.set.Selector, c.decision
	if bridge := c.targets[b.Index()].bridge; bridge != c.targets[c.newest].bridge {
		// It was given up for too long a silence, but won all the same. What the
		// call holds at the other bridge ends; its own load will be read.
		sel.Ended(d.Placement, c.now())
		c.proxy.calls.move(c.call, d.Placement, lb.Placement{}, bridge)
		d.Placement, d.Chosen, c.reserved = lb.Placement{}, bridge, false
		return
	}
	c.note(m.Status)
	sel.Answered(d.Placement, c.now())
	if !c.offered && !m.Body.Empty() { // a delayed offer: the bridge's says more
		sel.SetCost(d.Placement, costOf(&c.proxy.set.Rules.Costs, m.Text(m.Body)))
	}
}

// giveUpOthers cancels every pending branch but one (step 10).
func (c *responseContext) giveUpOthers(winner int) {
	for b := range c.tx.Branches() {
		if b.Index() != winner && !b.Done() && !b.Abandoned() {
			c.tx.Cancel(b, reasonElsewhere)
			c.tx.Abandon(b)
		}
	}
}

// pass sends a response up (step 9). It reports false when the caller's
// transaction takes no more.
func (c *responseContext) pass(m *wire.Message) bool {
	if !c.proxy.passUp(c.tx, m) {
		return false
	}
	c.up = max(c.up, m.Status)
	return true
}

// passUp sends a response up with our Via removed (steps 3 and 9). Where the
// caller's transaction has its final response already a 2xx of an INVITE still
// goes, past the transaction (step 5): only the caller can end that call.
func (p *Proxy) passUp(tx *transaction.Tx, m *wire.Message) bool {
	w := p.work()
	defer p.done(w)
	hop := tx.ResponseHop()
	if !w.strip(m, hop.Transport) {
		return false
	}
	if tx.Respond(m.Status, w.buf) {
		return true
	}
	if m.Method == wire.INVITE && m.Status/100 == 2 {
		p.counts.late2xx.Add(1)
		tx.Out().Send(hop, 0, w.buf)
	}
	return false
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
