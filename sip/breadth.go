package sip

import (
	"strconv"

	"bridgehead/sip/wire"
)

// noBreadth is the Max-Breadth of a request that has none. None is added: this
// hop has one branch of a request at a time, so it widens nothing.
const noBreadth = -1

// maxBreadth reads Max-Breadth (RFC 5393 section 5): how many branches of a
// request there may be at one time, behind this hop as a whole.
func maxBreadth(m *wire.Message) (int, *reply) {
	h, ok := m.Get(wire.MaxBreadth)
	if !ok {
		return noBreadth, nil
	}
	n, err := strconv.ParseUint(view(m.Text(h.Value)), 10, 31)
	switch {
	case err != nil:
		return 0, &reply{status: 400, warning: "Max-Breadth is no number"}
	case n == 0:
		return 0, &reply{status: 440, warning: "Max-Breadth ran out here: the request was forked too often"}
	}
	return int(n), nil
}

// breadthLeft is what the pending branches leave of the request's breadth: a
// target that was given up for its silence holds its share until it has ended.
func (c *responseContext) breadthLeft() int {
	left := c.breadth
	for b := range c.tx.Branches() {
		if !b.Done() {
			left -= c.targets[b.Index()].breadth
		}
	}
	return left
}

// share is the Max-Breadth that the next target gets: all that is left, but one
// for each target that may have to be tried while it is still silent.
func (c *responseContext) share() int {
	if c.breadth == noBreadth {
		return noBreadth
	}
	later := 0
	if c.course == placed || c.course == outward {
		later = max(c.proxy.set.Rules.Attempts-c.attempts-1, 0)
	}
	return max(c.breadthLeft()-later, 1)
}

// spliceBreadth writes the share of one target.
func (c *responseContext) spliceBreadth(w *work, m *wire.Message, t *target) {
	if t.breadth == c.breadth {
		return
	}
	if h, ok := m.Get(wire.MaxBreadth); ok {
		w.breadth = strconv.AppendInt(w.breadth[:0], int64(t.breadth), 10)
		w.edits.Replace(h.Value, w.breadth)
	}
}
