package sip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// 16.10: CANCEL is answered at once, goes down with the INVITE's branch and
// the caller's Reason, and the bridge's 487 goes up.
func TestCancelAfterRinging(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g1", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.take()
		e.in(cucmAddr, c.cancel("Reason: Q.850;cause=16\r\n"))
		all := e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 200, all[0].msg.Status)
		require.Equal(t, wire.CANCEL, all[1].msg.Method)
		require.Equal(t, inv.msg.Text(inv.msg.Via.Branch), all[1].msg.Text(all[1].msg.Via.Branch))
		require.Equal(t, "Q.850;cause=16", all[1].header("Reason"))
		e.in(cucmAddr, c.cancel(""))
		require.Equal(t, 200, e.one().msg.Status, "a repeated CANCEL gets 200 again and goes no further")
		e.in(cms1Addr, answer(all[1], 200, ""))
		e.in(cms1Addr, answer(inv, 487, "t1"))
		all = e.take()
		require.Equal(t, []string{cms1Addr + " ACK " + c.uri + " SIP/2.0", cucmAddr + " SIP/2.0 487 Whatever"}, texts(all))
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
		require.Zero(t, e.p.OpenInvites())
		require.Zero(t, e.p.Stats().Calls)
	})
}

// 16.10, 9.1: no CANCEL before a provisional response; a bridge that never
// answers leaves the 487 to us.
func TestCancelBeforeAnyResponse(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g2", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cucmAddr, c.cancel(""))
		require.Equal(t, 200, e.one().msg.Status)
		e.in(cms1Addr, answer(inv, 100, ""))
		require.Equal(t, wire.CANCEL, e.one().msg.Method)
		e.in(cms1Addr, answer(inv, 487, "t1"))
		all := e.take()
		require.Equal(t, 487, all[1].msg.Status)
	})
	withEdge(t, func(e *testEdge) {
		c := newCall("g3", "sip:pinned@meet.example.com")
		e.place(c)
		e.in(cucmAddr, c.cancel(""))
		e.take()
		e.after(4 * time.Second)
		all := e.take()
		last := all[len(all)-1]
		require.Equal(t, 487, last.msg.Status)
		for _, s := range all {
			require.NotEqual(t, cms2Addr, s.to.Remote.String(), "nobody else is tried for a caller who has gone")
		}
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
	})
}

// R12: a bridge that rings and does not end its call on CANCEL has
// attemptTimeout for it, even if it goes on ringing; then the caller gets our
// 487.
func TestCancelThatTheBridgeIgnores(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g3b", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.in(cucmAddr, c.cancel(""))
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.take()
		e.after(3100 * time.Millisecond)
		all := e.take()
		require.Equal(t, 487, all[len(all)-1].msg.Status)
		require.False(t, e.bal.Suspect(0))
		e.in(cms1Addr, answer(inv, 200, "t1"))
		require.Equal(t, 200, e.one().msg.Status, "16.7 step 5: the caller must end what it got")
	})
}

// 16.10: what an earlier target answered is no answer to a caller who has
// given up.
func TestCancelDuringSecondTry(t *testing.T) {
	for _, status := range []int{487, 486, 0} {
		withEdge(t, func(e *testEdge) {
			c := newCall("g3c", "sip:pinned@meet.example.com")
			inv := e.place(c)
			e.in(cms1Addr, answer(inv, 488, "t1"))
			second := e.take()[1]
			require.Equal(t, cms2Addr, second.to.Remote.String())
			e.in(cms2Addr, answer(second, 100, ""))
			e.in(cucmAddr, c.cancel(""))
			e.take()
			want := status
			if status == 0 {
				e.after(3100 * time.Millisecond)
				want = 487
			} else {
				e.in(cms2Addr, answer(second, status, "t2"))
			}
			all := e.take()
			require.Equal(t, want, all[len(all)-1].msg.Status)
			require.Equal(t, []int64{0, 0, 0}, e.reserved())
		})
	}
}

// 16.10: the transport fails after the CANCEL: 487, not 500.
func TestCancelAndTransportError(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g3d", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cucmAddr, c.cancel(""))
		e.take()
		e.p.layer.Undelivered(time.Now(), inv.token, nil, e)
		require.Equal(t, 487, e.one().msg.Status)
	})
}

// 16.10: a CANCEL that crosses a 200: the 200 reaches the caller.
func TestCancelCrossing200(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g4", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.take()
		e.in(cucmAddr, c.cancel(""))
		e.take()
		e.in(cms1Addr, answer(inv, 200, "t1"))
		require.Equal(t, 200, e.one().msg.Status)
		require.Equal(t, []int64{50, 0, 0}, e.reserved())
	})
}

// 9.2: a CANCEL after the final response changes nothing.
func TestCancelAfterFinal(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("g4b", "sip:pinned@meet.example.com")
		e.establish(c)
		e.in(cucmAddr, c.cancel(""))
		require.Equal(t, 200, e.one().msg.Status)
		require.Equal(t, []int64{50, 0, 0}, e.reserved())
	})
}

// Deviation from 16.10: an unmatched CANCEL is 481 and goes nowhere.
func TestUnmatchedCancelIs481(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("g5", "sip:room@meet.example.com").cancel(""))
		require.Equal(t, 481, e.one().msg.Status)
	})
}
