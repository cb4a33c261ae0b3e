package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// anywhere lets a lab stand where there is room, beside others.
var anywhere = []string{"lab", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--control", "127.0.0.1:0"}

// decided is one call as the lab printed it.
type decided struct {
	caller, to string
	levels     map[string]int // of the bridges that answered
	running    []string
	used       string // "" when it was refused
}

// Lines of the lab's event log.
var (
	incoming = regexp.MustCompile(`^call (\d+): incoming SIP call from "sip:(\w+)@example\.com" to local URI "sip:(\w+)@meet\.example\.com"$`)
	answer   = regexp.MustCompile(`^replace query for conference ([0-9a-f-]{36}): (response from|using remote server) '(cluster\d)' \(priority: \d, load level: (\d), conference is running: (\d)\)$`)
)

// readLab reads the decisions in what a lab printed, by chapter.
func readLab(t *testing.T, text string) map[string][]decided {
	t.Helper()
	chapters := map[string][]decided{}
	chapter, calls := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if head, ok := strings.CutPrefix(line, "== "); ok {
			chapter, _, _ = strings.Cut(head, ":")
		}
		list := chapters[chapter]
		if m := incoming.FindStringSubmatch(line); m != nil {
			calls++
			require.Equal(t, strconv.Itoa(calls), m[1], "calls are numbered as they come")
			chapters[chapter] = append(list, decided{caller: m[2], to: m[3], levels: map[string]int{}})
			continue
		}
		m := answer.FindStringSubmatch(line)
		if m == nil {
			require.NotContains(t, line, "replace query", "a line that is not in the form of CMS")
			continue
		}
		d := &list[len(list)-1]
		if m[2] != "response from" {
			require.Empty(t, d.used, "one server is used for a call: %s", line)
			d.used = m[3]
			continue
		}
		d.levels[m[3]], _ = strconv.Atoi(m[4])
		if m[5] == "1" {
			d.running = append(d.running, m[3])
		}
	}
	return chapters
}

// TestLab plays the whole story and reads what it printed.
func TestLab(t *testing.T) {
	t.Parallel()
	got := execute(t, append(anywhere, "--for", "1s")...)
	require.Equal(t, exitGood, got.code, got)
	require.NotContains(t, got.stdout, "(waited", "something took very long")
	chapters := readLab(t, got.stdout)

	require.Len(t, chapters["idle"], 1)
	first := chapters["idle"][0]
	require.Equal(t, labRoom, first.to)
	require.Equal(t, map[string]int{"cluster1": 0, "cluster2": 0, "cluster3": 0}, first.levels)
	require.NotEmpty(t, first.used)

	require.Len(t, chapters["joining"], 2)
	for _, d := range chapters["joining"] {
		require.Equal(t, []string{first.used}, d.running)
		require.Equal(t, first.used, d.used, "callers of one space meet")
	}

	placed := map[string]int{first.used: 3}
	require.Len(t, chapters["burst"], 8)
	for _, d := range chapters["burst"] {
		placed[d.used]++
	}
	full := chapters["full"]
	require.Len(t, full, 3)
	placed[full[0].used]++
	require.Equal(t, map[string]int{"cluster1": 4, "cluster2": 4, "cluster3": 4}, placed, "no bridge over its limit, and no room left unused")
	for _, d := range full[1:] {
		require.Empty(t, d.used)
		require.Equal(t, map[string]int{"cluster1": 2, "cluster2": 2, "cluster3": 2}, d.levels)
		require.Contains(t, got.stdout, d.caller+" got 488 Not Acceptable Here")
	}
	require.Equal(t, labRoom, full[2].to)
	require.Equal(t, 2, strings.Count(got.stdout, ": ending; refused, no bridge has room; "))
	for i := range 12 {
		require.Regexp(t, `caller`+strconv.Itoa(i+1)+` talks on cluster\d`, got.stdout)
	}
	require.Contains(t, got.stdout, "the bridges' own figures now: cluster1 4000 of 4000, cluster2 4000 of 4000, cluster3 4000 of 4000")
	require.Regexp(t, `own figures now: (cluster\d (0|2000) of 4000(, )?){3}\n\n== now you`, got.stdout)
	require.NotContains(t, got.stdout, "Note:", "port 0 asks for any port")
}

// startLab runs a lab in this process until stop, which returns its exit code.
func startLab(t *testing.T, args ...string) (out *tape, ended <-chan struct{}, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &tape{}
	done, code := make(chan struct{}), 0
	go func() {
		defer close(done)
		code = run(ctx, args, out, out)
	}()
	stop = func() int { cancel(); <-done; return code }
	t.Cleanup(func() { stop() })
	return out, done, stop
}

