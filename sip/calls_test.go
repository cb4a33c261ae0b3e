package sip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// placements gives n handles that differ, as a Balancer would.
func (e *testEdge) placements(n int) (out []lb.Placement) {
	for range n {
		var d lb.Decision
		e.bal.Place(&lb.Call{Groups: []lb.GroupID{0}, Landing: lb.NoBridge, Cost: 1}, time.Now(), &d)
		out = append(out, d.Placement)
	}
	return out
}

// The call table never holds more than its bound, and a full one says so by
// the key 0, with which nothing else happens.
func TestCallTableIsBounded(t *testing.T) {
	c := newCalls(4 * callShards)
	full := 0
	for i := range 100 * callShards {
		if c.begin(fmt.Append(nil, i), call{}) == 0 {
			full++
		}
	}
	require.LessOrEqual(t, c.count(), 4*callShards)
	require.Equal(t, 100*callShards, full+c.count())
	before := c.count()
	c.end(0, lb.Placement{})
	c.move(0, lb.Placement{}, lb.Placement{}, 1)
	require.Equal(t, before, c.count())
	for i := range 100 * callShards {
		c.take(fmt.Append(nil, i))
	}
	require.Zero(t, c.count())
}

// A full table refuses no call.
func TestFullCallTable(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.p.calls.limit = 0
		d := e.establish(newCall("ct1", "sip:pinned@meet.example.com"))
		require.Zero(t, e.p.Stats().Calls)
		e.in(cucmAddr, d.call.request("BYE", "sip:"+cms1Addr, "bye", "t1", "Route: "+d.route+"\r\n", ""))
		require.Equal(t, cms1Addr, e.one().to.Remote.String())
	})
}

// A second call with the same Call-ID (which nobody should make) takes the
// entry over; what the first one does then leaves it alone.
func TestCallIDTwice(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		p := e.placements(3)
		c := newCalls(64 * callShards)
		first := c.begin([]byte("same"), call{placement: p[0], bridge: 0})
		second := c.begin([]byte("same"), call{placement: p[1], bridge: 1})
		require.Equal(t, first, second)
		c.move(first, p[0], p[2], 2)
		c.end(first, p[0])
		got, ok := c.find([]byte("same"), false)
		require.True(t, ok)
		require.EqualValues(t, 1, got.bridge)
		c.move(second, p[1], p[2], 2)
		c.end(second, p[2])
		require.Zero(t, c.count())
	})
}

// A call whose BYE never came by is forgotten at its maximum age, and what it
// held ends.
func TestOldCallsAreForgotten(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.establish(newCall("ct2", "sip:pinned@meet.example.com"))
		require.Equal(t, []int64{50, 0, 0}, e.reserved())
		e.after(maxCallAge)
		require.Equal(t, 1, e.p.Stats().Calls)
		e.after(callShards*sweepEvery + time.Minute)
		require.Zero(t, e.p.Stats().Calls)
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
	})
}
