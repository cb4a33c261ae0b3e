package sip

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// held is the memory in use that garbage collection leaves.
func held() int64 {
	runtime.GC()
	runtime.GC() // what pools held for the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// crowd is many calls at an edge whose clock stands still.
type crowd struct {
	e       *testEdge
	out     *line
	call    *wholeCall
	invites [][]byte // as the bridge got them
}

const crowdSize = 10_000

func newCrowd(t testing.TB) *crowd {
	w := newWholeCall(t, offer, func(s *Settings) {
		s.Rules.MaxPerConference, s.Rules.AttemptTimeout = 0, 30*time.Second
	})
	w.e.mute = true
	// With room for all.
	for id := range lb.BridgeID(3) {
		now := time.Now()
		w.e.bal.Report(lb.Reading{Bridge: id, Endpoint: lb.ReadLimits, BeganAt: now, At: now,
			Limits: lb.Limits{LoadLimit: 100_000_000, NewBasisPoints: 5000, ExistingBasisPoints: 8000}})
		w.e.bal.Report(lb.Reading{Bridge: id, Endpoint: lb.ReadLoad, BeganAt: now, At: now})
	}
	return &crowd{e: w.e, out: w.out, call: w}
}

// invite opens n calls.
func (c *crowd) invite(n int) {
	for range n {
		c.call.n++
		c.call.request(c.call.invite, nil)
		c.invites = append(c.invites, append([]byte(nil), c.out.last...))
	}
}

// each answers every call with a status.
func (c *crowd) each(status string) {
	for i, b := range c.invites {
		c.call.n = i + 1
		if c.call.m.Parse(b) != nil {
			panic("an INVITE of ours does not parse")
		}
		c.call.respond(status, "INVITE")
	}
}

// What calls cost besides the messages that have to be kept: a call that is up,
// which is an entry in the call table and a promise at a bridge, and the
// transaction of its INVITE while it is open, ringing, and answered.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	begin := func() *crowd {
		c := newCrowd(t)
		c.invite(2000) // what grows once, whatever comes
		c.each("200")
		c.invites = make([][]byte, 0, crowdSize)
		return c
	}
	c := begin()
	messages := func() int64 { return int64(c.e.p.Transactions().BufferBytes) }
	grown := func(do func()) int64 {
		before, kept := held(), messages()
		do()
		return (held() - before - (messages() - kept)) / crowdSize
	}
	var d lb.Decision
	up := grown(func() {
		for n := range crowdSize {
			ask := lb.Call{Kind: lb.Space, Groups: []lb.GroupID{0}, Landing: lb.NoBridge, Cost: 50}
			ask.Conference.URI = "pinned@meet.example.com"
			c.e.bal.Place(&ask, time.Now(), &d)
			require.Equal(t, lb.Chosen, d.Outcome)
			c.e.p.calls.begin(fmt.Append(nil, "up", n), call{placement: d.Placement, bridge: d.Chosen, from: fromCaller, began: time.Now()})
		}
	})
	c = begin()
	open := grown(func() { c.invite(crowdSize) }) - up
	own := 0 // the test's
	for _, b := range c.invites {
		own += cap(b)
	}
	open -= int64(own / crowdSize)
	require.EqualValues(t, crowdSize, c.e.p.Stats().OpenInvites, "%.200s", c.out.last)
	ringing := grown(func() { c.each("180") })
	answered := grown(func() { c.each("200") })
	c = begin()
	c.e.load(9000, 9000, 9000) // of 10000: no room
	own = 0
	refused := grown(func() { c.invite(crowdSize) })
	for _, b := range c.invites {
		own += cap(b)
	}
	refused -= int64(own / crowdSize)
	require.Zero(t, c.e.p.Stats().OpenInvites)

	t.Logf("a call up: %d B; an open INVITE: %d B more, ringing %+d, answered %+d; refused: %d B", up, open, ringing, answered, refused)
	require.LessOrEqual(t, refused, int64(256), "Completed, besides its response")
	require.LessOrEqual(t, up, int64(600))
	require.LessOrEqual(t, open, int64(1024))
	require.LessOrEqual(t, ringing, int64(16))
	require.LessOrEqual(t, open+ringing+answered, int64(256), "Accepted")
}

// How the memory of open INVITEs, and the time of one more, grow with their
// number.
func BenchmarkOpenInvites(b *testing.B) {
	for _, n := range []int{1000, 100_000, 900_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100_000 && os.Getenv("BRIDGEHEAD_LARGE") == "" {
				b.Skip("set BRIDGEHEAD_LARGE=1; it takes 3 GB")
			}
			c := newCrowd(b)
			before := held()
			for range n {
				c.call.n++
				c.call.request(c.call.invite, nil)
			}
			per := float64(held()-before) / float64(n)
			if open := c.e.p.Stats().OpenInvites; open != n {
				b.Fatalf("%d are open", open)
			}
			for b.Loop() {
				if !c.call.play() {
					b.Fatalf("%s", c.out.last)
				}
			}
			b.ReportMetric(per, "B/INVITE")
		})
	}
}
