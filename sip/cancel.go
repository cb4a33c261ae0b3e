package sip

import (
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// Reasons of the CANCELs that we send of our own accord (RFC 3326).
var (
	reasonTimeout   = []byte("Reason: SIP;cause=408;text=\"Request Timeout\"\r\n")
	reasonElsewhere = []byte("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n")
)

// cancelled is RFC 3261 section 16.10. The CANCEL has its 200; what is pending
// is cancelled with the caller's Reason, and no further target is tried. The
// 487 comes from the bridge; only where no bridge has the call (it waits for a
// name, or every branch has ended) do we make it.
func (c *responseContext) cancelled(tx *transaction.Tx, m *wire.Message) {
	c.enter(tx)
	c.thaw()
	defer c.leave()
	if c.finished {
		return
	}
	c.cancel = true
	c.forget() // what earlier targets said is of no interest any more
	if c.to.asking {
		c.leavePark()
		c.replyLater(&reply{status: 487})
		return
	}
	if c.to.waiting {
		c.to.waiting = false
		c.replyLater(&reply{status: 487})
		return
	}
	var reason []byte
	for i := range m.Headers {
		if m.Headers[i].ID == wire.Reason {
			reason = append(reason, m.Text(m.Headers[i].Line)...)
		}
	}
	pending := false
	for b := range tx.Branches() {
		if b.Done() {
			continue
		}
		tx.Cancel(b, reason)
		pending = pending || !b.Abandoned()
	}
	if !pending {
		c.replyLater(&reply{status: 487})
		return
	}
	if c.course == placed {
		// Whether it has answered or not, the bridge has this long to end it.
		tx.SetTimer(c.proxy.set.Rules.AttemptTimeout)
	}
}
