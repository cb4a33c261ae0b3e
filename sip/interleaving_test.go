package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// event is one thing that happens to calls; number chooses among what there is.
type event struct {
	kind, number int
}

// The kinds of events.
const (
	callerInvites = iota
	callerRepeats
	callerCancels
	targetAnswers
	writeFails
	timePasses
	bridgeCalls
	directoryAnswers
	eventKinds
)

var (
	statuses = []int{100, 180, 183, 200, 200, 302, 408, 480, 486, 487, 488, 500, 503, 504, 603}
	pauses   = []time.Duration{10 * time.Millisecond, 600 * time.Millisecond, 3100 * time.Millisecond, 11 * time.Second, 33 * time.Second, 190 * time.Second}
)

// played is a call and who makes it.
type played struct {
	*testCall
	from string
}

func (c played) say(e *testEdge, text string) {
	e.in(c.from, strings.ReplaceAll(text, cucmAddr, c.from))
}

// stage plays events and watches what every caller gets.
type stage struct {
	*testEdge
	plan   *dialPlan
	calls  []played
	finals map[string][]int // final statuses of INVITEs that went up, by Call-ID
	sent   []sent           // INVITEs and CANCELs that went to somebody
	fault  string
}

func (s *stage) failf(format string, args ...any) {
	if s.fault == "" {
		s.fault = fmt.Sprintf(format, args...)
	}
}

// watch sorts what was sent since the last look.
func (s *stage) watch() {
	for _, m := range s.take() {
		switch {
		case m.msg.Method != wire.INVITE && m.msg.Method != wire.CANCEL:
		case m.msg.IsRequest():
			s.sent = append(s.sent, m)
		case m.msg.Method == wire.INVITE && m.msg.Status >= 200:
			id := string(m.msg.Text(m.msg.CallID))
			all := s.finals[id]
			if slices.Contains(all, m.msg.Status) {
				continue // repeated
			}
			if len(all) > 0 && m.msg.Status >= 300 {
				s.failf("%s: %d after %v", id, m.msg.Status, all)
			}
			s.finals[id] = append(all, m.msg.Status)
		}
	}
}

func pick[T any](list []T, number int) T { return list[number%len(list)] }

func (s *stage) play(ev event) {
	n := ev.number
	switch {
	case ev.kind == callerInvites && len(s.calls) < 4:
		s.call(cucmAddr, pick([]string{"sip:pinned@meet.example.com", "sip:fresh@meet.example.com", "sip:alice@meet.example.com"}, n))
	case ev.kind == bridgeCalls && len(s.calls) < 4:
		s.call(cms1Addr, pick([]string{"sip:bob@example.com", "sip:pinned@meet.example.com", "sip:link@" + cms2Addr}, n))
	case ev.kind == directoryAnswers:
		s.plan.answer("fresh@meet.example.com", pick([]Target{{Kind: TargetSpace, Space: "space-fresh"}, {Kind: TargetUser}, {}}, n))
	case ev.kind == timePasses:
		s.after(pick(pauses, n))
	case ev.kind == callerRepeats && len(s.calls) > 0:
		if c := pick(s.calls, n); len(s.finals[c.id+"@192.0.2.10"]) == 0 { // later it would be another call
			c.say(s.testEdge, c.invite())
		}
	case ev.kind == callerCancels && len(s.calls) > 0:
		c := pick(s.calls, n)
		c.say(s.testEdge, c.cancel(""))
	case ev.kind == targetAnswers && len(s.sent) > 0:
		m := pick(s.sent, n)
		s.in(m.to.Remote.String(), answer(m, pick(statuses, n/7), fmt.Sprint("t", n%2)))
	case ev.kind == writeFails && len(s.sent) > 0:
		s.p.layer.Undelivered(time.Now(), pick(s.sent, n).token, nil, s)
	}
	s.watch()
}

func (s *stage) call(from, uri string) {
	c := played{newCall(fmt.Sprint("call", len(s.calls)), uri), from}
	s.calls = append(s.calls, c)
	c.say(s.testEdge, c.invite())
}

// settle lets everything end, hangs up what was answered, and looks at what is
// left.
func (s *stage) settle() {
	s.after(10 * time.Minute)
	s.watch()
	for _, c := range s.calls {
		id := c.id + "@192.0.2.10"
		all := s.finals[id]
		if len(all) == 0 {
			s.failf("%s has no final response", id)
			continue
		}
		c.cseq++
		c.say(s.testEdge, c.request("BYE", "sip:"+cms2Addr, "bye-"+c.id, "t", "", ""))
	}
	s.after(10 * time.Minute)
	if n := s.p.OpenInvites(); n != 0 {
		s.failf("%d INVITEs are still counted as open", n)
	}
	if st := s.p.layer.Stats(); st.Open != 0 || st.Orphaned != 0 || st.Panics != 0 {
		s.failf("%d transactions are left, %d were orphaned, %d panics", st.Open, st.Orphaned, st.Panics)
	}
	if st := s.p.Stats(); st.Calls != 0 || st.Parked != 0 {
		s.failf("%d calls are left, %d parked", st.Calls, st.Parked)
	}
	for i, units := range s.reserved() {
		if units != 0 {
			s.failf("bridge %d still holds %d units", i, units)
		}
	}
}

// Whatever order responses, failures, CANCELs and timers come in: every caller
// gets exactly one final response (and 2xx of later ones), each decision is
// recorded once, and in the end nothing is held by anybody.
func TestEveryInterleavingEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) event {
			return event{rapid.IntRange(0, eventKinds-1).Draw(rt, "kind"), rapid.IntRange(0, 1000).Draw(rt, "number")}
		}), 1, 40).Draw(rt, "events")
		narrow := rapid.Bool().Draw(rt, "narrow") // paths on which every request is large
		var r records
		var fault string
		plan := newDialPlan()
		withEdge(t, func(e *testEdge) { // a failure inside of the bubble could not be shrunk
			if narrow {
				e.mtu.Store(500)
				e.connected = map[string]bool{cms2Addr: true}
			}
			s := &stage{testEdge: e, plan: plan, finals: map[string][]int{}}
			s.play(event{callerInvites, 0})
			for _, ev := range script {
				s.play(ev)
			}
			s.settle()
			fault = s.fault
		}, recording(&r), withPlan(plan), withWait)
		seen := map[string]int{}
		for _, rec := range r.all {
			seen[rec.CallID.String()]++
		}
		for id, n := range seen {
			if n != 1 {
				rt.Fatalf("%s was recorded %d times", id, n)
			}
		}
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}
