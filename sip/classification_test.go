package sip

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// dialPlan is a Resolver with everything of R8; what it is not sure of waits
// in asked until the test answers.
type dialPlan struct {
	known map[string]Target
	guess Target // of what it is not sure of
	mu    sync.Mutex
	asked map[string]func(Target)
	full  bool
}

func newDialPlan() *dialPlan {
	return &dialPlan{asked: map[string]func(Target){}, known: map[string]Target{
		"pinned@meet.example.com":  {Kind: TargetSpace, Space: "space-pinned"},
		"ivr@meet.example.com":     {Kind: TargetIVR},
		"alice@meet.example.com":   {Kind: TargetUser},
		"bob@meet.example.com":     {Kind: TargetForwarded},
		"team@meet.example.com":    {Kind: TargetLync},
		"nobody@meet.example.com":  {},
		"private@meet.example.com": {Kind: TargetSpace, Space: "space-private"},
	}}
}

func (p *dialPlan) Classify(domain, user string) (Target, bool) {
	if t, ok := p.known[user+"@"+domain]; ok {
		return t, true
	}
	return p.guess, false
}

func (p *dialPlan) Query(domain, user string, done func(Target)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return false
	}
	p.asked[user+"@"+domain] = done
	return true
}

func (p *dialPlan) answer(uri string, t Target) {
	p.mu.Lock()
	done := p.asked[uri]
	delete(p.asked, uri)
	p.mu.Unlock()
	if done != nil {
		go done(t)
	}
	synctest.Wait()
}

func withPlan(p *dialPlan) option { return func(s *Settings) { s.Resolver = p } }

func withWait(s *Settings) { s.Policy.URIQueryWait = 300 * time.Millisecond }

// R8: each kind of URI is balanced its own way, also when the host is ours.
func TestKindsOfCalls(t *testing.T) {
	for _, tc := range []struct {
		uri, extra string
		kind       lb.Kind
	}{
		{"sip:pinned@meet.example.com", "", lb.Space},
		{"sip:PINNED@192.0.2.1", "", lb.Space},
		{"sip:ivr@meet.example.com", "", lb.IVR},
		{"sip:alice@meet.example.com", "", lb.Gateway},
		{"sip:bob@meet.example.com", "", lb.Gateway},
		{"sip:team@meet.example.com", "", lb.Lync},
		{"sip:nobody@meet.example.com", "", lb.Space},
		{"sip:pinned@meet.example.com", "User-Agent: UCCAPI/16.0 RTC/6.0\r\n", lb.Lync},
	} {
		t.Run(tc.uri+tc.extra, func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				c := newCall("k1", tc.uri)
				e.in(cucmAddr, c.request("INVITE", c.uri, "x", "", tc.extra, offer))
				require.Len(t, e.take(), 2)
			}, withPlan(newDialPlan()), func(s *Settings) {
				s.Decided = func(d *lb.Decision) { require.Equal(t, tc.kind, d.Kind) }
			})
		})
	}
}

// R7, R8: a gateway call that nobody has room for gets 486; one that a full
// bridge answers 486 goes on, one that a roomy bridge answers 486 does not.
func TestGatewayCalls(t *testing.T) {
	invite := newCall("gw", "sip:alice@meet.example.com").invite()
	withEdge(t, func(e *testEdge) {
		e.load(9000, 9000, 9000)
		e.in(cucmAddr, invite)
		require.Equal(t, 486, e.one().msg.Status)
	}, withPlan(newDialPlan()))
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, invite)
		inv := e.take()[1]
		e.in(inv.to.Remote.String(), answer(inv, 486, "x"))
		require.Equal(t, 486, e.take()[1].msg.Status, "the callee is busy")
	}, withPlan(newDialPlan()))
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, invite)
		inv := e.take()[1]
		loads := []int{0, 0, 0}
		for i, a := range cmsAddrs {
			if a == inv.to.Remote.String() {
				loads[i] = 9999
			}
		}
		e.load(loads...)
		e.in(inv.to.Remote.String(), answer(inv, 486, "x"))
		all := e.take()
		require.Equal(t, wire.INVITE, all[len(all)-1].msg.Method, "the bridge was full: %v", texts(all))
	}, withPlan(newDialPlan()))
}

