package cmsapi

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"bridgehead/lb"
)

func TestFirstReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.calls = []fakeCall{{"c1", "space1", "<callType>coSpace</callType><numParticipantsLocal>2</numParticipantsLocal>"}}
		b, stop := startBench(t, bridge)
		synctest.Wait()
		require.Len(t, bridge.asked("/system/load", b.began), 1, "the first poll is at once")
		require.True(t, b.Status().Polled)
		require.Empty(t, b.Status().Held)

		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		load := b.last(t, lb.ReadLoad)
		require.Equal(t, lb.Reading{Bridge: 3, Endpoint: lb.ReadLoad, BeganAt: b.began, At: b.began, Load: 100}, load)
		require.Equal(t, lb.Limits{LoadLimit: 96000, NewBasisPoints: -1, ExistingBasisPoints: -1}, b.last(t, lb.ReadLimits).Limits)
		require.Equal(t, 7, b.last(t, lb.ReadStatus).Participants)
		calls := b.last(t, lb.ReadCalls)
		require.Len(t, calls.Conferences, 1)
		c := calls.Conferences[0]
		require.Equal(t, lb.Conference{Space: "space1", Type: lb.TypeSpace, DetailsAt: c.DetailsAt, Local: 2, ActiveWhenEmpty: true}, c)
		require.Less(t, c.DetailsAt.Sub(b.began), 500*time.Millisecond, "details at once")
		stop()

		s := b.Status()
		require.Equal(t, "cluster1", s.Bridge)
		require.Equal(t, "https://10.0.1.11:445/api/v1", s.API)
		require.Equal(t, "3.9", s.SoftwareVersion)
		require.Equal(t, "one", s.UniqueName)
		require.Equal(t, 96000, s.Limits.LoadLimit)
		require.Equal(t, 1, s.Calls)
		require.EqualValues(t, len(bridge.asked("", b.began)), s.Requests)
		for _, e := range s.Endpoints[:AskSpaces] {
			require.False(t, e.LastGood.IsZero(), e.Endpoint)
			require.False(t, e.Failing())
			require.NotZero(t, e.Good)
		}
	})
}

// TestRhythm counts what a quiet bridge is asked in a minute.
func TestRhythm(t *testing.T) {
	for _, interval := range []time.Duration{500 * time.Millisecond, time.Second, 10 * time.Second} {
		t.Run(interval.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.latency = 20 * time.Millisecond
				b, stop := startBench(t, bridge, func(o *PollerOptions) { o.Interval, o.Stagger = interval, 1 })
				time.Sleep(60 * interval)
				stop()
				loads := bridge.asked("/system/load", b.began)
				require.InDelta(t, 60, len(loads), 1)
				for i := 1; i < len(loads); i++ {
					gap := loads[i].Sub(loads[i-1])
					require.GreaterOrEqual(t, gap, interval*9/10)
					if i > 1 {
						require.LessOrEqual(t, gap, interval*11/10)
					}
				}
				require.InDelta(t, 60, len(bridge.asked("/calls?", b.began)), 2)
				require.GreaterOrEqual(t, len(bridge.asked("/system/configuration/cluster", b.began)), 60/5)
				require.GreaterOrEqual(t, len(bridge.asked("/system/status", b.began)), 60/5)
				require.LessOrEqual(t, len(bridge.asked("/system/", b.began)), len(loads)+2*60/4)
				require.Zero(t, b.logs.FilterLevelExact(zapcore.WarnLevel).Len())
			})
		})
	}
}

// TestBudget counts the requests of every second while there is far more to ask
// than the budget allows.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		budget   int
		loads    int // at least, a minute
	}{
		{time.Second, 10, 59},
		{time.Second, 5, 59},
		{time.Second, 3, 59},
		{time.Second, 1, 45},
		{2 * time.Second, 2, 29},
		{100 * time.Millisecond, 10, 450},
		{100 * time.Millisecond, 40, 590},
		{60 * time.Second, 10, 1},
	} {
		t.Run(fmt.Sprint(c.interval, " at ", c.budget), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.pageCap = 1
				for i := range 300 {
					bridge.calls = append(bridge.calls, fakeCall{fmt.Sprint("c", i), fmt.Sprint("space", i), ""})
				}
				for i := range 5000 {
					bridge.spaces = append(bridge.spaces, fakeSpace{fmt.Sprint("s", i), fmt.Sprint("room", i)})
				}
				b, stop := startBench(t, bridge, func(o *PollerOptions) { o.Interval, o.Budget = c.interval, c.budget })
				d, end := startDirectory(t, b)
				minutes := 3
				if c.budget == 1 {
					minutes = 8
				}
				time.Sleep(time.Duration(minutes) * time.Minute)
				end()
				stop()
				require.LessOrEqual(t, bridge.mostInASecond(), c.budget)
				require.GreaterOrEqual(t, len(bridge.asked("/system/load", b.began)), minutes*c.loads, "load never suffers")
				for _, path := range []string{"/calls?", "/calls/", "/system/configuration/cluster", "/system/status", "/coSpaces?"} {
					require.NotEmpty(t, bridge.asked(path, b.began), "%s starves", path)
				}
				require.NotZero(t, d.Status().URIs)
				total := len(bridge.asked("", b.began))
				require.Greater(t, total, minutes*60*c.budget/2, "the budget is there to be used")
			})
		})
	}
}

