package sip

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// records is a Recorder that keeps all.
type records struct {
	mu  sync.Mutex
	all []*lb.Record
}

func (r *records) Record(d *lb.Decision, res lb.Result) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, &lb.Record{Decision: *d, Result: res})
	return uint64(len(r.all))
}

func recording(r *records) option { return func(s *Settings) { s.Recorder = r } }

// answersOf is what each bridge that was tried answered, in configuration order.
func (r *records) answersOf(i int) (out []int) {
	for _, c := range r.all[i].Candidates() {
		if c.Tried() {
			out = append(out, int(c.Answer))
		}
	}
	return out
}

// R12: a silent bridge is left after attemptTimeout and suspect; a late 1xx of
// it is CANCELled, a late 2xx still goes up (16.7 step 5).
func TestSilentBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		first := e.place(newCall("f3", "sip:pinned@meet.example.com"))
		e.after(2900 * time.Millisecond)
		for _, s := range e.take() {
			require.Equal(t, first.to.Remote, s.to.Remote, "only retransmissions so far")
		}
		e.after(200 * time.Millisecond)
		second := e.one()
		require.Equal(t, cms2Addr, second.to.Remote.String())
		require.True(t, e.bal.Suspect(0))

		e.in(cms1Addr, answer(first, 180, "late"))
		late := e.one()
		require.Equal(t, wire.CANCEL, late.msg.Method)
		require.Equal(t, cms1Addr, late.to.Remote.String())
		require.Contains(t, late.header("Reason"), "cause=408", "RFC 3326: why we cancel")

		e.in(cms2Addr, answer(second, 200, "t2"))
		require.Equal(t, 200, e.one().msg.Status)
		e.in(cms1Addr, answer(first, 200, "late"))
		require.Equal(t, 200, e.one().msg.Status)
	})
}

// 16.7 steps 5 and 10, R10: a bridge that was given up answers all the same,
// while the next one rings: the call is there, and nothing is held elsewhere.
func TestLate200Wins(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		first := e.place(newCall("f3w", "sip:pinned@meet.example.com"))
		e.after(3100 * time.Millisecond)
		all := e.take()
		second := all[len(all)-1]
		e.in(cms2Addr, answer(second, 100, ""))
		require.Equal(t, []int64{0, 50, 0}, e.reserved())

		e.in(cms1Addr, answer(first, 200, "t1"))
		all = e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 200, all[0].msg.Status)
		require.Equal(t, wire.CANCEL, all[1].msg.Method)
		require.Equal(t, cms2Addr, all[1].to.Remote.String())
		require.Contains(t, all[1].header("Reason"), "cause=200", "RFC 3326: completed elsewhere")

		require.Equal(t, []int64{0, 0, 0}, e.reserved())
		remembered, ok := e.p.calls.find([]byte("f3w@192.0.2.10"), false)
		require.True(t, ok)
		require.EqualValues(t, 0, remembered.bridge)
		require.EqualValues(t, 0, r.all[0].Chosen)
	}, recording(&r))
}

// 16.7 step 5: a 2xx that comes after another final response has gone up is
// still forwarded; only the caller can end that call.
func TestLate200AfterFailure(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("f3l", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.after(3100 * time.Millisecond)
		all := e.take()
		require.Equal(t, 408, all[len(all)-1].msg.Status)
		e.in(cms1Addr, answer(inv, 200, "t1"))
		late := e.one()
		require.Equal(t, 200, late.msg.Status)
		require.Equal(t, cucmAddr, late.to.Remote.String())
		require.EqualValues(t, 1, e.p.Stats().Late2xx)
	}, func(s *Settings) { s.Rules.Attempts = 1 })
}

// R12: only 100 for setupTimeout, however often it comes: CANCEL, and the
// caller gets a 408.
func TestOnlyTrying(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f4", "sip:pinned@meet.example.com"))
		for range 4 {
			e.in(cms1Addr, answer(inv, 100, ""))
			e.after(4750 * time.Millisecond)
		}
		require.Empty(t, e.take())
		e.after(2 * time.Second)
		all := e.take()
		require.Equal(t, wire.CANCEL, all[0].msg.Method)
		require.Equal(t, 408, all[1].msg.Status)
		require.False(t, e.bal.Suspect(0), "it does answer")
		require.Equal(t, lb.Spent, r.all[0].Outcome)
		require.Equal(t, []int{408}, r.answersOf(0))
	}, recording(&r))
}

