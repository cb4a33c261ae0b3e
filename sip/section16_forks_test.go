package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// 16.7 step 2: a 100 tells nothing of the callee, so it does not start timer C
// again.
func TestTryingDoesNotHoldTimerC(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("tc", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 180, "t1"))
		for range 3 {
			e.after(60 * time.Second)
			e.in(cms1Addr, answer(inv, 100, ""))
		}
		e.take()
		e.after(6 * time.Second)
		got := e.take()
		require.NotEmpty(t, got)
		require.Equal(t, wire.CANCEL, got[0].msg.Method)
	})
}

// 16.7 step 4: a 6xx from the second target ends the search, also while the
// first is still silent; if that one rings after all, it is cancelled.
func TestDeclineCancelsTheSilentOne(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		first := e.place(newCall("sx", "sip:pinned@meet.example.com"))
		e.after(3100 * time.Millisecond)
		second := newInvite(e, first)
		e.in(second.to.Remote.String(), answer(second, 603, "t2"))
		require.Equal(t, 603, e.lastStatus())
		e.in(cms1Addr, answer(first, 180, "t1"))
		got := e.take()
		require.Len(t, got, 1, texts(got))
		require.Equal(t, wire.CANCEL, got[0].msg.Method)
		require.Equal(t, first.to.Remote, got[0].to.Remote)
		e.in(cms1Addr, answer(first, 487, "t1"))
		require.Equal(t, wire.ACK, e.one().msg.Method, "it ends with the bridge")
	})
}

// 13.2.2.4, 16.7 step 5: a callee behind the bridge that forked answers more than
// once. Each 2xx goes up, and each ACK and BYE finds its dialog.
func TestForkedCallee(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("fk", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.take()
		for _, tag := range []string{"t1", "t2"} {
			e.in(cms1Addr, answer(inv, 200, tag))
			up := e.one()
			require.Equal(t, cucmAddr, up.to.Remote.String())
			require.Equal(t, tag, string(up.msg.Text(up.msg.ToTag)))
			route := "Route: " + inv.header("Record-Route") + "\r\n"
			e.in(cucmAddr, c.request("ACK", "sip:"+cms1Addr, "ack"+tag, tag, route, ""))
			ack := e.one()
			require.Equal(t, cms1Addr, ack.to.Remote.String())
			require.Equal(t, tag, string(ack.msg.Text(ack.msg.ToTag)))
		}
		c.cseq++
		e.in(cucmAddr, c.request("BYE", "sip:"+cms1Addr, "bye2", "t2", "Route: "+inv.header("Record-Route")+"\r\n", ""))
		require.Equal(t, cms1Addr, e.one().to.Remote.String())
	})
}

// 8.2.6.1: a Timestamp in the request stands in our 100 as it came.
func TestTimestampInTrying(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("ts", "sip:pinned@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.invite(), "Max-Forwards:", "Timestamp: 54.2\r\nMax-Forwards:", 1))
		trying := e.take()[0]
		require.Equal(t, 100, trying.msg.Status)
		require.Equal(t, "54.2", trying.header("Timestamp"))
	})
}
