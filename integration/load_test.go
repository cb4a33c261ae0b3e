package integration

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

const (
	loadRate  = 2000    // calls per second
	loadCalls = 20_000  // ten seconds of them
	warmCalls = 80_000  // longer than any transaction lives over UDP
	flatCalls = 100_000 // in which memory must not grow
	soakCalls = 500_000 // two transactions each
)

// TestLoad puts the edge between sipp and sipp. It needs two quiet cores and two
// minutes, so it runs on request only.
func TestLoad(t *testing.T) {
	if os.Getenv("BRIDGEHEAD_LOAD") == "" {
		t.Skip("set BRIDGEHEAD_LOAD=1 for calls by the thousand")
	}
	l := newCrowd(t)
	l.wave(t, loadCalls)
	l.wave(t, warmCalls)
	warm := memory(t, l.edge)
	l.wave(t, flatCalls)
	require.LessOrEqual(t, memory(t, l.edge), warm*6/5, "memory grows with the calls")
}

// A million transactions later memory and goroutines are where they were. It
// takes six minutes: make soak.
func TestSoak(t *testing.T) {
	if os.Getenv("BRIDGEHEAD_SOAK") == "" {
		t.Skip("set BRIDGEHEAD_SOAK=1, or run make soak, for a million transactions")
	}
	l := newCrowd(t)
	l.wave(t, warmCalls)
	l.quiet(t)
	before, routines := memory(t, l.edge), l.edge.metric(t, "go_goroutines")
	l.wave(t, soakCalls)
	l.quiet(t)
	after := memory(t, l.edge)
	t.Logf("memory before and after %d calls: %d and %d kB; goroutines %v and %v", soakCalls, before, after, routines, l.edge.metric(t, "go_goroutines"))
	require.GreaterOrEqual(t, l.edge.metric(t, `bridgehead_sip_transactions_total{origin="received"}`), float64(2*(warmCalls+soakCalls)))
	require.LessOrEqual(t, after, before*11/10+4096, "memory")
	require.InDelta(t, routines, l.edge.metric(t, "go_goroutines"), 5, "goroutines")
}

// crowd is an edge between a caller of thousands and the only bridge of a group.
type crowd struct {
	net   network
	dir   string
	edge  *edge
	group *sim.Group
}

func newCrowd(t *testing.T) *crowd {
	require.False(t, raceEnabled, "the race detector makes every figure meaningless; run without -race")
	l := &crowd{net: newNetwork(), dir: t.TempDir()}
	bridge := startActor(t, "cluster1", l.dir, part{script: "bridge/answer", addr: freePort(t, l.net.host(hostBridge)), untraced: true})
	bridge.listening(t, "udp")
	l.group = simulate(t, sim.Options{
		Domains: []string{domain},
		Spaces:  []sim.Space{{ID: roomSpace, URI: room}},
		Bridges: []sim.BridgeOptions{{Name: "cluster1", APIAddr: bridge.addr.Addr().String() + ":0"}},
	})
	list := callBridges(l.group)
	list[0].sip = bridge.addr.String()
	l.edge = startEdge(t, l.net, l.dir, settings{
		bridges: list, outward: freePort(t, l.net.host(hostCaller)), policy: []string{"pollInterval: 1s"}, quiet: true,
	})
	l.edge.informed(t)
	directoryRead(t, l.group)
	return l
}

// wave plays that many calls at loadRate, none of which may fail.
func (l *crowd) wave(t *testing.T, calls int) {
	begin, asked := time.Now(), l.group.Bridge("cluster1").Counters().APIRequests
	caller := startActor(t, fmt.Sprintf("caller%d", calls), l.dir, part{
		script: "caller/call", addr: freePort(t, l.net.host(hostCaller)), remote: l.edge.address(), calls: calls, untraced: true,
		args: []string{"-key", "uri", roomURI, "-r", fmt.Sprint(loadRate), "-timeout", "900"},
	})
	require.Zero(t, caller.exitCode(t, 15*time.Minute), "a call failed")
	took := time.Since(begin)
	asked = l.group.Bridge("cluster1").Counters().APIRequests - asked
	t.Logf("%d calls in %s, none failed; %d API requests; %d kB", calls, took.Round(time.Millisecond), asked, memory(t, l.edge))
	require.LessOrEqual(t, float64(asked), 10*took.Seconds()+10, "the API pays for the time, not for the calls")
}

// quiet waits until the last transaction is forgotten.
func (l *crowd) quiet(t *testing.T) {
	require.Eventually(t, func() bool { return l.edge.metric(t, "bridgehead_sip_transactions") <= 1 }, time.Minute, time.Second,
		"transactions are left; one may be an OPTIONS of the edge's own")
}

// metric is the value of one series, written as in the text of /metrics.
func (e *edge) metric(t *testing.T, series string) float64 {
	t.Helper()
	_, text := e.get("/metrics")
	for line := range strings.SplitSeq(string(text), "\n") {
		if v, ok := strings.CutPrefix(line, series+" "); ok {
			f, err := strconv.ParseFloat(v, 64)
			require.NoError(t, err)
			return f
		}
	}
	require.Fail(t, "no such series", series)
	return 0
}

// memory is the edge's share of the machine's memory, in kilobytes.
func memory(t *testing.T, e *edge) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", e.cmd.Process.Pid))
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		var kb int
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kb); n == 1 {
			return kb
		}
	}
	require.Fail(t, "no Pss in smaps_rollup")
	return 0
}
