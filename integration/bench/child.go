package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Bounds of waits; an event ends each of them sooner.
const (
	patience = 30 * time.Second // for a process to begin its work
	grace    = 5 * time.Second  // for a process to obey a signal
)

// child is a process of the measurement. It never outlives this one.
type child struct {
	name string
	cmd  *exec.Cmd
	said string        // path of what it writes
	done chan struct{} // closed when it has ended
}

// startChild runs a program in dir; what it writes goes to a file there.
func startChild(dir, name string, argv ...string) (*child, error) {
	c := &child{name: name, cmd: exec.Command(argv[0], argv[1:]...), said: filepath.Join(dir, name+".out"), done: make(chan struct{})}
	out, err := os.Create(c.said)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = dir, out, out
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread ends that started the
		// process, so that thread stays until the process is over.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(c.done)
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // the exit code is read from ProcessState
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// pid is the process id.
func (c *child) pid() int { return c.cmd.Process.Pid }

// ended tells if the process is over.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// wait waits for the end of the process, which is an error unless its code is
// one of those.
func (c *child) wait(ctx context.Context, codes ...int) error {
	select {
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	got := c.cmd.ProcessState.ExitCode()
	for _, code := range append(codes, 0) {
		if got == code {
			return nil
		}
	}
	return c.failure(fmt.Sprintf("ended: %s", c.cmd.ProcessState))
}

// stop ends the process and its children.
func (c *child) stop() {
	if !c.ended() {
		_ = c.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended meanwhile
		select {
		case <-c.done:
		case <-time.After(grace):
		}
	}
	_ = syscall.Kill(-c.pid(), syscall.SIGKILL) // whoever is left of its group
	<-c.done
}

// kill ends a process that has nothing to clean up.
func (c *child) kill() {
	if !c.ended() {
		_ = syscall.Kill(-c.pid(), syscall.SIGKILL) // fails only if it has ended meanwhile
	}
	<-c.done
}

// failure is an error that quotes the end of what the process wrote.
func (c *child) failure(what string) error {
	text, err := os.ReadFile(c.said)
	const most = 2000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return errors.Join(fmt.Errorf("%s %s; it said, at the end:\n%s", c.name, what, text), err)
}

// until looks every 20 ms until cond holds.
func until(ctx context.Context, within time.Duration, what string, cond func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("did not happen within %s: %s", within, what))
	defer cancel()
	for !cond() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