// TestTooSmallBudget warns once, whatever the reason.
func TestTooSmallBudget(t *testing.T) {
	for name, change := range map[string]func(*PollerOptions, *fakeBridge){
		"for load":  func(o *PollerOptions, _ *fakeBridge) { o.Budget = 1 },
		"for calls": func(_ *PollerOptions, f *fakeBridge) { f.pageCap = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				for i := range 40 {
					bridge.calls = append(bridge.calls, fakeCall{fmt.Sprint("c", i), "space", "<numParticipantsLocal>2</numParticipantsLocal>"})
				}
				b, stop := startBench(t, bridge, func(o *PollerOptions) { change(o, bridge) })
				time.Sleep(2 * time.Minute)
				stop()
				require.Equal(t, 1, b.logs.FilterMessageSnippet("API budget is too small").Len())
			})
		})
	}
}

func TestNoLoadLimit(t *testing.T) {
	for known, warnings := range map[bool]int{false: 1, true: 0} {
		synctest.Test(t, func(t *testing.T) {
			bridge := newFakeBridge()
			bridge.cluster = "<loadLimit/>"
			b, stop := startBench(t, bridge, func(o *PollerOptions) { o.LoadLimitKnown = known })
			time.Sleep(time.Minute)
			require.Equal(t, lb.NoLimits(), b.last(t, lb.ReadLimits).Limits)
			bridge.set(func() { bridge.cluster = "<loadLimit>500</loadLimit>" })
			time.Sleep(6 * time.Second)
			stop()
			require.Equal(t, 500, b.last(t, lb.ReadLimits).Limits.LoadLimit)
			require.Equal(t, warnings, b.logs.FilterMessageSnippet("no loadLimit").Len())
			require.Equal(t, 1, b.logs.FilterMessageSnippet("limits have changed").Len())
		})
	}
}

func TestBeforeTheFirstPoll(t *testing.T) {
	p, err := NewPoller(PollerOptions{Client: clientFor(t, "https://10.0.1.11"), Reporter: &recorder{}})
	require.NoError(t, err)
	s := p.Status()
	require.False(t, s.Polled)
	require.Equal(t, "starting", s.Held)
	require.Len(t, s.Endpoints, len(Endpoints()))
}

func TestPollerOptions(t *testing.T) {
	c := clientFor(t, "https://10.0.1.11")
	for name, o := range map[string]PollerOptions{
		"no client":   {Reporter: &recorder{}},
		"no reporter": {Client: c},
		"too often":   {Client: c, Reporter: &recorder{}, Interval: time.Millisecond},
		"too seldom":  {Client: c, Reporter: &recorder{}, Interval: time.Hour},
		"no budget":   {Client: c, Reporter: &recorder{}, Budget: -1},
		"staggering":  {Client: c, Reporter: &recorder{}, Stagger: 2},
	} {
		_, err := NewPoller(o)
		require.Error(t, err, name)
	}
}

// TestFirstLimits lets readings of the limits fail. The first ones are asked for
// again soon, then less often; limits that are known are kept, and asked for as ever.
func TestFirstLimits(t *testing.T) {
	const limits = "/system/configuration/cluster"
	for _, c := range []struct {
		name  string
		known bool
		gaps  []float64 // between readings, in seconds
	}{
		{"never read", false, []float64{1, 2, 3, 4, 5, 5, 5, 5}},
		{"known", true, []float64{5, 5, 5, 5, 5, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				refuse := func() { bridge.fault[limits] = always(500, "") }
				if !c.known {
					refuse()
				}
				b, stop := startBench(t, bridge)
				defer stop()
				time.Sleep(500 * time.Millisecond)
				bridge.set(refuse)
				time.Sleep(30500 * time.Millisecond)
				var gaps []float64
				at := bridge.asked(limits, b.began)
				for i := 1; i < len(at); i++ {
					gaps = append(gaps, math.Round(at[i].Sub(at[i-1]).Seconds()))
				}
				require.Equal(t, c.gaps, gaps)
				require.NotEmpty(t, bridge.asked("/calls?", b.began))
				if c.known {
					require.Equal(t, 96000, b.Status().Limits.LoadLimit)
				}
			})
		})
	}
}
