package transport

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// writeNow writes to a stream socket without waiting. It belongs to whoever has
// claimed the connection's queue.
type writeNow struct {
	raw  syscall.RawConn // nil: writes nothing
	own  bool            // it is a polledConn's
	p    []byte
	n    int
	err  error
	call func(fd uintptr) bool // try as a value, so that it is made once
	once func(fd uintptr)      // likewise
}

func (w *writeNow) of(nc net.Conn) {
	switch c := nc.(type) {
	case *net.TCPConn:
		w.raw, _ = c.SyscallConn() // fails for no open connection
	case *polledConn:
		w.raw, w.own = c.raw, true
	}
	w.call, w.once = w.try, func(fd uintptr) { w.try(fd) }
}

// write writes as much of p as the kernel takes at once, and says how much that
// was. What went wrong, if anything but that the kernel is full, err tells.
func (w *writeNow) write(p []byte) int {
	if w.raw == nil || len(p) == 0 {
		return 0
	}
	w.p, w.n, w.err = p, 0, nil
	var err error
	if w.own {
		err = w.raw.Control(w.once)
	} else {
		err = w.raw.Write(w.call)
	}
	if err != nil {
		w.err = err
	}
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
		case unix.EAGAIN:
		default:
			w.err = os.NewSyscallError("sendto", errno)
		}
		return true // also on an error: never wait here
	}
}
