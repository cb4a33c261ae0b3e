package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
	"bridgehead/internal/admin"
)

// startEdge runs an edge before a site as a process of its own, and waits until
// it has read both bridges.
func startEdge(t *testing.T, s *site) (p *program, server string) {
	t.Helper()
	p = startProgram(t, "serve", "-c", s.config)
	p.stdout.await(t, `"listening"`, p.done)
	server = p.admin(t)
	require.Eventually(t, func() bool {
		got := execute(t, "bridge", "list", "-o", "json", "--server", server)
		return got.code == exitGood && strings.Count(got.stdout, `"loadLimit": 5000`) == 2 && strings.Count(got.stdout, `"age": null`) == 0
	}, testPatience, 20*time.Millisecond)
	return p, server
}

// fast makes the edge notice soon what changes on its bridges.
const fast = "policy: {pollInterval: 100ms, apiBudget: 60}\nlog: {format: json}"

// TestBridgeStates takes a bridge out and puts it back, over a restart.
func TestBridgeStates(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, fast)
	p, server := startEdge(t, s)
	do := func(code int, args ...string) outcome {
		got := execute(t, append(args, "--server", server)...)
		require.Equal(t, code, got.code, "%v: %+v", args, got)
		return got
	}
	explain := func() string {
		return do(exitGood, "explain", "--to", "room@meet.example.com", "-o", "cmslog").stdout
	}
	require.Contains(t, explain(), "using remote server 'cluster2'", "as the pin says")

	got := do(exitGood, "bridge", "maint", "cluster2", "-o", "json")
	var reply admin.StateReply
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &reply))
	require.Equal(t, "maint", reply.Bridge.State)
	require.Empty(t, reply.Warning)
	require.Contains(t, explain(), "using remote server 'cluster1'")
	require.Contains(t, do(exitGood, "status").stdout, "nothing is amiss", "an operator did it")
	require.Contains(t, do(exitGood, "bridge", "show", "cluster2").stdout, "maint since ")
	do(exitUsage, "bridge", "maint", "cluster9")

	require.Equal(t, exitGood, p.end(t, syscall.SIGTERM))
	_, server = startEdge(t, s)
	require.Contains(t, explain(), "using remote server 'cluster1'", "a restart forgets no state")

	require.Regexp(t, `cluster2 +ready`, do(exitGood, "bridge", "ready", "cluster2").stdout)
	require.Contains(t, explain(), "using remote server 'cluster2'")
	do(exitGood, "bridge", "drain", "cluster2", "--strict")
	rows, err := csv.NewReader(strings.NewReader(do(exitGood, "bridge", "list", "-o", "csv").stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, []string{"cluster2", "london", "drain-strict"}, rows[2][:3])
	do(exitGood, "bridge", "maint", "cluster1")
	require.Contains(t, do(exitCritical, "status").stdout, "critical: group london: no bridge is in service")
	do(exitCritical, "bridge", "list")
	require.Contains(t, do(exitWarning, "explain", "--to", "room@meet.example.com").stdout, "in maintenance")
	require.Contains(t, do(exitWarning, "explain", "--to", "room@example.net").stderr, "the call would get 404")
}

// TestDrainWaits holds the command until the last participant has left.
func TestDrainWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, fast)
	conference, err := s.Bridge("cluster1").AddConference(sim.Conference{Space: roomID, Participants: 3, Units: 900})
	require.NoError(t, err)
	_, server := startEdge(t, s)
	require.Eventually(t, func() bool {
		return strings.Contains(execute(t, "conference", "list", "--server", server).stdout, "cluster1 (3)")
	}, testPatience, 20*time.Millisecond)

	got := execute(t, "bridge", "drain", "cluster1", "--wait", "--timeout", "1ms", "--server", server)
	require.Equal(t, exitCritical, got.code, got)
	require.Contains(t, got.stderr, "cluster1 is not empty")

	p := startProgram(t, "bridge", "drain", "cluster1", "--wait", "--server", server)
	p.stderr.await(t, "cluster1: 3 participants", p.done)
	require.NoError(t, s.Bridge("cluster1").EndConference(conference))
	<-p.done
	require.Equal(t, exitGood, p.cmd.ProcessState.ExitCode(), p.stderr.String())
	require.Regexp(t, `cluster1 +drain +0`, p.stdout.String())

	_, err = s.Bridge("cluster1").AddConference(sim.Conference{Space: roomID, Participants: 1, Units: 300})
	require.NoError(t, err)
	p = startProgram(t, "bridge", "drain", "cluster1", "--wait", "--server", server)
	p.stderr.await(t, "cluster1: 1 participants", p.done)
	require.Equal(t, exitGood, execute(t, "bridge", "ready", "cluster1", "--server", server).code)
	<-p.done
	require.Equal(t, exitCritical, p.cmd.ProcessState.ExitCode())
	require.Contains(t, p.stderr.String(), "somebody else has ended the drain")
}

