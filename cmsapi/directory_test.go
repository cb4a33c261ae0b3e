package cmsapi

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// catalogue is a directory that runs.
type catalogue struct {
	*Directory
	logs *observer.ObservedLogs
}

// startDirectory runs a directory on the benches' pollers until stop.
func startDirectory(t *testing.T, from ...*bench) (c *catalogue, stop func()) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	o := DirectoryOptions{Group: "london", Refresh: 10 * time.Second, Logger: zap.New(core)}
	for _, b := range from {
		o.Pollers = append(o.Pollers, b.Poller)
	}
	d, err := NewDirectory(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return &catalogue{d, logs}, stop
}

// rooms makes n spaces: the URI room<i> of the space id<i>.
func rooms(n int) []fakeSpace {
	var list []fakeSpace
	for i := range n {
		list = append(list, fakeSpace{fmt.Sprint("id", i), fmt.Sprint("room", i)})
	}
	return list
}

// knows fails the test unless the directory maps user to id; "" for not at all.
func (c *catalogue) knows(t *testing.T, user, id string) {
	t.Helper()
	got, ok := c.Classify("any.example", strings.ToLower(user))
	require.Equal(t, id, got.Space, user)
	require.Equal(t, id != "", ok, user)
}

func TestDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.spaces = append(rooms(25), fakeSpace{"odd", "Board.Room"}, fakeSpace{"silent", ""}, fakeSpace{"clash", "room3"})
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		d.knows(t, "room0", "")
		time.Sleep(3 * time.Second)
		d.knows(t, "room0", "id0")
		d.knows(t, "ROOM24", "id24")
		d.knows(t, "board.ROOM", "odd")
		d.knows(t, "room3", "id3") // the first of the list has it
		d.knows(t, "room25", "")
		d.knows(t, "", "")
		s := d.Status()
		require.Equal(t, 26, s.URIs)
		require.Equal(t, "cluster1", s.Source)
		require.False(t, s.LastFull.IsZero())
		require.Empty(t, s.Error)
		require.Equal(t, 1, d.logs.FilterMessageSnippet("complete").Len())

		at := bridge.asked("/coSpaces?", b.began)
		require.Len(t, at, 4, "three pages, and one that shows the end")
		require.Less(t, at[0].Sub(b.began), time.Second, "the first pass is at once")

		time.Sleep(12 * time.Second)
		require.Len(t, bridge.asked("/coSpaces?", b.began), 8, "again after the pause")
		end()
		stop()
	})
}

// TestDirectoryChanges shows additions page by page, and removals at the end of
// a pass.
func TestDirectoryChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 1
		bridge.spaces = rooms(30)
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		time.Sleep(2 * time.Second)
		d.knows(t, "room0", "id0")
		d.knows(t, "room29", "")
		require.True(t, d.Status().LastFull.IsZero())
		loaded := waitFull(d, time.Time{})
		d.knows(t, "room29", "id29")

		bridge.set(func() {
			spaces := rooms(30)
			spaces[0].uri = "renamed"
			spaces[1].id = "another"
			bridge.spaces = append(spaces[:29:29], fakeSpace{"new", "added"})
		})
		second := len(bridge.asked("/coSpaces?", b.began))
		for len(bridge.asked("/coSpaces?", b.began)) < second+5 {
			time.Sleep(50 * time.Millisecond)
		}
		d.knows(t, "renamed", "id0")
		d.knows(t, "room0", "") // CMS does not know it any more
		d.knows(t, "room1", "another")
		d.knows(t, "room29", "id29")
		d.knows(t, "added", "")
		waitFull(d, loaded)
		d.knows(t, "room0", "")
		d.knows(t, "room29", "")
		d.knows(t, "added", "new")
		require.Equal(t, 30, d.Status().URIs)
		end()
		stop()
	})
}

// waitFull waits for a pass to end that is not that of before.
func waitFull(d *catalogue, before time.Time) time.Time {
	for d.Status().LastFull.Equal(before) {
		time.Sleep(10 * time.Millisecond)
	}
	return d.Status().LastFull
}

