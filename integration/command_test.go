package integration

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run runs a verb of the edge's program to its end.
func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(edgeProgram(t), args...)
	b, err := cmd.Output()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// TestExplain asks where a call would go, beside an edge that runs: the answer
// is the lab case "running but full", line for line as CMS logs it, and nothing
// happens by it.
func TestExplain(t *testing.T) {
	perform(t, play{
		group: state{load: map[string]load{"cluster3": {2000, 2250}}, running: []string{"cluster3"}}.set,
		verdict: func(t *testing.T, s *stage) {
			answeredBy("cluster1", roomURI)(t, s)
			e := s.front.(*edge)
			code, out := run(t, "explain", "-c", e.config, "--to", roomURI, "-o", "cmslog")
			require.Zero(t, code)
			const query = "replace query for conference " + roomSpace + ": "
			for _, line := range []string{
				query + "response from 'cluster1' (priority: 1, load level: 0, conference is running: 0)",
				query + "response from 'cluster2' (priority: 2, load level: 0, conference is running: 0)",
				query + "response from 'cluster3' (priority: 0, load level: 2, conference is running: 1)",
				query + "using remote server 'cluster1' (priority: 1, load level: 0, conference is running: 0)",
			} {
				require.Contains(t, out, line)
			}
			code, out = run(t, "explain", "-c", e.config, "--to", roomURI, "-o", "json")
			require.Zero(t, code)
			var d decisionReport
			require.NoError(t, json.Unmarshal([]byte(out), &d), out)
			require.Equal(t, "cluster1", d.Chosen)
			code, out = run(t, "explain", "-c", e.config, "--to", roomURI)
			require.Zero(t, code)
			require.Contains(t, out, "cluster1")
			require.Len(t, e.decisions(t), 1, "to explain is not to decide")
		},
	}, openEdge)
}

// TestCheckAndStatus asks a running edge and its configuration for their health.
func TestCheckAndStatus(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	code, out := run(t, "check", "-c", p.edge.config)
	require.Equal(t, 1, code, "a literal password and plain HTTP are warnings:\n%s", out)
	code, out = run(t, "status", "-c", p.edge.config)
	require.Zero(t, code, out)
	require.NotEmpty(t, out)
	code, out = run(t, "status", "--quiet", "--server", p.edge.admin.String())
	require.Zero(t, code)
	require.Empty(t, out)
	code, _ = run(t, "version")
	require.Zero(t, code)
	code, _ = run(t, "no-such-verb")
	require.Equal(t, exitUsage, code)
	p.edge.stop()
	code, out = run(t, "status", "--quiet", "-c", p.edge.config)
	require.Equal(t, 2, code)
	require.Empty(t, out)
}

// TestCheckOnline finds the bridge that does not answer, and the one whose
// password is wrong.
func TestCheckOnline(t *testing.T) {
	perform(t, play{
		bridges: map[string]string{"cluster2": absent},
		verdict: func(t *testing.T, s *stage) {
			e := s.front.(*edge)
			code, out := run(t, "check", "-c", e.config, "--online")
			require.Equal(t, 2, code, out)
			require.Regexp(t, `(?m)^critical.*cluster2`, out)
			require.NotRegexp(t, `(?m)^critical.*cluster[13]`, out)
		},
	}, openEdge)
}

// TestLab runs the laboratory as a newcomer does, its output no terminal: the
// first decision within five seconds, the others after it, then what to try.
func TestLab(t *testing.T) {
	t.Parallel()
	ip := newNetwork().host(hostEdge).String()
	cmd := exec.Command(edgeProgram(t), "lab", "--listen", ip+":0", "--admin", ip+":0", "--control", ip+":0")
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	begin := time.Now()
	require.NoError(t, cmd.Start())
	killer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	var text strings.Builder
	var first time.Duration
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		line := lines.Text()
		text.WriteString(line + "\n")
		if first == 0 && strings.Contains(line, "replace query for conference") {
			first = time.Since(begin)
		}
		if strings.Contains(line, "sipp ") { // the hints come last
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
			break
		}
	}
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
	}
	require.NoError(t, cmd.Wait(), text.String())
	out := text.String()
	require.NotZero(t, first, "no decision:\n%s", out)
	if !raceEnabled {
		require.Less(t, first, 5*time.Second, "the first decision")
	}
	require.Contains(t, out, "using remote server")
	require.Contains(t, out, "488", "one call too many is refused:\n%s", out)
	require.Contains(t, out, ip, "the addresses to try")
}
