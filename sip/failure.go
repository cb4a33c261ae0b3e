package sip

import (
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// failure is how a try of a target came to nothing.
type failure uint8

const (
	byAnswer        failure = iota // with a response that leads on
	silent                         // no response in time: as 408 (16.7 step 6, 16.8)
	transportFailed                // could not be sent: as 503 (16.9)
)

// failed takes a branch that will have no final response, or that has been
// ringing for longer than timer C.
func (c *responseContext) failed(tx *transaction.Tx, b *transaction.Branch, cause transaction.Cause) {
	c.enter(tx)
	c.thaw()
	defer c.leave()
	why := byAnswer
	switch {
	case cause == transaction.CauseTimerC: // 16.8: it has a provisional response, so CANCEL
		c.proxy.counts.timerC.Add(1)
		tx.Cancel(b, reasonTimeout)
		return
	case c.finished:
		return
	case cause == transaction.CauseTransport && c.targets[b.Index()].moved:
		if c.backToUDP(b) {
			return
		}
		c.remember(503, nil) // TCP was our choice: no evidence
	case cause == transaction.CauseTransport:
		why = transportFailed
		c.failAt(b, why)
	case b.Provisional(): // alive, but it did not end what was cancelled
		c.remember(408, nil)
	default:
		why = silent
		c.failAt(b, why)
	}
	c.tryNext(b, why)
}

// timer fires when the newest target has kept us waiting for longer than R12
// allows: no response at all, nothing but 100, or no end after a CANCEL.
func (c *responseContext) timer(tx *transaction.Tx) {
	c.enter(tx)
	c.thaw()
	defer c.leave()
	if c.to.asking { // no bridge said in time what the URI is
		c.unpark(*c.to.guess)
		return
	}
	b := tx.Branch(c.newest)
	if c.finished || b == nil || b.Done() || c.halfTime(b) {
		return
	}
	why := byAnswer
	if b.Provisional() {
		c.note(408) // it has the call and does nothing with it
		c.remember(408, nil)
	} else {
		why = silent
		c.failAt(b, why)
	}
	if c.method == wire.INVITE { // a late 1xx is CANCELled, a late 2xx obeys 16.7
		tx.Cancel(b, reasonTimeout)
		tx.Abandon(b)
	}
	// Any other request may still be answered by this one: a 408 would not go up
	// anyway, so there is nothing to hurry for.
	c.tryNext(b, why)
}

// failAt is fail for a branch, whose server others then try last.
func (c *responseContext) failAt(b *transaction.Branch, f failure) {
	c.to.servers.fail(b.Hop().Remote, c.now())
	c.fail(c.targets[b.Index()].bridge, f)
}

// fail remembers a failure as the response that it counts as, and tells the
// selection, unless the bridge may yet be reached elsewhere.
func (c *responseContext) fail(bridge lb.BridgeID, f failure) {
	// Silence is as old as what was not answered: an answer to something newer
	// outweighs it.
	status, kind, at := 408, lb.Timeout, c.sentAt()
	if f == transportFailed {
		status, kind, at = 503, lb.Transport, c.now()
	}
	c.remember(status, nil)
	c.note(status)
	if bridge != lb.NoBridge && !(f == transportFailed && c.moreServers()) {
		if c.proxy.set.Selector.Evidence(bridge, lb.Evidence{Kind: kind}, at) {
			c.proxy.wakeProbe()
		}
	}
}

// note records what the chosen bridge answered, 408 for silence and 503 for
// what did not leave. Where the decision is only observed it chose nobody.
func (c *responseContext) note(status int) {
	if c.course == placed && c.reserved {
		c.decision.NoteAnswer(status)
	}
}

// failureText says in a Warning which bridges were tried for nothing.
func (c *responseContext) failureText() string {
	names, last := "", lb.NoBridge
	for b := range c.tx.Branches() {
		if id := c.targets[b.Index()].bridge; id != last { // twice in a row: over TCP, then UDP
			last = id
			if names != "" {
				names += ", "
			}
			names += c.proxy.bridges[id].Name
		}
	}
	if names == "" {
		return "no next hop answered"
	}
	return "tried without success: " + names
}

// reachEvery is how often, in nanoseconds, a bridge's answers are told to the
// selection: an input of R11, which counts in seconds.
const reachEvery = 500_000_000

// reached tells the selection that a bridge answered over SIP.
func (p *Proxy) reached(id lb.BridgeID, now time.Time) {
	if id == lb.NoBridge {
		return
	}
	b := p.bridges[id]
	n := now.UnixNano()
	if last := b.reached.Load(); n-last < reachEvery || !b.reached.CompareAndSwap(last, n) {
		return
	}
	p.set.Selector.Reach(id, true, now)
}

// retryAfterOf reads the seconds of Retry-After (RFC 3261 section 20.33), no
// more than the selection believes; 0 when absent.
func retryAfterOf(m *wire.Message) time.Duration {
	h, ok := m.Get(wire.RetryAfter)
	if !ok {
		return 0
	}
	var wait time.Duration
	for _, d := range m.Text(h.Value) {
		if d < '0' || d > '9' || wait > lb.MaxRetryAfter {
			break
		}
		wait = wait*10 + time.Duration(d-'0')*time.Second
	}
	return min(wait, lb.MaxRetryAfter)
}
