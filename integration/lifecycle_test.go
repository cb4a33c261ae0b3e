package integration

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Exit codes of the edge's program.
const (
	exitUsage  = 64
	exitConfig = 78
)

// TestHangup sends SIGHUP: the file is checked, the result logged, and the
// running configuration kept, also when the file is bad.
func TestHangup(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	logs := func(word string) {
		t.Helper()
		require.NoError(t, p.edge.cmd.Process.Signal(syscall.SIGHUP))
		eventually(t, "the log tells of SIGHUP: "+word, func() bool { return strings.Contains(p.edge.out.String(), word) })
		require.Equal(t, 100, p.answer(t, p.ring(t, word)), "calls go on")
	}
	logs("the file is good")
	file, err := os.ReadFile(p.edge.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(p.edge.config, append(file, "nonsense: true\n"...), 0o600))
	logs("the file has errors")
	require.Contains(t, p.edge.out.String(), "nonsense")
}

// TestSecondEdge starts an edge where one runs: it ends with a word that helps,
// and takes no call from the first.
func TestSecondEdge(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	out, err := exec.Command(edgeProgram(t), "serve", "-c", p.edge.config).CombinedOutput()
	require.Error(t, err, "a second edge on the same port is refused")
	require.Contains(t, string(out), "is taken by another process")
	require.Equal(t, 100, p.answer(t, p.ring(t, "first")), "the first goes on")
}

// TestBadConfiguration wants every mistake shown with its line, and code 78.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/bridgehead.yaml"
	require.NoError(t, os.WriteFile(file, []byte("sip: {listen: [\"udp://127.0.0.1:0\"]}\nrouts: []\ngroups:\n  - {name: a, delivery: replaces}\npolicy: {mode: observe}\n"), 0o600))
	for _, verb := range []string{"serve", "check", "explain"} {
		args := []string{verb, "-c", file}
		if verb == "explain" {
			args = append(args, "--to", roomURI)
		}
		cmd := exec.Command(edgeProgram(t), args...)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, verb)
		require.Equal(t, exitConfig, cmd.ProcessState.ExitCode(), "%s:\n%s", verb, out)
		for _, want := range []string{":2:", "routs", "^", ":4:", "not available", ":5:"} {
			require.Contains(t, string(out), want, verb)
		}
	}
}

// drainPlay is a call that rings when the edge is told to end.
func drainPlay() play {
	return play{
		name:    "SIGTERM while it rings: the call is set up, then the edge ends",
		hold:    1000,
		bridges: map[string]string{"cluster3": "ringing-hold"},
		policy:  []string{"drainTimeout: 15s"},
		direct: func(t *testing.T, s *stage) {
			e := s.front.(*edge)
			ringing := s.caller().await(t, "it rings", func(packets []packet) bool { return len(responses(packets, "INVITE", 180)) > 0 })
			require.NoError(t, e.cmd.Process.Signal(syscall.SIGTERM))
			other := pair{edge: e, caller: newPeer(t, s.net.host(hostCaller))}
			eventually(t, "no new calls are wanted", func() bool { return other.options(t) == 503 })
			require.Equal(t, 503, other.answer(t, other.ring(t, "late")))
			require.False(t, e.ended(), "an open call keeps it")
			s.cue(t, s.bridges["cluster3"], ringing[0].get("Call-ID"))
			require.Zero(t, e.exitCode(t, patience), "the edge ends by itself")
			e.start(t) // so that the caller can hang up
		},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3"}, s.took(t))
			require.Equal(t, 200, s.heard(t).status(), "the answer has come through")
			require.Len(t, requests(s.at(t, "cluster3"), "ACK"), 1, "and so has its ACK")
			require.Len(t, requests(s.at(t, "cluster3"), "BYE"), 1, "the call could be ended")
		},
	}
}

// TestDrain performs it.
func TestDrain(t *testing.T) { perform(t, drainPlay(), openEdge) }
