package main

import (
	"net/netip"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// relayConnections makes a connection to callee for each that comes to door, and
// carries what comes on either. What keeps it from accepting more goes to failed.
func relayConnections(door, callee netip.AddrPort, failed chan<- error) error {
	listener, err := socket(unix.SOCK_STREAM, door, netip.AddrPort{})
	if err != nil {
		return err
	}
	const backlog = 16
	if err := unix.Listen(listener, backlog); err != nil {
		return err
	}
	go func() {
		for {
			near, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				failed <- err
				return
			}
			far, err := socket(unix.SOCK_STREAM, netip.AddrPortFrom(door.Addr(), 0), callee)
			if err != nil {
				failed <- err
				return
			}
			for _, fd := range []int{near, far} {
				if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
					failed <- err
					return
				}
			}
			go carryBytes(near, far)
			go carryBytes(far, near)
		}
	}()
	return nil
}

// carryBytes sends on one connection what comes on the other, until either ends.
// Both are then shut, which ends the other direction too; their numbers are kept,
// as that direction may be about to use them.
func carryBytes(from, to int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buf := new([64 << 10]byte)
	for {
		n := rawCall(unix.SYS_READ, from, buf[:])
		for sent := 0; sent < n; {
			m := rawCall(unix.SYS_WRITE, to, buf[sent:n])
			if m <= 0 {
				n = 0
			}
			sent += m
		}
		if n <= 0 {
			_ = unix.Shutdown(from, unix.SHUT_RDWR) // fails only if the other side was first
			_ = unix.Shutdown(to, unix.SHUT_RDWR)
			return
		}
	}
}

// rawCall is read or write, of one byte or more; 0 or less is the end.
func rawCall(number uintptr, fd int, p []byte) int {
	for {
		n, _, errno := unix.RawSyscall(number, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n)
		case unix.EINTR:
		default:
			return 0
		}
	}
}
