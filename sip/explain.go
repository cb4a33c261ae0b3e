package sip

import (
	"fmt"
	"strings"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// Question is a call that nobody makes: what would become of it?
type Question struct {
	To      string // Request-URI, with or without sip:
	From    string // From URI; may be empty
	SDP     []byte // the offer; empty is a delayed offer
	Landing string // name of a bridge that the call lands on; "" as To says
}

// Explain decides about a call with no side effect, by the same steps as for
// one that comes in: it leaves the decision in d, or says why the call would
// never come to one. The proxy must be bound. Safe for concurrent use.
func (p *Proxy) Explain(q Question, now time.Time, d *lb.Decision) error {
	to := q.To
	if scheme, _, ok := strings.Cut(strings.ToLower(to), ":"); !ok || scheme != "sip" && scheme != "sips" {
		to = "sip:" + to
	}
	uri, err := wire.ParseURI([]byte(to))
	if err != nil || !uri.IsSIP() || uri.Secure() {
		return fmt.Errorf("%q is no sip: URI; write user@domain", q.To)
	}
	if len(uri.User) == 0 {
		return fmt.Errorf("%q names no conference: write user@domain", q.To)
	}
	c := &responseContext{proxy: p}
	if len(p.controls) > 0 {
		c.peer = peer{origin: fromControl} // the first one, where that matters
	}
	dst, ok := c.destination(&uri)
	if !ok {
		return fmt.Errorf("the domain of %q is none of the routes: the call would get 404", q.To)
	}
	if q.Landing != "" {
		id, known := p.bridgeByName(q.Landing)
		if !known {
			return fmt.Errorf("no bridge has the name %q", q.Landing)
		}
		dst.landing, dst.domain = id, dst.route.Name
	}
	key, user := conferenceKey(uri.User, dst.route.Name)
	t, _ := p.set.Resolver.Classify(dst.domain, user)
	call := p.callTo(key, dst, t)
	call.Kind = c.kindOf(nil, t)
	call.Mode = c.landingMode()
	call.From, call.To = q.From, to
	call.Cost = costOf(&p.set.Rules.Costs, q.SDP)
	call.Caller = callerHash([]byte(q.From))
	p.set.Selector.Explain(&call, now, d)
	return nil
}

func (p *Proxy) bridgeByName(name string) (lb.BridgeID, bool) {
	for i, b := range p.bridges {
		if strings.EqualFold(b.Name, name) {
			return lb.BridgeID(i), true
		}
	}
	return lb.NoBridge, false
}
