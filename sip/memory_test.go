package sip

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
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

// Records of transactions grow in steps of 256 for each of eight shards. These
// sizes leave every shard in the middle of a step, so that chance adds none.
const (
	crowdSize = 5 * 256 * 8
	before    = 256 * 8 / 2 // what grows once has grown by then
)

// ofBridges makes the site one of that many bridges.
func ofBridges(t testing.TB, n int) option {
	return func(s *Settings) {
		group := lb.GroupConfig{Name: "london"}
		s.Bridges = nil
		for i := range n {
			name := fmt.Sprintf("cluster%d", i+1)
			group.Bridges = append(group.Bridges, lb.BridgeConfig{Name: name})
			s.Bridges = append(s.Bridges, Bridge{Name: name, SIP: dest(fmt.Sprintf("192.0.2.%d:5060", 21+i))})
		}
		topology, err := lb.NewTopology([]lb.GroupConfig{group}, []lb.Pin{{Conference: "pinned", Order: []string{"cluster1"}}})
		require.NoError(t, err)
		s.Selector = lb.New(topology, s.Rules, time.Now())
	}
}

func newCrowd(t testing.TB, bridges int) *crowd {
	w := newWholeCall(t, offer, func(s *Settings) {
		s.Rules.MaxPerConference, s.Rules.AttemptTimeout = 0, 30*time.Second
	}, ofBridges(t, bridges))
	w.e.mute = true
	// With room for all.
	for id := range lb.BridgeID(bridges) {
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
	first := c.call.n - len(c.invites)
	for i, b := range c.invites {
		c.call.n = first + i + 1
		if c.call.m.Parse(b) != nil {
			panic("an INVITE of ours does not parse")
		}
		c.call.respond(status, "INVITE")
	}
}

// begin is a crowd that has grown what grows once, whatever comes. There are as
// many shards as on two processors: each grows in steps, which must not show.
func begin(t testing.TB, bridges int) *crowd {
	processors := runtime.GOMAXPROCS(2)
	t.Cleanup(func() { runtime.GOMAXPROCS(processors) })
	c := newCrowd(t, bridges)
	c.invite(before)
	c.each("200")
	c.invites = make([][]byte, 0, crowdSize)
	return c
}

// grown is what do adds for each call of a crowd: the messages that are kept, and
// all else. What the test itself remembers of them is neither.
func (c *crowd) grown(do func()) (other, messages int64) {
	mine := func() (n int64) {
		for _, b := range c.invites {
			n += int64(cap(b))
		}
		return n
	}
	kept := func() int64 { return int64(c.e.p.Transactions().BufferBytes) }
	heap, keptBefore, mineBefore := held(), kept(), mine()
	do()
	messages = kept() - keptBefore
	other = held() - heap - messages - (mine() - mineBefore)
	return other / crowdSize, messages / crowdSize
}

// What calls cost besides the messages that have to be kept: a call that is up,
// which is an entry in the call table and a promise at a bridge, and the
// transaction of its INVITE while it is open, ringing, and over.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	for bridges, most := range map[int]int64{3: 1024, lb.MaxBridges: 2048} {
		t.Run(fmt.Sprintf("bridges=%d", bridges), func(t *testing.T) {
			var completed, responses int64
			c := begin(t, bridges)
			var d lb.Decision
			up, _ := c.grown(func() {
				for n := range crowdSize {
					ask := lb.Call{Kind: lb.Space, Groups: []lb.GroupID{0}, Landing: lb.NoBridge, Cost: 50}
					ask.Conference.URI = "pinned@meet.example.com"
					c.e.bal.Place(&ask, time.Now(), &d)
					require.Equal(t, lb.Chosen, d.Outcome)
					c.e.p.calls.begin(fmt.Append(nil, "up", n), call{placement: d.Placement, bridge: d.Chosen, from: fromCaller, began: time.Now()})
				}
			})

			c = begin(t, bridges)
			open, messages := c.grown(func() { c.invite(crowdSize) })
			open -= up
			require.EqualValues(t, crowdSize, c.e.p.Stats().OpenInvites, "%.200s", c.out.last)
			ringing, _ := c.grown(func() { c.each("180") })
			accepted, _ := c.grown(func() { c.each("200") })
			accepted += open + ringing
			require.Zero(t, c.e.p.Stats().OpenInvites)

			// A second crowd: the call table keeps what the first made of it.
			c = begin(t, bridges)
			for range 2 {
				clear(c.invites)
				c.invites = c.invites[:0]
				completed, responses = c.grown(func() { c.invite(crowdSize); c.each("486") })
			}
			require.Equal(t, before, c.e.p.Stats().Calls)

			t.Logf("a call up: %d B; an open INVITE: %d B more and %d B of messages, ringing %+d B; Accepted: %d B; Completed: %d B and %d B of messages",
				up, open, messages, ringing, accepted, completed, responses)
			require.LessOrEqual(t, up, int64(600))
			require.LessOrEqual(t, open, most)
			require.LessOrEqual(t, ringing, int64(16))
			require.LessOrEqual(t, accepted, int64(256))
			require.LessOrEqual(t, completed, int64(256))
			invite := int64(len(c.call.invite))
			require.LessOrEqual(t, messages, 2*invite, "one copy of the INVITE, and the 100")
			require.LessOrEqual(t, responses, 2*invite, "the response, and the ACK to its repetitions")
		})
	}
}

