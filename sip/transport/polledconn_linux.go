package transport

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// polledConn is a TCP connection that a streamPoller waits for. As a net.Conn it
// serves one goroutine that writes; reading is the poller's.
type polledConn struct {
	poller        *streamPoller
	file          *os.File
	raw           syscall.RawConn
	local, remote net.Addr
	room          chan struct{} // capacity 1: it can be written to again, or has ended
	deadline      time.Time     // of writing
	in            readNow

	// Under the poller's lock.
	id     int32
	reader polledReader
	mask   uint32
	closed bool
}

// control tells the kernel what is waited for; the poller's lock is held.
func (c *polledConn) control(op int) {
	_ = c.raw.Control(func(fd uintptr) {
		_ = unix.EpollCtl(c.poller.epoll, op, int(fd), &unix.EpollEvent{Events: c.mask, Fd: c.id})
	})
}

// wants reports whether an event is waited for.
func (c *polledConn) wants(event uint32) bool {
	c.poller.mu.Lock()
	defer c.poller.mu.Unlock()
	return c.mask&event != 0
}

// rest ends the wait for an event, await begins it.
func (c *polledConn) rest(event uint32)  { c.change(^event, 0) }
func (c *polledConn) await(event uint32) { c.change(^uint32(0), event) }

func (c *polledConn) change(keep, add uint32) {
	c.poller.mu.Lock()
	defer c.poller.mu.Unlock()
	if mask := c.mask&keep | add; mask != c.mask && c.poller.conns[c.id] == c {
		c.mask = mask
		c.control(unix.EPOLL_CTL_MOD)
	}
}

// receive reads what is there into p; 0 and no error when nothing is. It is the
// poller's.
func (c *polledConn) receive(p []byte) (n int, err error) {
	in := &c.in
	in.p, in.n, in.err = p, 0, nil
	if err := c.raw.Control(in.call); err != nil {
		in.err = err
	}
	in.p = nil
	return in.n, in.err
}

// readNow reads from a stream socket without waiting.
type readNow struct {
	p    []byte
	n    int
	err  error
	call func(fd uintptr) // try as a value, so that it is made once
}

func (r *readNow) try(fd uintptr) {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(r.p))), uintptr(len(r.p)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			if r.n = int(n); r.n == 0 {
				r.err = io.EOF
			}
		case unix.EINTR:
			continue
		case unix.EAGAIN:
		default:
			r.err = os.NewSyscallError("recvfrom", errno)
		}
		return
	}
}

// Write writes all of p, waiting for the peer until the deadline.
func (c *polledConn) Write(p []byte) (written int, err error) {
	var now writeNow
	now.of(c)
	for {
		written += now.write(p[written:])
		switch {
		case written == len(p):
			return written, nil
		case now.err != nil:
			return written, now.err
		}
		c.await(unix.EPOLLOUT)
		var late <-chan time.Time
		if !c.deadline.IsZero() {
			late = time.After(time.Until(c.deadline))
		}
		select {
		case <-c.room:
		case <-late:
			return written, os.ErrDeadlineExceeded
		}
	}
}

// Close ends the connection; further calls do nothing.
func (c *polledConn) Close() error {
	c.poller.mu.Lock()
	again := c.closed
	c.closed = true
	c.poller.mu.Unlock()
	if again {
		return nil
	}
	c.poller.forget(c)
	err := c.file.Close()
	select {
	case c.room <- struct{}{}:
	default:
	}
	if c.poller.stack.isClosing() {
		c.poller.ring()
	}
	return err
}

// Read is not for polled connections.
func (c *polledConn) Read([]byte) (int, error) { return 0, os.ErrInvalid }

// LocalAddr and RemoteAddr are the two ends.
func (c *polledConn) LocalAddr() net.Addr  { return c.local }
func (c *polledConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline, SetReadDeadline and SetWriteDeadline set the time of the writer;
// reading has none.
func (c *polledConn) SetDeadline(t time.Time) error      { return c.SetWriteDeadline(t) }
func (c *polledConn) SetReadDeadline(time.Time) error    { return nil }
func (c *polledConn) SetWriteDeadline(t time.Time) error { c.deadline = t; return nil }
