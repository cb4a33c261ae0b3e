package transport

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// writeNow writes to a stream socket without waiting. It belongs to whoever has
// claimed the connection's queue.
type writeNow struct {
	raw  syscall.RawConn // nil: writes nothing
	p    []byte
	n    int
	call func(fd uintptr) bool // try as a value, so that it is made once
}

func (w *writeNow) of(nc net.Conn) {
	if c, ok := nc.(*net.TCPConn); ok {
		w.raw, _ = c.SyscallConn() // fails for no open connection
		w.call = w.try
	}
}

// write writes as much of p as the kernel takes at once, and says how much that
// was. What went wrong, the next write by the connection itself tells.
func (w *writeNow) write(p []byte) int {
	if w.raw == nil || len(p) == 0 {
		return 0
	}
	w.p, w.n = p, 0
	_ = w.raw.Write(w.call)
	w.p = nil
	return w.n
}

func (w *writeNow) try(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(w.p))), uintptr(len(w.p)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			w.n = int(n)
		case unix.EINTR:
			continue
		}
		return true // also on an error: never wait here
	}
}
