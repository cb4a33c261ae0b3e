package transport

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach takes the socket out of the runtime's poller: from then on its reader
// waits in the kernel itself. A proxy is woken for nearly every datagram, and
// through the poller that means three system calls in place of one, two threads
// in place of one, and a monitor thread that hardly sleeps: a third of what a
// call costs. Where it cannot be done the socket stays as it is.
func (u *udpSocket) detach() {
	fd := duplicate(u.raw)
	if fd < 0 {
		return
	}
	_ = u.conn.Close() // leaves the poller; the socket lives on in fd
	_ = unix.SetNonblock(fd, false)
	u.conn = nil
	u.file = os.NewFile(uintptr(fd), "udp "+u.local.String())
	u.raw, _ = u.file.SyscallConn() // fails for a nil file alone
}

// shutdownRead ends reads of a detached socket, now and later.
func shutdownRead(raw syscall.RawConn) {
	// The error says that a UDP socket has no peer; what waits is woken all the same.
	_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RD) })
}

// duplicate is a second descriptor of a socket, -1 if there can be none.
func duplicate(raw syscall.RawConn) int {
	fd := -1
	_ = raw.Control(func(old uintptr) {
		if n, err := unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			fd = n
		}
	})
	return fd
}