// DESIGN 5, parking: a URI that is not known is asked for; the call goes on
// with the answer, under its own URI when the time is over, and a CANCEL ends
// it with our own 487.
func TestParkedCall(t *testing.T) {
	plan := newDialPlan()
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("p1", "sip:fresh@meet.example.com").invite())
		require.Equal(t, 100, e.one().msg.Status)
		require.Equal(t, 1, e.p.Stats().Parked)
		e.after(100 * time.Millisecond)
		plan.answer("fresh@meet.example.com", Target{Kind: TargetSpace, Space: "space-fresh"})
		require.Equal(t, wire.INVITE, e.one().msg.Method)
		require.Zero(t, e.p.Stats().Parked)
	}, withPlan(plan), withWait, func(s *Settings) {
		s.Decided = func(d *lb.Decision) { require.Equal(t, "space-fresh", d.Conference.String()) }
	})
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("p2", "sip:fresh@meet.example.com").invite())
		require.Equal(t, 100, e.one().msg.Status)
		e.after(290 * time.Millisecond)
		require.Empty(t, e.take())
		e.after(20 * time.Millisecond)
		inv := e.one()
		require.Equal(t, wire.INVITE, inv.msg.Method)
		plan.answer("fresh@meet.example.com", Target{Kind: TargetSpace, Space: "late"})
		require.Empty(t, e.take(), "a late answer changes nothing")
		require.Zero(t, e.p.Stats().Parked)
		e.in(inv.to.Remote.String(), answer(inv, 404, "x"))
		require.Equal(t, 404, e.take()[1].msg.Status, "CMS itself says that it is nobody")
	}, withPlan(plan), withWait)
	withEdge(t, func(e *testEdge) {
		c := newCall("p3", "sip:fresh@meet.example.com")
		e.in(cucmAddr, c.invite())
		e.take()
		e.in(cucmAddr, c.cancel(""))
		all := e.take()
		require.Equal(t, []int{200, 487}, []int{all[0].msg.Status, all[1].msg.Status})
		plan.answer("fresh@meet.example.com", Target{Kind: TargetSpace, Space: "late"})
		require.Empty(t, e.take())
		require.Zero(t, e.p.Stats().Parked)
		require.Zero(t, e.p.OpenInvites())
	}, withPlan(plan), withWait)
}

// DESIGN 5, parking: what no bridge confirms in time is taken for what the
// directory held likely: here a domain that only a forwarding rule matches.
func TestParkedCallThatNobodyKnows(t *testing.T) {
	plan := newDialPlan()
	plan.guess = Target{Kind: TargetForwarded}
	for _, answered := range []bool{false, true} {
		withEdge(t, func(e *testEdge) {
			e.load(9000, 9000, 9000)
			e.in(cucmAddr, newCall("pg", "sip:fresh@meet.example.com").invite())
			require.Equal(t, 100, e.one().msg.Status)
			if answered {
				plan.answer("fresh@meet.example.com", plan.guess)
			} else {
				e.after(310 * time.Millisecond)
			}
			require.Equal(t, 486, e.one().msg.Status, "a gateway call that nobody has room for")
		}, withPlan(plan), withWait)
	}
}

// A flood of URIs that nobody knows: at most maxParked wait, the rest are
// placed under their own URI at once, and a known space is not held up.
func TestFloodOfUnknownURIs(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for i := range maxParked + 10 {
			e.in(cucmAddr, newCall(fmt.Sprint("f", i), fmt.Sprintf("sip:x%d@meet.example.com", i)).invite())
		}
		require.Equal(t, maxParked, e.p.Stats().Parked)
		invites := 0
		for _, s := range e.take() {
			if s.msg.Method == wire.INVITE && s.msg.Status == 0 {
				invites++
			}
		}
		require.Equal(t, 10, invites)
		e.place(newCall("known", "sip:pinned@meet.example.com"))
		e.after(time.Second)
		require.Zero(t, e.p.Stats().Parked)
	}, withPlan(newDialPlan()), withWait)
}

// What may not be asked is placed at once.
func TestQueryRefused(t *testing.T) {
	plan := newDialPlan()
	plan.full = true
	withEdge(t, func(e *testEdge) { e.place(newCall("q", "sip:fresh@meet.example.com")) }, withPlan(plan), withWait)
}

