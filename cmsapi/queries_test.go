package cmsapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// replies collects what done is called with.
type replies struct {
	mu  sync.Mutex
	got []Target
}

func (r *replies) done(t Target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, t)
}

func (r *replies) all() []Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Target(nil), r.got...)
}

// mostWithin is the largest number of times in any second, both its ends counted.
func mostWithin(at []time.Time) int {
	most, from := 0, 0
	for i := range at {
		for at[i].Sub(at[from]) > time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

const meetRule = "<domain>meet.example</domain><priority>1</priority><resolveTocoSpaces>true</resolveTocoSpaces><resolveToIvrs>true</resolveToIvrs>"

func TestQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.latency = 50 * time.Millisecond
		bridge.inbound = []string{meetRule, "<domain>t1.example</domain><tenant>t1</tenant><resolveToUsers>true</resolveToUsers><resolveToLyncConferences>true</resolveToLyncConferences>"}
		bridge.forward = []string{"<matchPattern>*</matchPattern><action>forward</action>"}
		bridge.usage = map[string]string{
			"/5001":  "<coSpaceId>s1</coSpaceId>",
			"/lobby": "<ivrId>v1</ivrId>",
			"t1/ann": "<userId>u1</userId>",
		}
		bridge.details = map[string]detailed{"s1": {uri: "board", secondary: "5001", methods: []string{"host"}}}
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		var before replies
		require.False(t, d.Query("meet.example", "5001", before.done), "no bridge has answered yet")
		time.Sleep(3 * time.Second)
		require.True(t, d.Status().PlanRead)

		var r replies
		asked := time.Now()
		for range 5 {
			require.True(t, d.Query("meet.example", "5001", r.done))
		}
		require.Empty(t, r.all(), "never from the caller's goroutine")
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, slices5(Target{TargetSpace, "s1"}), r.all())
		require.Len(t, bridge.asked("/uriUsageQuery", asked), 1, "coalesced")
		got, sure := d.Classify("meet.example", "5001")
		require.Equal(t, Target{TargetSpace, "s1"}, got)
		require.True(t, sure)
		time.Sleep(2 * time.Second)
		got, sure = d.Classify("meet.example", "host") // its details were read because somebody dialled it
		require.Equal(t, Target{TargetSpace, "s1"}, got)
		require.True(t, sure)

		for _, c := range []struct {
			domain, user string
			want         Target
		}{
			{"meet.example", "lobby", Target{Kind: TargetIVR}},
			{"t1.example", "ann", Target{Kind: TargetUser}},
			{"t1.example", "5001", Target{Kind: TargetLync}},
			{"meet.example", "nobody", Target{}},
		} {
			var r replies
			require.True(t, d.Query(c.domain, c.user, r.done), c)
			time.Sleep(time.Second)
			require.Equal(t, []Target{c.want}, r.all(), c)
			got, sure := d.Classify(c.domain, c.user)
			require.Equal(t, c.want, got, c)
			require.Equal(t, c.want.Kind != TargetUnknown, sure, c)
		}
		require.False(t, d.Query("meet.example", "nobody", before.done), "known to be nothing")
		require.False(t, d.Query("elsewhere.example", "5001", before.done), "no rule leads to a space")
		require.False(t, d.Query("meet.example", strings.Repeat("x", 300), before.done))
		time.Sleep(nothingFor + time.Second)
		require.True(t, d.Query("meet.example", "nobody", r.done), "for a while")
		time.Sleep(time.Second)
		s := d.Status().Queries
		require.Equal(t, QueryStatus{Asked: 6, Found: 3, Empty: 3, Coalesced: 4, Negative: 1, Refused: 1, Cached: s.Cached}, s)
		end()
		require.False(t, d.Query("meet.example", "late", before.done), "the directory has ended")
		require.Empty(t, before.all())
		stop()
	})
}

func slices5(t Target) []Target { return []Target{t, t, t, t, t} }

// TestQueryFailures lets questions fail in every way; each is answered once.
func TestQueryFailures(t *testing.T) {
	for name, c := range map[string]struct {
		fault   func(*http.Request) (*http.Response, error)
		asked   int
		failing bool // the endpoint is shown as failing
	}{
		"hang":      {hang, 1, true},
		"500":       {always(500, ""), 1, true},
		"503":       {always(503, "", "Retry-After", "5"), 1, true},
		"404":       {always(404, ""), 1, true},
		"HTML":      {always(200, "<html>"), 1, true},
		"panic":     {func(*http.Request) (*http.Response, error) { panic("a fault of ours") }, 1, true},
		"bad value": {always(400, "<failureDetails><parameterError parameter=\"uri\"/></failureDetails>"), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.fault["/uriUsageQuery"] = c.fault
				b, stop := startBench(t, bridge)
				d, end := startDirectory(t, b)
				time.Sleep(3 * time.Second)
				var r replies
				require.True(t, d.Query("any.example", "x", r.done))
				time.Sleep(5 * time.Second)
				require.Equal(t, []Target{{}}, r.all())
				require.Len(t, bridge.asked("/uriUsageQuery", b.began), c.asked)
				require.Equal(t, c.failing, b.Status().Endpoints[AskQuery].Failing())
				require.Equal(t, false, d.Query("any.example", "x", r.done), "left alone, or known to be nothing")
				bridge.set(func() { delete(bridge.fault, "/uriUsageQuery") })
				time.Sleep(nothingFor)
				require.True(t, d.Query("any.example", "x", r.done))
				time.Sleep(time.Second)
				require.Len(t, r.all(), 2)
				end()
				stop()
			})
		})
	}
}