// TestLabInterrupted ends a lab in the middle of its story.
func TestLabInterrupted(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"An edge on", "using remote server", "== burst", "== now you"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			out, ended, stop := startLab(t, anywhere...)
			out.await(t, at, ended)
			began := time.Now()
			require.Equal(t, exitGood, stop(), out.String())
			t.Logf("ended within %v", time.Since(began))
			if dir := labDir.FindString(out.String()); dir != "" {
				require.NoDirExists(t, dir)
			}
		})
	}
}

var labDir = regexp.MustCompile(`/\S*bridgehead-lab-\d+`)

// TestLabPortsTaken wants other ports, and a word about each.
func TestLabPortsTaken(t *testing.T) {
	t.Parallel()
	args := []string{"lab", "--for", "1ms"}
	var taken []string
	for _, flag := range []string{"--listen", "--admin", "--control"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		args = append(args, flag, l.Addr().String())
		taken = append(taken, l.Addr().String())
	}
	out, ended, stop := startLab(t, args...)
	out.await(t, "== idle", ended)
	require.Equal(t, exitGood, stop(), out.String())
	for i, what := range []string{"SIP address", "admin address", "control address of the bridges"} {
		_, port, _ := strings.Cut(taken[i], ":")
		require.Regexp(t, `Note: .*`+what+` is 127\.0\.0\.1:\d+, as port `+port+` is taken`, out.String())
		require.NotContains(t, out.String(), "http://"+taken[i])
	}
}

// TestLabHints does what the lab proposes, word for word.
func TestLabHints(t *testing.T) {
	t.Parallel()
	out, ended, stop := startLab(t, anywhere...)
	out.await(t, "sim/v1/bridges\n", ended)
	_, hints, _ := strings.Cut(out.String(), "== now you")
	program := programName()
	curls, commands := 0, 0
	for line := range strings.Lines(hints) {
		line = strings.TrimSpace(line)
		switch rest, isCommand := strings.CutPrefix(line, program+" "); {
		case strings.HasPrefix(line, "curl "):
			curls++
			curl(t, strings.Fields(line))
		case isCommand:
			commands++
			var got outcome
			require.Eventually(t, func() bool { // until the edge has seen that the calls of sipp are over
				got = execute(t, strings.Fields(rest)...)
				return got.code == exitGood
			}, testPatience, 50*time.Millisecond, "%s: %+v", line, &got)
		case strings.HasPrefix(line, "sipp "):
			commands++
			sipp(t, strings.Fields(line))
		}
	}
	require.Equal(t, 6, curls)
	require.Equal(t, 7, commands)
	require.Contains(t, out.String(), `incoming SIP call from "sip:sipp1@example.com" to local URI "sip:boardroom@meet.example.com"`)

	dir := labDir.FindString(hints)
	require.FileExists(t, filepath.Join(dir, "bridgehead.yaml"))
	require.Equal(t, exitGood, stop(), out.String())
}

// curl makes the request of a command line of curl.
func curl(t *testing.T, args []string) {
	t.Helper()
	method, body, url := http.MethodGet, io.Reader(nil), args[len(args)-1]
	for i, a := range args {
		switch a {
		case "-X":
			method = args[i+1]
		case "-d":
			body = strings.NewReader(args[i+1])
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err, "%q", args)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, "%q: %s", args, text)
	http.DefaultClient.CloseIdleConnections()
}

// sipp runs a command line of sipp with short calls.
func sipp(t *testing.T, args []string) {
	t.Helper()
	path, err := exec.LookPath(args[0])
	require.NoError(t, err, "sipp is not installed; on Debian and Ubuntu: apt-get install sip-tester")
	for i, a := range args {
		switch a {
		case "-d":
			args[i+1] = "100"
		case "-r":
			args[i+1] = "20"
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), testPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-nostdin"}, args[1:]...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=dumb")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%q:\n%s", args, text)
}

// TestLabMoves silences the bridge of the boardroom: the next call goes to
// another one, and the lab says why.
func TestLabMoves(t *testing.T) {
	t.Parallel()
	out, ended, stop := startLab(t, anywhere...)
	out.await(t, "sim/v1/bridges\n", ended)
	used := readLab(t, out.String())["idle"][0].used
	control := regexp.MustCompile(`http://\S+/sim/v1/bridges\n`).FindString(out.String())
	curl(t, []string{"curl", "-X", "PUT", "-d", "silent", strings.TrimSpace(control) + "/" + used + "/sip"})
	line := regexp.MustCompile(`sipp -sf .*`).FindString(out.String())
	sipp(t, strings.Fields(strings.Replace(line, "-m 10", "-m 1", 1)))
	require.Equal(t, exitGood, stop())
	require.Regexp(t, `call 15: `+used+`: priority 0, tried, did not answer \(408\); .*\nreplace query for conference \S+ using remote server 'cluster\d' .*\n`, out.String())
}