// R9, R7: landing and refusal codes may differ between call controls.
func TestSettingsOfACallControl(t *testing.T) {
	own := func(s *Settings) {
		s.CallControls[0].Landing = lb.LandingNative
		s.CallControls[0].Reject = Reject{Exhausted: 480}
	}
	withEdge(t, func(e *testEdge) {
		e.load(9000, 0, 0)
		e.in(cucmAddr, newCall("cc1", "sip:pinned@"+cms1Addr).invite())
		require.Equal(t, 480, e.one().msg.Status)
	}, own)
	withEdge(t, func(e *testEdge) {
		e.load(9000, 0, 0)
		inv := e.place(newCall("cc2", "sip:pinned@"+cms1Addr))
		require.Equal(t, cms1Addr, inv.to.Remote.String(), "exactly that bridge, full or not")
		e.in(cms1Addr, answer(inv, 488, "x"))
		require.Equal(t, 488, e.take()[1].msg.Status, "and its answer")
	}, func(s *Settings) { s.CallControls[0].Landing = lb.LandingOnly })
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("cc3", "sip:pinned@meet.example.com").invite())
		require.Len(t, e.take(), 2)
	}, func(s *Settings) {
		s.CallControls[0].Kind = KindLync
		s.Decided = func(d *lb.Decision) { require.Equal(t, lb.Lync, d.Kind) }
	})
}

// DESIGN 6, observe: the decision is made and recorded, the call goes where it
// was dialled, or to the bridges in turn, and nothing is refused.
func TestObserve(t *testing.T) {
	records := lb.NewRecorder(64)
	observeOnly := func(s *Settings) { s.Policy.Mode, s.Recorder = Observe, records }
	withEdge(t, func(e *testEdge) {
		e.load(9000, 0, 0)
		inv := e.place(newCall("ob1", "sip:pinned@"+cms1Addr))
		require.Equal(t, cms1Addr, inv.to.Remote.String())
		e.in(cms1Addr, answer(inv, 200, "x"))
		e.take()
		r := records.Snapshot(1)[0]
		require.True(t, r.Result.Observed)
		require.True(t, r.Result.Differs, "the rules would have chosen another bridge")
		require.EqualValues(t, 0, r.Result.Delivered)

		seen := map[string]int{}
		for i := range 6 {
			seen[e.place(newCall(fmt.Sprint("ob", i+2), "sip:pinned@meet.example.com")).to.Remote.String()]++
		}
		require.Equal(t, map[string]int{cms1Addr: 2, cms2Addr: 2, cms3Addr: 2}, seen)
	}, observeOnly)
	withEdge(t, func(e *testEdge) {
		e.load(9000, 9000, 9000)
		inv := e.place(newCall("ob9", "sip:pinned@meet.example.com"))
		e.in(inv.to.Remote.String(), answer(inv, 488, "x"))
		require.Equal(t, 488, e.take()[1].msg.Status, "as the bridge says, nobody else is tried")
	}, observeOnly)
}

// OPTIONS while everything is full: 200, or 503 where the operator wants it.
func TestOptionsWhenFull(t *testing.T) {
	options := newCall("of", "sip:192.0.2.1").request("OPTIONS", "sip:192.0.2.1", "of", "", "", "")
	for _, code := range []int{0, 200, 503} {
		withEdge(t, func(e *testEdge) {
			e.in(cucmAddr, options)
			require.Equal(t, 200, e.one().msg.Status)
			e.load(9000, 9000, 9000)
			e.in(cucmAddr, strings.ReplaceAll(options, "z9hG4bKof", "z9hG4bKog"))
			require.Equal(t, max(code, 200), e.one().msg.Status)
		}, func(s *Settings) { s.Policy.OptionsWhenFull = code })
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"sip:+442071234567@example.com": "sip:+xxxxxxxxxx67@example.com",
		"<sip:7001@192.0.2.10:5060>":    "<sip:xx01@192.0.2.10:5060>",
		"sip:room@meet.example.com":     "sip:room@meet.example.com",
		"123":                           "123",
		"":                              "",
	} {
		require.Equal(t, want, redact(in))
	}
}

// R8: a Lync call is never balanced, so the refusal of its bridge goes up; a
// bridge that is silent is no reason to lose it.
func TestLyncCalls(t *testing.T) {
	invite := newCall("ly", "sip:team@meet.example.com").invite()
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, invite)
		inv := e.take()[1]
		e.in(inv.to.Remote.String(), answer(inv, 488, "x"))
		all := e.take()
		require.Equal(t, 488, all[len(all)-1].msg.Status, "%v", texts(all))
	}, withPlan(newDialPlan()))
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, invite)
		first := e.take()[1].to.Remote
		e.after(3100 * time.Millisecond)
		all := e.take()
		last := all[len(all)-1]
		require.Equal(t, wire.INVITE, last.msg.Method)
		require.NotEqual(t, first, last.to.Remote)
	}, withPlan(newDialPlan()))
}
