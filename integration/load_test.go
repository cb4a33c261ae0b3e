package integration

import (
	"fmt"
	"os"
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
)

// TestLoad puts the edge between sipp and sipp. It needs two quiet cores and two
// minutes, so it runs on request only.
func TestLoad(t *testing.T) {
	if os.Getenv("BRIDGEHEAD_LOAD") == "" {
		t.Skip("set BRIDGEHEAD_LOAD=1 for calls by the thousand")
	}
	require.False(t, raceEnabled, "the race detector makes every figure meaningless; run without -race")
	net, dir := newNetwork(), t.TempDir()
	bridge := startActor(t, "cluster1", dir, part{script: "bridge/answer", addr: freePort(t, net.host(hostBridge)), untraced: true})
	bridge.listening(t, "udp")
	g := simulate(t, sim.Options{
		Domains: []string{domain},
		Spaces:  []sim.Space{{ID: roomSpace, URI: room}},
		Bridges: []sim.BridgeOptions{{Name: "cluster1", APIAddr: bridge.addr.Addr().String() + ":0"}},
	})
	list := callBridges(g)
	list[0].sip = bridge.addr.String()
	e := startEdge(t, net, dir, settings{
		bridges: list, outward: freePort(t, net.host(hostCaller)), policy: []string{"pollInterval: 1s"}, quiet: true,
	})
	e.informed(t)
	directoryRead(t, g)

	wave := func(calls int) {
		begin, asked := time.Now(), g.Bridge("cluster1").Counters().APIRequests
		caller := startActor(t, fmt.Sprintf("caller%d", calls), dir, part{
			script: "caller/call", addr: freePort(t, net.host(hostCaller)), remote: e.address(), calls: calls, untraced: true,
			args: []string{"-key", "uri", roomURI, "-r", fmt.Sprint(loadRate), "-timeout", "300"},
		})
		require.Zero(t, caller.exitCode(t, 5*time.Minute), "a call failed")
		took := time.Since(begin)
		asked = g.Bridge("cluster1").Counters().APIRequests - asked
		t.Logf("%d calls in %s, none failed; %d API requests; %d kB", calls, took.Round(time.Millisecond), asked, memory(t, e))
		require.LessOrEqual(t, float64(asked), 10*took.Seconds()+10, "the API pays for the time, not for the calls")
	}
	wave(loadCalls)
	wave(warmCalls)
	warm := memory(t, e)
	wave(flatCalls)
	require.LessOrEqual(t, memory(t, e), warm*6/5, "memory grows with the calls")
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
