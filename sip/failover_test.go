package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// RFC 4320: silence to a non-INVITE stays silence, and a 408 to it is not
// passed on.
func TestNo408ToNonInvite(t *testing.T) {
	for _, status := range []int{0, 408} {
		withEdge(t, func(e *testEdge) {
			c := newCall("h1", "sip:pinned@meet.example.com")
			e.in(cucmAddr, c.request("MESSAGE", c.uri, "m", "", "", "hello"))
			if status != 0 {
				for range 3 {
					m := e.one()
					e.in(m.to.Remote.String(), answer(m, status, "t"))
				}
			}
			e.after(70 * time.Second)
			trying := 0
			for _, s := range e.take() {
				if s.msg.Status == 100 {
					trying++
					continue
				}
				require.Zero(t, s.msg.Status, s.text)
			}
			require.Equal(t, status == 0, trying == 1, "section 4.1: one late 100 where nobody answers")
			require.Zero(t, e.p.layer.Stats().Open)
		})
	}
}

// R12 for requests that are no calls: the next bridge is tried, but the slow
// one may still answer; the first answer wins.
func TestSlowAnswerToNonInvite(t *testing.T) {
	for _, winner := range []string{cms1Addr, cms2Addr} {
		withEdge(t, func(e *testEdge) {
			c := newCall("h2", "sip:pinned@meet.example.com")
			e.in(cucmAddr, c.request("SUBSCRIBE", c.uri, "s", "", "", ""))
			to := map[string]sent{}
			e.after(3100 * time.Millisecond)
			for _, s := range e.take() {
				to[s.to.Remote.String()] = s
			}
			require.Len(t, to, 2)
			require.Equal(t, []int64{0, 0, 0}, e.reserved(), "it holds nothing")
			e.in(winner, answer(to[winner], 202, "t"))
			require.Equal(t, 202, e.one().msg.Status)
			for from, s := range to {
				e.in(from, answer(s, 202, "t"))
			}
			for _, s := range e.take() {
				require.NotEqual(t, 202, s.msg.Status, "one answer to a non-INVITE")
			}
		})
	}
	// No answer at all from the last one, a late one from the first.
	withEdge(t, func(e *testEdge) {
		c := newCall("h3", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.request("SUBSCRIBE", c.uri, "s", "", "", ""))
		first := e.one()
		e.after(20 * time.Second)
		e.take()
		e.in(cms1Addr, answer(first, 489, "t"))
		require.Equal(t, 489, e.one().msg.Status)
		e.after(70 * time.Second)
		e.take()
		require.Zero(t, e.p.layer.Stats().Open)
	})
}

// R12, trust rule 4: call control's addresses are tried in order, one silent,
// one refusing; a 480 is the callee's word.
func TestOutwardFailover(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cms1Addr, bridgeInvite(cms1Addr, "o1", "sip:bob@example.com", ""))
		e.take()
		e.after(3100 * time.Millisecond)
		all := e.take()
		out := all[len(all)-1]
		require.Equal(t, "192.0.2.11:5060", out.to.Remote.String())
		e.in("192.0.2.11:5060", answer(out, 503, "t"))
		all = e.take()
		out = all[len(all)-1]
		require.Equal(t, "192.0.2.12:5060", out.to.Remote.String())
		e.in("192.0.2.12:5060", answer(out, 480, "t"))
		all = e.take()
		require.Equal(t, 480, all[len(all)-1].msg.Status)
	}, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, dest("192.0.2.11:5060"), dest("192.0.2.12:5060"))
	})
}

// R12: once anything but 100 went up nobody else is tried.
func TestNoNextCandidateAfterRinging(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f10", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 183, "t1"))
		e.take()
		e.in(cms1Addr, answer(inv, 500, "t1"))
		all := e.take()
		require.Equal(t, 500, all[len(all)-1].msg.Status)
		require.True(t, strings.HasPrefix(texts(all)[0], cms1Addr+" ACK"))
		require.Equal(t, lb.Chosen, r.all[0].Outcome)
	}, recording(&r))
}

// R12: decisionTimeout bounds all tries together.
func TestDecisionTimeout(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.place(newCall("f11", "sip:pinned@meet.example.com"))
		e.after(7 * time.Second)
		tried := map[string]bool{}
		for _, s := range e.take() {
			if s.msg.IsRequest() {
				tried[s.to.Remote.String()] = true
			} else {
				require.Equal(t, 408, s.msg.Status)
			}
		}
		require.Len(t, tried, 2, "the third would have begun too late: %v", tried)
	}, func(s *Settings) { s.Rules.DecisionTimeout = 5 * time.Second })
}

// R12, the table: which final responses lead on, and when none does.
func TestWhichResponsesLeadOn(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		on := map[int]bool{408: true, 488: true, 500: true, 503: true, 504: true}
		for status := 300; status < 700; status++ {
			for _, tc := range []struct {
				state
				goes bool
			}{
				{state{course: placed, up: 100}, on[status]},
				{state{course: placed}, on[status]},
				{state{course: outward, up: 100}, on[status]},
				{state{course: direct, up: 100}, false},
				{state{course: observed, up: 100}, false},
				{state{course: placed, up: 180}, false},
				{state{course: placed, up: 100, cancel: true}, false},
			} {
				c := &responseContext{proxy: e.p, state: tc.state, decision: &lb.Decision{}}
				require.Equal(t, tc.goes, c.mayTryNext(status), "%d %+v", status, tc.state)
			}
		}
	})
}
