package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// terminal is a writer that tells when something was written.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func newTerminal() *terminal { return &terminal{news: make(chan struct{}, 1)} }

func (w *terminal) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		select {
		case w.news <- struct{}{}:
		default:
		}
	}()
	return w.text.Write(b)
}

func (w *terminal) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// shows waits for a text.
func (w *terminal) shows(t *testing.T, want string) string {
	t.Helper()
	limit := time.After(patience)
	for !strings.Contains(w.String(), want) {
		select {
		case <-w.news:
		case <-limit:
			require.Fail(t, "not printed", "wanted %q in:\n%s", want, w)
		}
	}
	return w.String()
}

// started runs the command on free ports and gives what it prints; it ends
// with the test.
func started(t *testing.T, args ...string) *terminal {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := newTerminal()
	code := make(chan int, 1)
	args = append([]string{"--sip-port=0", "--api-port=0", "--control=127.0.0.1:0"}, args...)
	go func() { code <- run(ctx, args, out, out) }()
	t.Cleanup(func() {
		cancel()
		require.Equal(t, exitGood, <-code)
	})
	return out
}

func TestGreetingIsAConfiguration(t *testing.T) {
	out := started(t, "--bridges=2", "--load-limit=1000,2000").shows(t, "DELETE")
	var doc struct {
		Groups []struct {
			Name        string
			CallBridges []struct {
				Name, SIP, API, Username, Password string
				TLS                                struct{ Fingerprint string }
			} `yaml:"callBridges"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(out), &doc))
	require.Len(t, doc.Groups, 1)
	require.Equal(t, "lab", doc.Groups[0].Name)
	bridges := doc.Groups[0].CallBridges
	require.Len(t, bridges, 2)
	require.Equal(t, "cluster2", bridges[1].Name)
	require.True(t, strings.HasPrefix(bridges[0].SIP, "sip:127.0.1.11:"), bridges[0].SIP)
	require.True(t, strings.HasPrefix(bridges[1].API, "https://127.0.1.12:"), bridges[1].API)
	require.Equal(t, "secret", bridges[0].Password)
	require.Regexp(t, "^sha256:[0-9a-f]{64}$", bridges[0].TLS.Fingerprint)
	require.Contains(t, out, "sip:boardroom@meet.example.com")
}

// TestCurlLines runs what the greeting says to try.
func TestCurlLines(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on this machine")
	}
	out := started(t, "--tls=false", "--one-address", "--transport=udp").shows(t, "DELETE")
	lines := regexp.MustCompile(`(?m)^# {3}(curl .*)$`).FindAllStringSubmatch(out, -1)
	require.Len(t, lines, 9)
	for _, l := range lines {
		if strings.Contains(l[1], "CALL-ID") {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		text, err := exec.CommandContext(ctx, "sh", "-c", strings.Replace(l[1], "curl ", "curl -f ", 1)).CombinedOutput()
		cancel()
		require.NoError(t, err, "%s: %s", l[1], text)
		require.NotEmpty(t, text, l[1])
	}
}

func TestPasswordIsNotPrinted(t *testing.T) {
	t.Setenv(passwordVariable, "v3ry-private")
	out := started(t, "--quiet").shows(t, "DELETE")
	require.NotContains(t, out, "v3ry-private")
	require.Contains(t, out, "password: ${CMSSIM_PASSWORD}")
	require.Contains(t, out, `curl -sku "admin:$CMSSIM_PASSWORD"`)
}

func TestEventLogIsPrinted(t *testing.T) {
	term := started(t, "--bridges=1")
	out := term.shows(t, "DELETE")
	addr := regexp.MustCompile(`sip: sip:([0-9.:]+)`).FindStringSubmatch(out)[1]
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = c.Write([]byte(strings.ReplaceAll(`INVITE sip:nobody@meet.example.com SIP/2.0
Via: SIP/2.0/UDP `+c.LocalAddr().String()+`;branch=z9hG4bK1
Max-Forwards: 70
From: <sip:alice@example.com>;tag=1
To: <sip:nobody@meet.example.com>
Call-ID: 1
CSeq: 1 INVITE
Contact: <sip:alice@example.com>
Content-Length: 0

`, "\n", "\r\n")))
	require.NoError(t, err)
	term.shows(t, `Info  call 1: incoming SIP call from "sip:alice@example.com" to local URI "sip:nobody@meet.example.com"`)
	term.shows(t, "call 1: ending; destination not found")
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--nonsense"}, {"argument"}, {"--bridges=0"}, {"--address=here"}, {"--load-limit=1,2"}, {"--transport=tls"},
		{"--sip-port=70000"}, {"--existing-bp=0"}, {"--ring=-1s"}, {"--page-cap=0"},
	} {
		var out bytes.Buffer
		require.Equal(t, exitUsage, run(context.Background(), args, &out, &out), args)
		require.Contains(t, out.String(), "cmssim: ")
	}
}

func TestAddressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.1.11:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	var out bytes.Buffer
	require.Equal(t, exitCritical, run(context.Background(), []string{"--sip-port=0", "--control=", "--api-port=" + port}, &out, &out))
	require.Contains(t, out.String(), "address already in use")
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	require.Equal(t, exitGood, run(context.Background(), []string{"--help"}, &out, &out))
	require.Contains(t, out.String(), "--load-limit")
}

// TestSignals ends the real program by SIGTERM and SIGINT.
func TestSignals(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "cmssim")
	build := exec.Command("go", "build", "-o", binary, ".")
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		out := newTerminal()
		cmd := exec.Command(binary, "--sip-port=0", "--api-port=0", "--control=127.0.0.1:0")
		cmd.Stdout, cmd.Stderr = out, out
		require.NoError(t, cmd.Start())
		out.shows(t, "DELETE")
		require.NoError(t, cmd.Process.Signal(sig))
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			require.Fail(t, "it goes on in spite of the signal")
		}
	}
}