// TestConferenceList flags a conference that runs on two bridges.
func TestConferenceList(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, fast)
	for _, b := range s.Bridges() {
		_, err := b.AddConference(sim.Conference{Space: roomID, Participants: 2, Units: 100})
		require.NoError(t, err)
	}
	_, server := startEdge(t, s)
	var got outcome
	require.Eventually(t, func() bool {
		got = execute(t, "conference", "list", "--spread", "--server", server)
		return strings.Contains(got.stdout, "cluster1 (2), cluster2 (2)")
	}, testPatience, 20*time.Millisecond)
	require.Contains(t, got.stdout, "1 conferences, 1 of them on more than one bridge")
	require.Contains(t, execute(t, "status", "--server", server).stdout, "note: group london: 1 conferences run on more than one bridge")
	var reply admin.ConferencesReply
	require.NoError(t, json.Unmarshal([]byte(execute(t, "conference", "list", "-o", "json", "--server", server).stdout), &reply))
	require.Equal(t, roomID, reply.Conferences[0].Space)
	require.Equal(t, 4, reply.Conferences[0].Participants)
}

// TestObserve delivers as dialled and tells what the rules would have done.
func TestObserve(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, "policy: {mode: observe, pollInterval: 100ms, apiBudget: 60}\nlog: {format: json}")
	p, server := startEdge(t, s)
	got := execute(t, "status", "--server", server)
	require.Contains(t, got.stdout, "observing: 0 of 0 calls would have gone elsewhere")
	invite(t, p, "alice")
	p.stdout.await(t, `"msg":"call"`, p.done)
	to, differed := "cluster2", 0
	if s.Bridge("cluster1").Counters().Invites > 0 {
		to, differed = "cluster1", 1 // the pin says cluster2
	}
	require.Contains(t, execute(t, "status", "--server", server).stdout, fmt.Sprintf("observing: %d of 1 calls would have gone elsewhere", differed))
	var status edgeStatus
	require.NoError(t, json.Unmarshal([]byte(execute(t, "status", "-o", "json", "--server", server).stdout), &status))
	require.EqualValues(t, 1, status.Observed.Decisions)
	var reply struct{ Decisions []admin.Decision }
	require.NoError(t, clientOf(server, "").get(t.Context(), "/api/v1/decisions", nil, &reply))
	require.Len(t, reply.Decisions, 1)
	require.Equal(t, to, reply.Decisions[0].Delivered)
	require.Equal(t, "cluster2", reply.Decisions[0].Chosen)
	require.Equal(t, differed == 1, reply.Decisions[0].Differs)
}

// TestExplainAsks explains a call to a space that was made after the directory was
// read: the bridges are asked, as they would be for a call.
func TestExplainAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, "policy: {directoryRefresh: 24h, pollInterval: 100ms, apiBudget: 60}\nlog: {format: json}")
	_, server := startEdge(t, s)
	require.Eventually(t, func() bool {
		var reply struct{ Groups []admin.Group }
		err := clientOf(server, "").get(t.Context(), "/api/v1/groups", nil, &reply)
		return err == nil && reply.Groups[0].Directory.LastFull != nil && reply.Groups[0].Directory.PlanRead
	}, testPatience, 20*time.Millisecond)
	late, err := s.AddSpace(sim.Space{URI: "late"})
	require.NoError(t, err)
	for _, to := range []string{"late@meet.example.com", "sip:LATE@127.0.0.1;transport=tcp"} {
		args := []string{"explain", "--to", to, "-o", "json", "--server", server}
		if strings.Contains(to, "127.0.0.1") {
			args = append(args, "--landing", "cluster1")
		}
		got := execute(t, args...)
		require.Equal(t, exitGood, got.code, got)
		var e explanationView
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &e))
		require.Equal(t, late.ID, e.Conference, to)
	}
}
