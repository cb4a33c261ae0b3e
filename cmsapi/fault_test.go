package cmsapi

import (
	"errors"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"bridgehead/lb"
)

// TestFaultyAPI lets a bridge that worked fail in every way, and work again. The
// load is asked for at every beat all the while, every failure is reported, and
// the log has one line for each change.
func TestFaultyAPI(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*http.Request) (*http.Response, error)
		kind  Kind
		only  bool // nothing but load is asked meanwhile
	}{
		"hang":    {hang, Timeout, false},
		"401":     {always(401, ""), Auth, true},
		"500":     {always(500, ""), Refused, false},
		"503":     {always(503, ""), Busy, true},
		"HTML":    {always(200, "<html></html>"), Malformed, false},
		"half":    {always(200, "<load><medi"), Malformed, false},
		"404":     {always(404, ""), Gone, false},
		"refused": {func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }, Unreachable, true},
		"odd":     {func(*http.Request) (*http.Response, error) { return nil, errors.New("odd") }, Unreachable, true},
		"panic":   {func(*http.Request) (*http.Response, error) { panic("a fault of ours") }, Malformed, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.calls = []fakeCall{{"c1", "space1", ""}}
				b, stop := startBench(t, bridge)
				time.Sleep(10500 * time.Millisecond)
				require.Zero(t, b.logs.FilterLevelExact(zapcore.WarnLevel).Len())
				good := b.last(t, lb.ReadLoad)
				require.NoError(t, good.Err)

				bridge.set(func() { bridge.fault[""] = c.fault })
				failing := time.Now()
				time.Sleep(20 * time.Second)
				loads := bridge.asked("/system/load", failing)
				require.InDelta(t, 20, len(loads), 1)
				r := b.last(t, lb.ReadLoad)
				require.Equal(t, c.kind, KindOf(r.Err))
				require.ErrorContains(t, r.Err, "cluster1: GET /api/v1")
				require.Less(t, r.At.Sub(r.BeganAt), time.Second, "known before the next beat")
				if c.only {
					held := loads[1]
					require.Empty(t, bridge.asked("/calls", held))
					require.Empty(t, bridge.asked("/system/status", held))
					require.Equal(t, c.kind.String(), b.Status().Held)
				} else {
					require.NotEmpty(t, bridge.asked("/calls", loads[2]), "what may still work is asked")
					require.Equal(t, c.kind, KindOf(b.last(t, lb.ReadCalls).Err))
				}
				load := b.Status().Endpoints[AskLoad]
				require.True(t, load.Failing())
				require.Equal(t, c.kind, load.Kind)
				require.NotEmpty(t, load.Error)
				require.EqualValues(t, load.Failed, load.Failures[c.kind])
				require.WithinDuration(t, failing, load.FailingSince, 2*time.Second)
				require.WithinDuration(t, failing, load.LastGood, 2*time.Second)
				warnings := b.logs.FilterLevelExact(zapcore.WarnLevel)
				require.LessOrEqual(t, warnings.Len(), int(endpoints), "changes are logged, not failures")
				require.Equal(t, 1, warnings.FilterFieldKey("endpoint").FilterField(endpointField(AskLoad)).Len())

				bridge.set(func() { delete(bridge.fault, "") })
				time.Sleep(12 * time.Second)
				stop()
				require.NoError(t, b.last(t, lb.ReadLoad).Err)
				require.NoError(t, b.last(t, lb.ReadCalls).Err)
				require.Empty(t, b.Status().Held)
				for _, e := range b.Status().Endpoints {
					require.False(t, e.Failing(), e.Endpoint)
				}
				again := b.logs.FilterMessageSnippet("answers again")
				require.Equal(t, 1, again.FilterField(endpointField(AskLoad)).Len())
			})
		})
	}
}

// TestKindChanges logs a failure that turns into another.
func TestKindChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.fault[""] = always(401, "")
		b, stop := startBench(t, bridge)
		time.Sleep(5500 * time.Millisecond)
		bridge.set(func() { bridge.fault[""] = hang })
		time.Sleep(5 * time.Second)
		stop()
		load := b.logs.FilterField(endpointField(AskLoad)).FilterLevelExact(zapcore.WarnLevel).All()
		require.Len(t, load, 2)
		require.Equal(t, "auth", load[0].ContextMap()["kind"])
		require.Equal(t, "timeout", load[1].ContextMap()["kind"])
	})
}

