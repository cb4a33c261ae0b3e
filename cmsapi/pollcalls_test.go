package cmsapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bridgehead/lb"
)

func endpointField(e Endpoint) zapcore.Field { return zap.Stringer("endpoint", e) }

// inSpace are the details of a call in a space with participants of this bridge.
func inSpace(local int) string {
	return fmt.Sprintf("<callType>coSpace</callType><numParticipantsLocal>%d</numParticipantsLocal>", local)
}

// TestCallLife follows one call from its first listing to its end.
func TestCallLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		b, stop := startBench(t, bridge)
		time.Sleep(3500 * time.Millisecond)
		r := b.last(t, lb.ReadCalls)
		require.Empty(t, r.Conferences)
		require.NotNil(t, r.Conferences, "read, and none")

		bridge.set(func() { bridge.calls = []fakeCall{{"c1", "space1", inSpace(1)}} })
		started := time.Now()
		time.Sleep(1500 * time.Millisecond)
		require.Equal(t, []string{"space1"}, b.spaces(t))
		require.Equal(t, 1, b.last(t, lb.ReadCalls).Conferences[0].Local)
		listed := bridge.asked("/calls?", started)[0]
		require.LessOrEqual(t, bridge.asked("/calls/c1", started)[0].Sub(listed), 500*time.Millisecond)

		bridge.set(func() { bridge.calls = nil })
		ended := time.Now()
		time.Sleep(1500 * time.Millisecond)
		stop()
		r = b.last(t, lb.ReadCalls)
		require.Empty(t, r.Conferences)
		require.False(t, r.BeganAt.Before(ended), "the reading that shows it gone began after the end")
	})
}

// TestRunning decides from the details which conferences run.
func TestRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 50
		bridge.calls = []fakeCall{
			{"c1", "people", inSpace(3)},
			{"c2", "empty-active", inSpace(0) + "<activeWhenEmpty>true</activeWhenEmpty>"},
			{"c3", "empty-by-default", inSpace(0)},
			{"c4", "empty-inactive", inSpace(0) + "<activeWhenEmpty>false</activeWhenEmpty>"},
			{"c5", "link-remote", inSpace(0) + "<numParticipantsRemote>2</numParticipantsRemote>"},
			{"c6", "link-distributed", inSpace(0) + "<numDistributedInstances>1</numDistributedInstances>"},
			{"c7", "forwarded", "<callType>forwarding</callType><numParticipantsLocal>2</numParticipantsLocal>"},
			{"c8", "lync", "<callType>lyncConferencing</callType><numParticipantsLocal>2</numParticipantsLocal>"},
			{"c9", "", "<callType>adHoc</callType><numParticipantsLocal>2</numParticipantsLocal>"},
			{"c10", "", "<callType>novel</callType><coSpace>told-late</coSpace><numParticipantsLocal>2</numParticipantsLocal>"},
		}
		bridge.fault["/calls/"] = always(500, "")
		b, stop := startBench(t, bridge)
		time.Sleep(900 * time.Millisecond)
		require.Len(t, b.spaces(t), 8, "listed is running while the details are unknown")
		bridge.set(func() { delete(bridge.fault, "/calls/") })
		time.Sleep(20 * time.Second)
		stop()
		require.Equal(t, []string{"empty-active", "empty-by-default", "people", "told-late"}, b.spaces(t))
		require.Len(t, b.last(t, lb.ReadCalls).Conferences, 10)
		for _, e := range b.Status().Endpoints {
			require.False(t, e.Failing(), e.Endpoint)
		}
	})
}

// TestRereads counts how often calls are asked about.
func TestRereads(t *testing.T) {
	for name, c := range map[string]struct {
		details string
		least   time.Duration // between two readings
		most    time.Duration
	}{
		"empty":       {inSpace(0), 5 * time.Second, 6 * time.Second},
		"nearly full": {inSpace(405), 5 * time.Second, 6 * time.Second},
		"over full":   {inSpace(500), 5 * time.Second, 6 * time.Second},
		"neither":     {inSpace(404), 10 * time.Second, 11 * time.Second},
		"gateway":     {"<callType>forwarding</callType>", time.Hour, 0},
		"gone":        {"", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.calls = []fakeCall{{"c1", "space1", c.details}}
				if name == "gone" {
					bridge.fault["/calls/"] = always(404, "")
				}
				b, stop := startBench(t, bridge)
				time.Sleep(2 * time.Minute)
				stop()
				at := bridge.asked("/calls/c1", b.began)
				if name == "gone" {
					require.False(t, b.Status().Endpoints[AskCall].Failing(), "a call may end")
					return
				}
				if c.most == 0 {
					require.Len(t, at, 1, "its answer can change nothing")
					return
				}
				require.NotEmpty(t, at)
				for i := 1; i < len(at); i++ {
					require.GreaterOrEqual(t, at[i].Sub(at[i-1]), c.least)
					require.LessOrEqual(t, at[i].Sub(at[i-1]), c.most)
				}
				require.GreaterOrEqual(t, len(at), int(2*time.Minute/c.most)-1)
			})
		})
	}
}

