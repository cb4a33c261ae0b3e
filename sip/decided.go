package sip

import (
	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// A decision is some kilobytes, an INVITE may ring for minutes, and there may be
// a hundred thousand of them: so a decision is whole only while an event of its
// call is handled, and in between it is kept small (lb.Frozen).

// parties are where the texts of a call stand in its request, which is kept for
// as long as the call is being set up.
type parties struct {
	callID, from, uri wire.Span
}

// decide gives the context a decision to fill in.
func (c *responseContext) decide() *lb.Decision {
	if c.decision == nil {
		c.decision = c.proxy.decisions.Get().(*lb.Decision)
	}
	return c.decision
}

// thaw makes the decision whole again, for an event that may need it.
func (c *responseContext) thaw() {
	if c.decision != nil || c.frozen.Empty() {
		return
	}
	d := c.decide()
	c.frozen.Restore(d)
	d.CallID.Set(view(c.said(c.parties.callID)))
	d.From.Set(view(c.said(c.parties.from)))
	d.To.Set(view(c.said(c.parties.uri)))
}

// leave ends the handling of an event: the decision is kept small, or given back
// where nothing will be asked of it any more.
func (c *responseContext) leave() {
	if c.decision == nil {
		return
	}
	if c.finished {
		c.frozen.Drop()
	} else {
		c.frozen.Keep(c.decision)
	}
	c.proxy.decisions.Put(c.decision)
	c.decision = nil
}

// said is a part of the request, nothing once that is gone.
func (c *responseContext) said(s wire.Span) []byte {
	b := c.tx.Message()
	if int(s.End) > len(b) {
		return nil
	}
	return b[s.Start:s.End]
}
