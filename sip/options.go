package sip

import (
	"time"

	"bridgehead/lb"
)

// optionsReply answers an OPTIONS that was meant for this hop (RFC 3261
// section 11). Call control takes a trunk out of service on 503, so that is
// said only where it should go elsewhere: while we shut down. A full group is
// no reason, unless the operator says so: callers of running conferences would
// lose the trunk too.
func (p *Proxy) optionsReply() *reply {
	if p.draining.Load() {
		return &reply{status: 503, retryAfter: retryAfter, warning: "this hop is shutting down"}
	}
	if p.set.Policy.OptionsWhenFull == 503 && p.everyRouteFull(time.Now()) {
		return &reply{status: 503, retryAfter: retryAfter, warning: "every bridge is full"}
	}
	return &reply{status: 200, extra: []byte(allowLine + "Accept: application/sdp\r\n")}
}

// everyRouteFull reports that no route has room for a new conference.
func (p *Proxy) everyRouteFull(now time.Time) bool {
	var d lb.Decision
	for i := range p.set.Routes {
		r := &p.set.Routes[i]
		ask := lb.Call{Kind: lb.Space, Groups: r.Groups, Landing: lb.NoBridge, Mode: lb.LandingGroup}
		ask.Conference.URI = "options@" + r.Name
		p.set.Selector.Explain(&ask, now, &d)
		if d.Outcome != lb.Exhausted {
			return false
		}
	}
	return len(p.set.Routes) > 0
}
