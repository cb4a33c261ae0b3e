package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// asProgram makes the test binary be bridgehead itself: tests that need a
// process of their own, for its signals, run it with this set.
const asProgram = "BRIDGEHEAD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler)) // as main does
	goleak.VerifyTestMain(m)
}

// Bounds of waits; an event ends each of them sooner.
const (
	testPatience = 30 * time.Second
	testLook     = 10 * time.Millisecond
)

// outcome is what became of one command line.
type outcome struct {
	code           int
	stdout, stderr string
}

// execute runs a command line to its end in this process.
func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testPatience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, &stdout, &stderr)
	require.NoError(t, ctx.Err(), "the command did not end by itself")
	return outcome{code, stdout.String(), stderr.String()}
}

// tape keeps what is written, for readers in other goroutines.
type tape struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (w *tape) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *tape) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits until text was written, and fails the test if that takes too long
// or ended says that nothing more will come.
func (w *tape) await(t *testing.T, text string, ended <-chan struct{}) {
	t.Helper()
	over := false
	for late := time.Now().Add(testPatience); !strings.Contains(w.String(), text); time.Sleep(testLook) {
		require.False(t, over || time.Now().After(late), "%q was not written, but:\n%s", text, w.String())
		select {
		case <-ended:
			over = true // one more look: it may have been its last word
		default:
		}
	}
}

// program is bridgehead as a process.
type program struct {
	cmd            *exec.Cmd
	stdout, stderr tape
	done           chan struct{}
}

// startProgram runs a command line as a process, which ends with the test at
// the latest.
func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	p := &program{cmd: exec.Command(exe, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the code is in ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGKILL) // fails if it has ended
		<-p.done
	})
	return p
}

// end sends a signal and returns the exit code.
func (p *program) end(t *testing.T, s syscall.Signal) int {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
	select {
	case <-p.done:
	case <-time.After(testPatience):
		require.Fail(t, "the program goes on after "+s.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// write puts a file into a folder of the test's own and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
