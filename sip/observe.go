package sip

import (
	"bridgehead/lb"
)

// Mode says whether the selection has its way.
type Mode uint8

// The modes of Policy.Mode.
const (
	// Balance gives calls to the bridge that the rules choose.
	Balance Mode = iota
	// Observe decides and records, but gives calls to the bridge that the
	// Request-URI names, else to the bridges of the route's first group in turn:
	// for a site that wants to compare before it switches.
	Observe
)

// observe decides about a call and delivers it as if there was no selection.
// No call is refused for the rules' sake, and no other bridge is tried.
func (c *responseContext) observe(ask *lb.Call) {
	to := c.asDialled(ask)
	c.proxy.set.Selector.Observe(ask, to, c.now(), c.decision)
	c.decided = true
	c.reserved = c.decision.Placement.Held()
	c.course, c.to.bridge = observed, to
}

// asDialled is the bridge that a call would get without us.
func (c *responseContext) asDialled(ask *lb.Call) lb.BridgeID {
	if ask.Landing != lb.NoBridge {
		return ask.Landing
	}
	p := c.proxy
	n := p.turn.Add(1)
	members := p.set.Selector.Table().Topology().Groups[ask.Groups[0]].Bridges
	for i := range uint64(len(members)) {
		id := members[(n+i)%uint64(len(members))]
		if !ask.ExcludeSet || id != ask.Exclude {
			return id
		}
	}
	return members[0]
}