// 16.8: timer C on a ringing branch sends CANCEL; a 183 starts it again.
func TestTimerC(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f5", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.after(180 * time.Second)
		e.in(cms1Addr, answer(inv, 183, "t1"))
		e.take()
		e.after(180 * time.Second)
		require.Empty(t, e.take())
		e.after(6 * time.Second)
		got := e.take()
		require.Equal(t, wire.CANCEL, got[0].msg.Method)
		require.Contains(t, got[0].header("Reason"), "cause=408")
		e.in(cms1Addr, answer(inv, 487, "t1"))
		all := e.take()
		require.Equal(t, 487, all[len(all)-1].msg.Status)
	})
}

// 16.8: a branch that does not end after timer C's CANCEL is a 408, and no
// proof that the bridge is dead.
func TestTimerCAndNoEnd(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f5b", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.after(185*time.Second + 33*time.Second)
		all := e.take()
		require.Equal(t, 408, all[len(all)-1].msg.Status)
		require.False(t, e.bal.Suspect(0))
	})
}

// 16.9: a transport error counts as a 503, so that the next bridge is tried,
// and the last one's goes up as a 500.
func TestTransportErrors(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f6", "sip:pinned@meet.example.com"))
		for _, next := range []string{cms2Addr, cms3Addr} {
			e.p.layer.Undelivered(time.Now(), inv.token, nil, e)
			inv = e.one()
			require.Equal(t, next, inv.to.Remote.String())
		}
		e.p.layer.Undelivered(time.Now(), inv.token, nil, e)
		last := e.one()
		require.Equal(t, 500, last.msg.Status)
		require.Contains(t, last.header("Warning"), "cluster1, cluster2, cluster3")
		for id := range 3 {
			require.True(t, e.bal.Suspect(lb.BridgeID(id)))
		}
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
		require.Equal(t, []int{503, 503, 503}, r.answersOf(0))
		require.Equal(t, lb.Spent, r.all[0].Outcome)
	}, recording(&r))
}

// R12: a 503 with Retry-After keeps a bridge free of calls that long, whatever
// the request was and whatever went up before.
func TestRetryAfterIsObeyed(t *testing.T) {
	held := "Retry-After: 30 (maintenance)\r\n"
	for name, refuse := range map[string]func(e *testEdge){
		"first answer": func(e *testEdge) {
			inv := e.place(newCall("f7a", "sip:pinned@meet.example.com"))
			e.in(cms1Addr, answer(inv, 503, "t1", held))
		},
		"after ringing": func(e *testEdge) {
			inv := e.place(newCall("f7b", "sip:pinned@meet.example.com"))
			e.in(cms1Addr, answer(inv, 180, "t1"))
			e.in(cms1Addr, answer(inv, 503, "t1", held))
		},
		"link between bridges": func(e *testEdge) {
			e.in(cms2Addr, bridgeInvite(cms2Addr, "f7c", "sip:link@"+cms1Addr, ""))
			e.in(cms1Addr, answer(e.take()[1], 503, "t1", held))
		},
		"no INVITE": func(e *testEdge) {
			c := newCall("f7d", "sip:pinned@meet.example.com")
			e.in(cucmAddr, c.request("SUBSCRIBE", c.uri, "s", "", "", ""))
			e.in(cms1Addr, answer(e.one(), 503, "t1", held))
		},
	} {
		t.Run(name, func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				refuse(e)
				e.take()
				require.Equal(t, cms2Addr, e.place(newCall("f8", "sip:pinned@meet.example.com")).to.Remote.String())
				e.after(31 * time.Second)
				e.load(0, 0, 0)
				e.take()
				require.Equal(t, cms1Addr, e.place(newCall("f9", "sip:pinned@meet.example.com")).to.Remote.String())
			})
		})
	}
}