// TestCallsByPages reads long lists from bridges with odd ideas of paging.
func TestCallsByPages(t *testing.T) {
	for name, c := range map[string]struct {
		pageCap, lie int
		deaf         bool
		shown        int
	}{
		"page cap of 1":             {1, 0, false, 30},
		"page cap of 7":             {7, 0, false, 30},
		"all at once":               {1000, 0, false, 30},
		"a total that is too large": {7, 1000, false, 30},
		"a total that is too small": {7, -25, false, 30},
		"a server deaf to offsets":  {7, 0, true, 7},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.pageCap, bridge.totalLie, bridge.deaf = c.pageCap, c.lie, c.deaf
				for i := range 30 {
					bridge.calls = append(bridge.calls, fakeCall{fmt.Sprint("c", i), fmt.Sprint("space", i), inSpace(2)})
				}
				b, stop := startBench(t, bridge)
				time.Sleep(20 * time.Second)
				require.Len(t, b.spaces(t), c.shown)
				require.Equal(t, c.shown, b.Status().Calls)
				r := b.last(t, lb.ReadCalls)
				require.NoError(t, r.Err)
				require.WithinDuration(t, time.Now(), r.BeganAt, 15*time.Second)
				bridge.set(func() { bridge.calls = nil })
				time.Sleep(20 * time.Second)
				stop()
				require.Empty(t, b.spaces(t))
			})
		})
	}
}

// TestPagesShowEarly has the first calls of a long list reported before its end,
// without claiming that the list is as new as that.
func TestPagesShowEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 1
		for i := range 60 {
			bridge.calls = append(bridge.calls, fakeCall{fmt.Sprint("c", i), fmt.Sprint("space", i), inSpace(2)})
		}
		b, stop := startBench(t, bridge)
		time.Sleep(2 * time.Second)
		require.NotEmpty(t, b.spaces(t))
		require.Less(t, len(b.spaces(t)), 60)
		require.Equal(t, b.began, b.last(t, lb.ReadCalls).BeganAt)
		time.Sleep(time.Minute)
		stop()
		require.Len(t, b.spaces(t), 60)
		require.True(t, b.last(t, lb.ReadCalls).BeganAt.After(b.began))
	})
}

// TestSlipBetweenPages ends the first call between two pages, so that all others
// move up by one and one of them is on neither page. It must not seem ended.
func TestSlipBetweenPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 4
		for i := range 12 {
			bridge.calls = append(bridge.calls, fakeCall{fmt.Sprint("c", i), fmt.Sprint("space", i), inSpace(2)})
		}
		b, stop := startBench(t, bridge)
		time.Sleep(10 * time.Second)
		require.Len(t, b.spaces(t), 12)

		page := len(bridge.asked("/calls?limit=50&offset=4", b.began))
		for len(bridge.asked("/calls?limit=50&offset=4", b.began)) == page {
			time.Sleep(10 * time.Millisecond)
		}
		bridge.set(func() { bridge.calls = slices.Clone(bridge.calls[1:]) }) // c8 slips from the third page to the second
		for range 300 {
			time.Sleep(10 * time.Millisecond)
			require.Contains(t, b.spaces(t), "space8")
		}
		stop()
		require.NotContains(t, b.spaces(t), "space0")
		require.Len(t, b.spaces(t), 11)
	})
}

// TestFailingListKeepsCalls reports a list that cannot be read as failed, and as
// whole again afterwards.
func TestFailingListKeepsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 1
		bridge.calls = []fakeCall{{"c1", "space1", inSpace(1)}, {"c2", "space2", inSpace(1)}}
		b, stop := startBench(t, bridge)
		time.Sleep(5 * time.Second)
		bridge.set(func() { bridge.fault["/calls?limit=50&offset=1"] = always(500, "") })
		time.Sleep(5 * time.Second)
		var failed int
		for _, r := range b.of(lb.ReadCalls) {
			if r.Err != nil {
				failed++
				require.Empty(t, r.Conferences)
				require.True(t, strings.Contains(r.Err.Error(), "/api/v1/calls"))
			}
		}
		require.InDelta(t, 5, failed, 1.5, "once an interval")
		bridge.set(func() { delete(bridge.fault, "/calls?limit=50&offset=1") })
		time.Sleep(3 * time.Second)
		stop()
		require.Equal(t, []string{"space1", "space2"}, b.spaces(t))
	})
}

// TestRosterIsBounded keeps no more calls than it should, and says so.
func TestRosterIsBounded(t *testing.T) {
	r := newRoster(450)
	now := time.Now()
	r.startWalk(now, now)
	p := page[listedCall]{total: -1, received: maxCalls + 5}
	for i := range maxCalls + 5 {
		p.items = append(p.items, listedCall{id: fmt.Sprint("c", i)})
	}
	r.addPage(p, now)
	require.Len(t, r.calls, maxCalls)
	require.True(t, r.truncated)
}

// TestQueuesStayShort reads the same calls again and again.
func TestQueuesStayShort(t *testing.T) {
	r := newRoster(450)
	now := time.Now()
	for range 1000 {
		r.startWalk(now, now)
		r.addPage(page[listedCall]{total: 9, received: 1, items: []listedCall{{id: "c1", space: "s"}}}, now)
		r.endWalk(now)
		if ok, _ := r.pressing(now); ok {
			r.learn(r.pop(rankCalls, now), callDetails{local: 1}, now)
		}
		now = now.Add(time.Second)
		if ok, _ := r.leisurely(now); ok {
			r.learn(r.pop(rankLeisure, now), callDetails{local: 0}, now)
		}
	}
	require.LessOrEqual(t, len(r.fresh)+len(r.pressed)+len(r.relaxed), 10)
}
