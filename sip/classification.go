package sip

import (
	"bytes"
	"strings"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// kindOf is how a call to a target is balanced (R8). Lync and Skype are never
// balanced, whatever they dial, unless that is a space or an IVR of ours.
func (c *responseContext) kindOf(m *wire.Message, t Target) lb.Kind {
	switch {
	case c.fromLync(m):
		return lb.Lync
	case t.Kind == TargetIVR:
		return lb.IVR
	case t.Kind == TargetUser, t.Kind == TargetForwarded:
		return lb.Gateway
	case t.Kind == TargetLync:
		return lb.Lync
	}
	return lb.Space
}

// fromLync tells Lync and Skype by the kind of call control, or by the
// User-Agent that they name themselves with.
func (c *responseContext) fromLync(m *wire.Message) bool {
	if c.peer.origin == fromControl && c.proxy.controls[c.peer.index].Kind == KindLync {
		return true
	}
	if m == nil {
		return false
	}
	h, ok := m.Get(wire.UserAgent)
	return ok && bytes.Contains(m.Text(h.Value), []byte("RTC/"))
}

// classify says what a new request dials. Where the directory is not sure an
// INVITE is parked while the bridges are asked, for URIQueryWait at most: the
// caller has its 100, no goroutine waits, CANCEL works. parked reports that.
func (c *responseContext) classify(user string, d destination) (t Target, parked bool) {
	p := c.proxy
	t, sure := p.set.Resolver.Classify(d.domain, user)
	wait := p.set.Policy.URIQueryWait
	if sure || c.method != wire.INVITE || wait <= 0 || c.asked {
		return t, false
	}
	if p.parked.Add(1) > maxParked {
		p.parked.Add(-1)
		return t, false // placed under the URI itself
	}
	c.asked = true
	ref := c.tx.Ref()
	asked := p.set.Resolver.Query(d.domain, strings.Clone(user), func(t Target) {
		p.guarded("parked call", func() { p.classified(ref, t) })
	})
	if !asked {
		p.parked.Add(-1)
		return t, false
	}
	p.counts.queries.Add(1)
	guess := t
	c.to.waiting, c.to.asking, c.to.guess = true, true, &guess
	c.tx.SetTimer(wait)
	return t, true
}

// classified brings an answer of the bridges back to its transaction.
func (p *Proxy) classified(ref transaction.Ref, t Target) {
	out := p.stack.NewBatch()
	defer out.Flush()
	p.layer.Post(ref, time.Now(), out, func(tx *transaction.Tx) {
		if c, ok := tx.Data().(*responseContext); ok && c.to.asking {
			c.enter(tx)
			c.thaw()
			defer c.leave()
			c.unpark(t)
		}
	})
}

// unpark continues a call where classify stopped it: with an answer, or, when
// the time is over, with none.
func (c *responseContext) unpark(t Target) {
	c.leavePark()
	w := c.proxy.work()
	defer c.proxy.done(w)
	if w.msg.Parse(c.tx.Message()) != nil {
		return // cannot be: it was parsed when it came
	}
	uri, err := wire.ParseURI(w.msg.Text(w.msg.RequestURI))
	if err != nil {
		return
	}
	d, ok := c.destination(&uri)
	if !ok {
		c.reply(&w.msg, &reply{status: 404})
		return
	}
	key, _ := conferenceKey(uri.User, d.route.Name)
	if r := c.selectBridge(&w.msg, key, d, t); r != nil {
		c.reply(&w.msg, r)
		return
	}
	c.settle(c.attempt())
}

// leavePark ends the wait for an answer about the URI.
func (c *responseContext) leavePark() {
	c.to.waiting, c.to.asking = false, false
	c.tx.StopTimer()
	c.proxy.parked.Add(-1)
}
