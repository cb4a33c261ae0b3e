package main

import (
	"encoding/json"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// TestServeSignals runs an edge as a process: SIGHUP checks the file and changes
// nothing, SIGTERM ends it with success.
func TestServeSignals(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, "log: {format: json}")
	p := startProgram(t, "serve", "-c", s.config)
	p.stdout.await(t, `"listening"`, p.done)
	admin := p.admin(t)

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.stdout.await(t, "SIGHUP: the file is good", p.done)

	good, err := os.ReadFile(s.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.config, []byte("groups: 7\n"), 0o600))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.stdout.await(t, "SIGHUP: the file has errors; the running configuration is kept", p.done)
	require.Equal(t, exitGood, execute(t, "status", "--quiet", "--server", admin).code, "it goes on")
	require.Eventually(t, func() bool {
		var metrics string
		return clientOf(admin, "").get(t.Context(), "/metrics", nil, &metrics) == nil &&
			strings.Contains(metrics, "\nbridgehead_config_last_reload_successful 0\n")
	}, testPatience, 10*time.Millisecond)
	require.NoError(t, os.WriteFile(s.config, good, 0o600))

	require.Equal(t, exitGood, p.end(t, syscall.SIGTERM), p.stdout.String())
	require.Contains(t, p.stdout.String(), "bridgehead has ended")
	require.Empty(t, p.stderr.String())
	for line := range strings.SplitSeq(strings.TrimSpace(p.stdout.String()), "\n") {
		require.True(t, json.Valid([]byte(line)), "a log line is no JSON: %s", line)
	}
}

// TestServeInterrupted is what a terminal sends.
func TestServeInterrupted(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
	p := startProgram(t, "serve", "-c", s.config)
	p.stdout.await(t, "listening\t{\"transport\": \"tcp\"", p.done)
	require.Equal(t, exitGood, p.end(t, syscall.SIGINT), p.stdout.String())
}

// TestServeTaken wants a clear word when the port is somebody else's.
func TestServeTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
	text, err := os.ReadFile(s.config)
	require.NoError(t, err)
	taken := strings.Replace(string(text), "tcp://127.0.0.1:0", "tcp://"+l.Addr().String(), 1)
	require.NoError(t, os.WriteFile(s.config, []byte(taken), 0o600))
	got := execute(t, "serve", "-c", s.config)
	require.Equal(t, exitCritical, got.code, got)
	require.Contains(t, got.stderr, "is taken by another process")
}

// admin is the address of the program's API, as its log tells.
func (p *program) admin(t *testing.T) string {
	t.Helper()
	for line := range strings.SplitSeq(p.stdout.String(), "\n") {
		var entry struct{ Logger, Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Logger == "admin" && entry.Msg == "listening" {
			return entry.Address
		}
	}
	require.Fail(t, "the log names no admin address", "%s", p.stdout.String())
	return ""
}
