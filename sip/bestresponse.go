package sip

import (
	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// refused takes a final response that is no success: it is kept (step 4), what
// it teaches is told, and another target is tried or the best one goes up.
func (c *responseContext) refused(b *transaction.Branch, m *wire.Message) {
	c.learn(b, m)
	c.keep(m)
	if c.mayTryNext(m.Status) {
		c.tryNext(b, byAnswer)
	} else {
		c.settle(c.conclude())
	}
}

// learn tells the selection what a refusal teaches about a bridge (R12).
func (c *responseContext) learn(b *transaction.Branch, m *wire.Message) {
	bridge, sel := c.targets[b.Index()].bridge, c.proxy.set.Selector
	if bridge == lb.NoBridge {
		return
	}
	if m.Status == 503 {
		sel.Evidence(bridge, lb.Evidence{Kind: lb.Unavailable503, RetryAfter: retryAfterOf(m)}, c.now())
	}
	c.note(m.Status)
	if m.Status == 488 && c.course == placed && c.reserved {
		// One offer that two roomy bridges refuse is at fault itself; the
		// selection then gives nobody else.
		sel.Refused(c.decision, c.now())
	}
}

// fullLevel is the load level of a bridge at its existing-conference limit (R2).
const fullLevel lb.Level = 2

// mayTryNext reports whether a final response leads to the next candidate
// (R12). Everything else is the callee's word and goes up.
func (c *responseContext) mayTryNext(status int) bool {
	if c.cancel || c.up > 100 {
		return false
	}
	if c.course == direct || c.course == observed {
		return status == 503 && c.moreServers() // RFC 3263 section 4.3
	}
	switch status {
	case 408, 500, 503, 504:
		return true
	case 488:
		// Lync is never balanced: its bridge itself refuses (R8).
		return c.course != placed || c.decision.Kind != lb.Lync
	case 486:
		// From a full bridge it is what CMS says in place of 488 to a gateway
		// call, and not the callee's word (R8).
		return c.course == placed && c.decision.Kind == lb.Gateway &&
			c.proxy.set.Selector.LevelFor(c.decision, c.now()) == fullLevel
	}
	return false
}

// tryNext goes on to the next server or target after one has failed or stays silent.
func (c *responseContext) tryNext(b *transaction.Branch, why failure) {
	if b.Index() == c.newest && c.advance(why) {
		c.settle(c.attempt())
		return
	}
	c.settle(c.exhausted())
}

// exhausted concludes when no target is left and none may still answer.
func (c *responseContext) exhausted() *reply {
	for b := range c.tx.Branches() {
		if !b.Done() && !b.Abandoned() {
			return nil
		}
	}
	if c.course == placed && c.reserved && !c.cancel && c.up <= 100 {
		c.decision.Outcome = lb.Spent
	}
	return c.conclude()
}

// conclude sends the best final response up (steps 6 and 9), or returns the
// reply to make where there is none: silence counts as 408, a transport error
// as 503, and a 503 becomes 500, since it would speak for this hop as a whole.
// Of a caller who has given up, only what came after that was kept.
func (c *responseContext) conclude() *reply {
	c.tx.StopTimer()
	c.giveUpOthers(-1)
	var best saved
	if c.best != nil {
		best = *c.best
	}
	switch {
	case c.cancel && len(best.bytes) == 0:
		return &reply{status: 487}
	case best.status == 408 && c.method != wire.INVITE:
		c.tx.Drop() // RFC 4320 section 4.2: a 408 to a non-INVITE helps nobody
		c.finish(0)
		return nil
	case best.status == 503:
		return &reply{status: 500, warning: c.failureText()}
	case len(best.bytes) == 0:
		return &reply{status: best.status, warning: c.failureText()}
	}
	c.tx.Respond(best.status, best.bytes)
	c.up = max(c.up, best.status)
	c.finish(best.status)
	return nil
}

// settle answers the request with r, if there is something to answer.
func (c *responseContext) settle(r *reply) {
	if r != nil {
		c.replyLater(r)
	}
}

// keep stores a final response for the choice of the best one (step 4).
func (c *responseContext) keep(m *wire.Message) {
	w := c.proxy.work()
	defer c.proxy.done(w)
	if w.strip(m, c.tx.ResponseHop().Transport) {
		c.remember(m.Status, w.buf)
	} else {
		c.remember(500, nil)
	}
}

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

func (s *saved) drop() { s.status, s.bytes = 0, s.bytes[:0] }

// mostSaved is the largest memory for a response that is used again.
const mostSaved = 4096

// remember keeps a final response, which is nothing but its status where we made
// it up. Most requests have none to keep, so the memory is lent to those that have.
func (c *responseContext) remember(status int, bytes []byte) {
	if c.best == nil {
		c.best = c.proxy.saved.Get().(*saved)
	}
	c.best.keep(status, bytes)
}

// forget gives back what remember kept.
func (c *responseContext) forget() {
	s := c.best
	if s == nil {
		return
	}
	c.best = nil
	if s.drop(); cap(s.bytes) <= mostSaved {
		c.proxy.saved.Put(s)
	}
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