// What no bridge was asked about is as small.
func TestMemoryOfARefusal(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	c := begin(t, 3)
	c.e.load(9000, 9000, 9000) // of 10000: no room
	refused, response := c.grown(func() { c.invite(crowdSize) })
	require.Zero(t, c.e.p.Stats().OpenInvites)
	t.Logf("a refused call: %d B and %d B of messages", refused, response)
	require.LessOrEqual(t, refused, int64(256))
	require.LessOrEqual(t, response, int64(len(c.out.last)*3/2), "its response")
}

// A call that saw bridges fail leaves nothing of it in the context that the next
// call gets: a bad minute must not stay for as long as there are calls.
func TestFailuresLeaveNothingBehind(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		var used []*responseContext
		e.p.contexts.New = func() any {
			c := &responseContext{}
			used = append(used, c)
			return c
		}
		e.in(cucmAddr, newCall("fl", "sip:pinned@meet.example.com").invite())
		for range cmsAddrs {
			all := e.take()
			inv := all[len(all)-1]
			require.Equal(t, wire.INVITE, inv.msg.Method, "%v", texts(all))
			require.True(t, inv.msg.IsRequest())
			e.in(inv.to.Remote.String(), answer(inv, 503, "t", "X-Why: "+strings.Repeat("so ", 500)+"\r\n"))
		}
		all := e.take()
		require.Equal(t, 500, all[len(all)-1].msg.Status, "%v", texts(all))
		require.Len(t, used, 1)
		require.Nil(t, used[0].best)
		require.Nil(t, used[0].decision)
		require.LessOrEqual(t, cap(used[0].targets), usualTargets)
		require.True(t, used[0].frozen.Empty())
	})
}

// How the memory of open INVITEs, and the time of one more call, grow with their
// number. They ring: one that is not answered at all is sent again and again, and
// that would be measured too.
func BenchmarkOpenInvites(b *testing.B) {
	for _, n := range []int{1000, 100_000, 900_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100_000 && os.Getenv("BRIDGEHEAD_LARGE") == "" {
				b.Skip("set BRIDGEHEAD_LARGE=1; it takes 3 GB")
			}
			c := newCrowd(b, 3)
			heap := held()
			for range n {
				c.call.n++
				c.call.request(c.call.invite, nil)
				if !c.call.arrived(wire.INVITE) {
					b.Fatalf("%s", c.out.last)
				}
				c.call.respond("180", "INVITE")
			}
			per := float64(held()-heap) / float64(n)
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