// TestDirectorySlip deletes a space between two pages, so that another is on
// neither: it must not be forgotten for that.
func TestDirectorySlip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 4
		bridge.spaces = rooms(12)
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		first := waitFull(d, time.Time{})
		n := len(bridge.asked("/coSpaces?", b.began))
		for len(bridge.asked("/coSpaces?", b.began)) < n+2 {
			time.Sleep(10 * time.Millisecond)
		}
		bridge.set(func() { bridge.spaces = rooms(12)[1:] })
		second := waitFull(d, first)
		d.knows(t, "room8", "id8")
		d.knows(t, "room0", "id0")
		waitFull(d, second)
		d.knows(t, "room8", "id8")
		d.knows(t, "room0", "")
		end()
		stop()
	})
}

// TestDirectoryEmptied does not believe at once that there are no spaces.
func TestDirectoryEmptied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.spaces = rooms(5)
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		full := waitFull(d, time.Time{})
		bridge.set(func() { bridge.spaces = nil })
		full = waitFull(d, full)
		d.knows(t, "room1", "id1")
		waitFull(d, full)
		d.knows(t, "room1", "")
		end()
		stop()
	})
}

// TestDirectoryFailover reads on from the next bridge where one fails, in the
// middle of a pass, and keeps what it knows while none answers.
func TestDirectoryFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := newFakeBridge(), newFakeBridge()
		one.pageCap, two.pageCap = 1, 1
		one.spaces, two.spaces = rooms(40), rooms(40)
		b1, stop1 := startBench(t, one)
		b2, stop2 := startBench(t, two, func(o *PollerOptions) {
			o.Client = clientFor(t, "https://10.0.1.12", func(o *ClientOptions) { o.Name, o.Transport = "cluster2", two })
		})
		synctest.Wait() // until both can be asked, as the first that can is
		d, end := startDirectory(t, b1, b2)
		time.Sleep(2 * time.Second)
		require.Empty(t, two.asked("/coSpaces?", b2.began), "one bridge of the group is enough")
		one.set(func() { one.fault["/coSpaces"] = always(500, "") })
		waitFull(d, time.Time{})
		d.knows(t, "room39", "id39")
		require.Equal(t, "cluster2", d.Status().Source)
		require.LessOrEqual(t, len(two.asked("/coSpaces?", b2.began)), 40, "no page twice")
		require.Equal(t, 1, d.logs.FilterMessageSnippet("another bridge").Len())

		two.set(func() { two.fault[""] = always(503, "") })
		time.Sleep(5 * time.Minute)
		d.knows(t, "room39", "id39")
		require.NotEmpty(t, d.Status().Error)
		require.Equal(t, 1, d.logs.FilterMessageSnippet("no bridge of the group").Len())
		tries := len(one.asked("/coSpaces?", b1.began.Add(4*time.Minute)))
		require.LessOrEqual(t, tries, 4, "a bridge that fails is asked ever less")
		one.set(func() { delete(one.fault, "/coSpaces") })
		before := d.Status().LastFull
		waitFull(d, before)
		require.Equal(t, "cluster1", d.Status().Source)
		require.Equal(t, 1, d.logs.FilterMessageSnippet("read again").Len())
		end()
		stop1()
		stop2()
	})
}

// TestDirectoryWaitsForAnyBridge starts with no bridge that answers.
func TestDirectoryWaitsForAnyBridge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.spaces = rooms(1)
		bridge.fault[""] = always(401, "")
		bridge.latency = 100 * time.Millisecond
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		time.Sleep(50 * time.Millisecond)
		require.Empty(t, d.Status().Error, "nothing is known yet")
		time.Sleep(time.Minute)
		require.Empty(t, bridge.asked("/coSpaces?", b.began))
		require.Contains(t, d.Status().Error, "answered 401")
		require.Equal(t, 1, d.logs.FilterLevelExact(zapcore.WarnLevel).Len())
		bridge.set(func() { delete(bridge.fault, "") })
		time.Sleep(4 * time.Second)
		d.knows(t, "room0", "id0")
		require.Empty(t, d.Status().Error)
		end()
		stop()
	})
}

func TestDirectoryNeedsAPoller(t *testing.T) {
	_, err := NewDirectory(DirectoryOptions{Group: "london"})
	require.Error(t, err)
}