// TestQueryTriesAnotherBridge has one bridge of two fail.
func TestQueryTriesAnotherBridge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := newFakeBridge(), newFakeBridge()
		for _, b := range []*fakeBridge{one, two} {
			b.usage = map[string]string{"/x": "<coSpaceId>s1</coSpaceId>"}
		}
		one.fault["/uriUsageQuery"] = always(500, "")
		b1, stop1 := startBench(t, one)
		b2, stop2 := startBench(t, two)
		d, end := startDirectory(t, b1, b2)
		time.Sleep(3 * time.Second)
		for i := range 5 { // whichever of the two is asked first
			var r replies
			user := []string{"x", "y", "x"}[i%3]
			if !d.Query("any.example", user, r.done) {
				continue
			}
			time.Sleep(time.Second)
			require.Len(t, r.all(), 1)
			if user == "x" {
				require.Equal(t, Target{TargetSpace, "s1"}, r.all()[0])
			}
		}
		require.LessOrEqual(t, len(one.asked("/uriUsageQuery", b1.began)), 1, "a bridge that fails is left alone")
		end()
		stop1()
		stop2()
	})
}

// TestQueryAtTheEnd has questions waiting and under way when all ends.
func TestQueryAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.fault["/uriUsageQuery"] = hang
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		time.Sleep(3 * time.Second)
		var r replies
		n := 0
		for i := range 20 {
			if d.Query("any.example", fmt.Sprint("x", i), r.done) {
				n++
			}
			time.Sleep(20 * time.Millisecond)
		}
		require.Positive(t, n)
		end()
		stop()
		time.Sleep(time.Minute)
		require.Len(t, r.all(), n)
	})
}

// TestFlood asks about a thousand unknown URIs a second, all different, while
// known ones are dialled: they are known at once all the while, load and calls are
// read as ever, and no second has more requests than it may.
func TestFlood(t *testing.T) {
	for _, budget := range []int{10, 4, 3} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.latency = 30 * time.Millisecond
				bridge.spaces = rooms(50)
				bridge.inbound = []string{meetRule}
				bridge.calls = []fakeCall{{"c1", "space1", inSpace(1)}}
				b, stop := startBench(t, bridge, func(o *PollerOptions) { o.Budget = budget })
				d, end := startDirectory(t, b)
				waitFull(d, time.Time{})
				flood := time.Now()
				var taken, told atomic.Int64
				for i := range 20_000 {
					user := fmt.Sprint("unknown", i)
					_, sure := d.Classify("meet.example", user)
					require.False(t, sure)
					if d.Query("meet.example", user, func(Target) { told.Add(1) }) {
						taken.Add(1)
					}
					got, sure := d.Classify("meet.example", fmt.Sprint("room", i%50))
					require.True(t, sure)
					require.Equal(t, fmt.Sprint("id", i%50), got.Space)
					time.Sleep(time.Millisecond)
				}
				s := d.Status().Queries
				require.LessOrEqual(t, s.Waiting, queriesPerBridge+1)
				require.LessOrEqual(t, bridge.mostInASecond(), budget)
				asked := bridge.asked("/uriUsageQuery", flood)
				require.LessOrEqual(t, mostWithin(asked), maxQueries)
				require.NotEmpty(t, asked)
				if budget == 10 {
					require.GreaterOrEqual(t, len(asked), 50, "what is allowed is used")
					require.NotEmpty(t, bridge.asked("/coSpaces", flood))
				}
				require.InDelta(t, 20, len(bridge.asked("/system/load", flood)), 1)
				require.GreaterOrEqual(t, len(bridge.asked("/calls?", flood)), map[int]int{10: 10, 4: 3, 3: 1}[budget])
				require.NoError(t, b.last(t, lb.ReadCalls).Err)
				require.LessOrEqual(t, b.Status().PeakSecond, budget)
				time.Sleep(5 * time.Second)
				require.Equal(t, taken.Load(), told.Load(), "each is told once")
				require.Zero(t, d.Status().Queries.Waiting)
				end()
				stop()
			})
		})
	}
}

// TestQueryRace asks from many goroutines while answers come and the directory
// ends, for the race detector.
func TestQueryRace(t *testing.T) {
	bridge := newFakeBridge()
	bridge.usage = map[string]string{"/1": "<coSpaceId>s1</coSpaceId>"}
	b, stop := startBench(t, bridge, func(o *PollerOptions) { o.Budget = 1000 })
	d, err := NewDirectory(DirectoryOptions{Group: "london", Pollers: []*Poller{b.Poller}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = d.Run(ctx) })
	var taken, told atomic.Int64
	for g := range 4 {
		running.Go(func() {
			for i := range 500 {
				d.Classify("any.example", fmt.Sprint(i%7))
				if d.Query("any.example", fmt.Sprint((i+g)%7), func(Target) { told.Add(1) }) {
					taken.Add(1)
				}
				d.Status()
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	time.AfterFunc(300*time.Millisecond, cancel)
	running.Wait()
	stop()
	require.Eventually(t, func() bool { return told.Load() == taken.Load() }, 10*time.Second, 10*time.Millisecond)
}

// TestAnswersAreBounded keeps no more answers than it should.
func TestAnswersAreBounded(t *testing.T) {
	a, now := make(answers), time.Now()
	for i := range maxAnswers + 100 {
		a.put(usageKey{"", fmt.Sprint(i)}, usage{ivr: i%2 == 0}, now)
		require.LessOrEqual(t, len(a), maxAnswers)
	}
	_, ok := a.get(usageKey{"", fmt.Sprint(maxAnswers + 99)}, now)
	require.True(t, ok)
	later := now.Add(foundFor + time.Second)
	a.put(usageKey{"", "new"}, usage{}, later)
	require.Len(t, a, 1, "those that hold no more go first")
}