// TestHangingEndpoint lets one endpoint hang: the others do not wait for it.
func TestHangingEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.fault["/calls"] = hang
		b, stop := startBench(t, bridge)
		time.Sleep(60 * time.Second)
		stop()
		require.InDelta(t, 60, len(bridge.asked("/system/load", b.began)), 2)
		require.InDelta(t, 60, len(bridge.asked("/calls", b.began)), 3)
		require.GreaterOrEqual(t, len(bridge.asked("/system/status", b.began)), 12)
		require.NoError(t, b.last(t, lb.ReadLoad).Err)
		require.Equal(t, Timeout, KindOf(b.last(t, lb.ReadCalls).Err))
	})
}

// TestBusyEndpoint lets one endpoint be busy for ever: load goes on, and the
// others get their turn after each good answer.
func TestBusyEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.fault["/calls"] = always(503, "")
		b, stop := startBench(t, bridge)
		time.Sleep(60 * time.Second)
		stop()
		require.InDelta(t, 60, len(bridge.asked("/system/load", b.began)), 2)
		require.LessOrEqual(t, len(bridge.asked("/calls", b.began)), 62, "once after each load")
		require.GreaterOrEqual(t, len(bridge.asked("/system/status", b.began)), 10)
	})
}

// TestRetryAfterHolds keeps everything but load back for as long as the bridge
// asks, but no longer than ten seconds.
func TestRetryAfterHolds(t *testing.T) {
	for header, held := range map[string]time.Duration{"4": 4 * time.Second, "3600": 10 * time.Second} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				b, stop := startBench(t, bridge)
				time.Sleep(10500 * time.Millisecond)
				bridge.set(func() { bridge.fault["/calls"] = always(503, "", "Retry-After", header) })
				time.Sleep(1500 * time.Millisecond)
				bridge.set(func() { delete(bridge.fault, "/calls") })
				refused := bridge.asked("/calls", b.began.Add(10500*time.Millisecond))[0]
				since := refused.Add(time.Millisecond)
				time.Sleep(20 * time.Second)
				stop()
				require.InDelta(t, 21, len(bridge.asked("/system/load", since)), 1.5)
				for _, path := range []string{"/calls", "/system/status", "/system/configuration"} {
					at := bridge.asked(path, since)
					require.NotEmpty(t, at)
					require.GreaterOrEqual(t, at[0].Sub(refused), held)
				}
				require.Less(t, bridge.asked("/calls", since)[0].Sub(refused), held+2*time.Second)
			})
		})
	}
}

// TestBusyUntilGood asks for load alone after a 503, whatever comes, until an
// answer is good.
func TestBusyUntilGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		b, stop := startBench(t, bridge)
		time.Sleep(5500 * time.Millisecond)
		bridge.set(func() { bridge.fault[""] = always(503, "") })
		time.Sleep(2 * time.Second)
		bridge.set(func() { bridge.fault[""] = always(500, "") })
		since := time.Now()
		time.Sleep(20 * time.Second)
		require.Empty(t, bridge.asked("/calls", since))
		require.Len(t, bridge.asked("", since), len(bridge.asked("/system/load", since)))
		bridge.set(func() { delete(bridge.fault, "") })
		time.Sleep(2 * time.Second)
		stop()
		require.NotEmpty(t, bridge.asked("/calls", since))
		require.Empty(t, b.Status().Held)
	})
}

// TestStopWhileHanging ends at once, with nothing left behind.
func TestStopWhileHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		b, stop := startBench(t, bridge)
		time.Sleep(time.Second)
		bridge.set(func() { bridge.fault[""] = hang })
		time.Sleep(1100 * time.Millisecond)
		n, at := len(b.of(lb.ReadLoad)), time.Now()
		stop()
		require.Zero(t, time.Since(at))
		require.Len(t, b.of(lb.ReadLoad), n, "what was cancelled is no failure")
		require.ErrorIs(t, b.do(t.Context(), AskSpaces, nil), errHeld)
	})
}
