package integration

import (
	"bytes"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Bounds of waits. An event ends each of them sooner; on a busy machine under
// the race detector things take their time.
const (
	patience = 20 * time.Second      // for one thing to happen
	pause    = 10 * time.Millisecond // between two looks
	grace    = 5 * time.Second       // for a process to obey a signal
)

// output keeps what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is what was written so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a program that runs beside the test.
type process struct {
	name string
	cmd  *exec.Cmd
	quit syscall.Signal // asks it to end
	out  output
	done chan struct{} // closed when it has ended
}

// startProcess runs cmd until it ends by itself, is stopped, or the test is
// over. If the test fails, its last output is printed.
func startProcess(t *testing.T, name string, cmd *exec.Cmd, quit syscall.Signal) *process {
	t.Helper()
	p := &process{name: name, cmd: cmd, quit: quit, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread ends that started the
		// process, so that thread stays until the process is over.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // the exit code is read from ProcessState
		}
	}()
	require.NoError(t, <-started, "%s did not start", name)
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			said, _, _ := strings.Cut(p.out.String(), "---- Scenario Screen") // sipp's tables say nothing that its logs do not
			t.Logf("%s said, at the end:\n%s", name, tail(said, 16_000))
		}
	})
	return p
}

// stop asks the process to end and waits until it has; one that does not obey
// is killed, with its children.
func (p *process) stop() {
	if p.ended() {
		return
	}
	_ = p.cmd.Process.Signal(p.quit) // fails only if it has ended meanwhile
	select {
	case <-p.done:
	case <-time.After(grace):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// ended tells if the process is over.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// exitCode waits for the end of the process and gives its code.
func (p *process) exitCode(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		require.Fail(t, p.name+" has not ended", "within %s", within)
		return -1
	}
}

// eventually looks until cond holds, and fails the test if that takes longer
// than patience.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(pause) {
		if time.Now().After(end) {
			require.Fail(t, "did not happen: "+what, "waited %s", patience)
		}
	}
}

// tail is the end of s, n bytes at most, from the start of a line.
func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	return "… " + s[strings.IndexByte(s, '\n')+1:]
}
