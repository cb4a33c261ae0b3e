package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bridgehead/config"
	"bridgehead/lb"
	"bridgehead/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// minimal is a configuration whose one bridge is nowhere.
const minimal = `
stateDir: STATE
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}
callControl: [{name: cucm, kind: cucm, uri: "sip:127.0.0.2:5060"}]
routes: [{domains: [meet.example.com], groups: [london], default: true}]
groups:
  - name: london
    callBridges:
      - {name: cluster1, sip: "sip:127.0.0.3:5999", api: "http://127.0.0.1:1", username: a, password: secret-word}
policy: {options: off}
admin: {listen: "127.0.0.1:0"}
`

func parse(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.Parse([]byte(strings.Replace(text, "STATE", t.TempDir(), 1)), t.TempDir())
	require.NoError(t, err)
	return c
}

// An edge starts, becomes ready though its bridge is dark, and ends whole.
func TestLifeOfAnEdge(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	require.NoError(t, a.Start())
	require.Len(t, a.SIPAddrs(), 2)
	require.NotEmpty(t, a.AdminAddr())
	require.Eventually(t, func() bool { ok, _ := a.Ready(); return ok }, 5*time.Second, 10*time.Millisecond,
		"polled once, whatever the result; a blind edge places calls")
	views := a.Bridges()
	require.Len(t, views, 1)
	require.Contains(t, views[0].Polls[0].Error, "cluster1")
	require.Empty(t, a.Decisions(10))
	require.NoError(t, a.Stop())
}

// What cannot start leaves nothing open and says what is wrong.
func TestStartFailsWhole(t *testing.T) {
	first, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	require.NoError(t, first.Start())
	defer first.Stop() //nolint:errcheck // the end of the test

	taken := strings.Replace(minimal, "udp://127.0.0.1:0", "udp://"+first.SIPAddrs()[0].String(), 1)
	second, err := New(parse(t, taken), Options{})
	require.NoError(t, err)
	require.ErrorContains(t, second.Start(), first.SIPAddrs()[0].String())
}

// The route key is made once, readable by its owner alone, and stays.
func TestRouteKeyIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	first, err := storedRouteKey(dir)
	require.NoError(t, err)
	require.Len(t, first, 32)
	again, err := storedRouteKey(dir)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(filepath.Join(dir, routeKeyFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(filepath.Join(dir, routeKeyFile), []byte("damaged"), 0o600))
	_, err = storedRouteKey(dir)
	require.ErrorContains(t, err, "remove it")
}

// loadLimits survive a restart; a damaged file is as none.
func TestWeightsAreKept(t *testing.T) {
	dir := t.TempDir()
	w := loadWeights(dir, zap.NewNop())
	require.Empty(t, w.limits())
	require.NoError(t, w.save(map[string]int{"cluster1": 96000}))
	require.NoError(t, w.save(map[string]int{"cluster2": 700000}))
	require.Equal(t, map[string]int{"cluster1": 96000, "cluster2": 700000}, loadWeights(dir, zap.NewNop()).limits())
	require.NoError(t, os.WriteFile(filepath.Join(dir, weightsFile), []byte("{"), 0o600))
	require.Empty(t, loadWeights(dir, zap.NewNop()).limits())
}

// The teardown runs every step, last first, also after a failure.
func TestTeardown(t *testing.T) {
	var order []string
	d := teardown{log: zap.NewNop()}
	for _, name := range []string{"first", "second", "third"} {
		d.push(name, func() error { order = append(order, name); return errors.New(name + " failed") })
	}
	err := d.run()
	require.Equal(t, []string{"third", "second", "first"}, order)
	require.ErrorContains(t, err, "first failed")
	require.NoError(t, d.run(), "once only")
}

// A part that panics is logged and ends alone.
func TestPanicOfOnePart(t *testing.T) {
	b := newBackground(zap.NewNop())
	alive := make(chan struct{})
	b.start("bad", func(context.Context) error { panic("oops") })
	b.start("good", func(ctx context.Context) error { close(alive); <-ctx.Done(); return nil })
	<-alive
	require.NoError(t, b.end())
}

// stuck is a log reader that reads nothing until it is let go.
type stuck struct{ free chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.free; return len(p), nil }

// A log that nobody reads never holds up who writes: lines are dropped and
// counted.
func TestLogNeverBlocks(t *testing.T) {
	out := stuck{make(chan struct{})}
	log, dropped, closeLog := NewLogger(out, "info", "json")
	line := strings.Repeat("a line ", 150)
	lines := 4 * logBuffer / len(line)
	for range lines {
		log.Info(line)
	}
	require.Greater(t, dropped(), uint64(lines/4), "all but the buffer and one write are gone")
	close(out.free)
	closeLog()
}

// Levels and formats are as configured.
func TestLogger(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	log, _, closeLog := NewLogger(w, "warn", "json")
	go func() {
		log.Info("not shown")
		log.Warn("shown", zap.String("call_id", "a@b"))
		closeLog()
		w.Close() //nolint:errcheck // a pipe
	}()
	all, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NotContains(t, string(all), "not shown")
	require.Contains(t, string(all), `"call_id":"a@b"`)
}

// Explain decides with no socket and no bridge, and says what it cannot know.
func TestExplainBlind(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	e, err := a.ExplainOnce(context.Background(), sip.Question{To: "room@meet.example.com"})
	require.NoError(t, err)
	require.Equal(t, "cluster1", e.Table.Topology().Name(e.Decision.Chosen))
	a, err = New(parse(t, minimal), Options{})
	require.NoError(t, err)
	_, err = a.ExplainOnce(context.Background(), sip.Question{To: "room@elsewhere.example.net"})
	require.ErrorContains(t, err, "404")
}

// A bridge's way into trouble and out of it is a line each, and no more.
func TestReachLog(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	l := newReachLog(zap.New(core))
	step := func(v lb.BridgeView) (lines []string) {
		v.Name = "cluster1"
		l.look([]lb.BridgeView{v})
		for _, e := range seen.TakeAll() {
			lines = append(lines, e.Level.String()+" "+e.Message)
		}
		return lines
	}
	up, suspect := lb.ReachUp.String(), lb.ReachSuspect.String()
	require.Empty(t, step(lb.BridgeView{Reach: lb.ReachBlind.String(), SIP: "unproven"}))
	require.Equal(t, []string{"info bridge cluster1: reach " + up}, step(lb.BridgeView{Reach: up, SIP: "answers"}))
	require.Empty(t, step(lb.BridgeView{Reach: up, SIP: "answers"}))
	require.Equal(t, []string{"warn bridge cluster1: reach " + suspect}, step(lb.BridgeView{Reach: suspect, SIP: "silent"}))
	require.Equal(t, []string{"info bridge cluster1: reach " + up}, step(lb.BridgeView{Reach: up, SIP: "answers"}))
	require.Equal(t, []string{"warn bridge cluster1 asks for no calls (503 with Retry-After)"},
		step(lb.BridgeView{Reach: up, SIP: "answers", HeldFor: 30}))
	require.Empty(t, step(lb.BridgeView{Reach: up, SIP: "answers", HeldFor: 29}))
	require.Equal(t, []string{"info bridge cluster1 may be given calls again"}, step(lb.BridgeView{Reach: up, SIP: "answers"}))
}
