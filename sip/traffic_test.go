package sip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// What comes in is counted by side, method and code; every counter is there
// from the start.
func TestTraffic(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		before := e.p.Traffic()
		inv := e.place(newCall("tr", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 180, "x"))
		e.in(cms1Addr, answer(inv, 299, "x"))
		after := e.p.Traffic()
		require.Len(t, after.Requests, len(before.Requests))
		require.Len(t, after.Responses, len(before.Responses))
		for _, r := range after.Requests {
			want := uint64(0)
			if r.Side == SideControl && r.Method == "INVITE" && r.Transport == wire.UDP {
				want = 1
			}
			require.Equal(t, want, r.Count, r.Method)
		}
		seen := map[int]uint64{}
		for _, r := range after.Responses {
			if r.Side == SideBridge && r.Method == "INVITE" {
				seen[r.Code+r.Class] += r.Count
			}
		}
		require.EqualValues(t, 1, seen[181], "180, of class 1")
		require.EqualValues(t, 1, seen[2], "299 counts as its class")
	})
}
