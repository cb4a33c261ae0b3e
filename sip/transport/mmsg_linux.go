package transport

import (
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// recvmmsg and sendmmsg are called here rather than through the Batch types of
// golang.org/x/net, because these allocate a net.Addr with its IP for every
// datagram, in a pool of headers cleared at every call. The runtime's poller
// still does the waiting, through syscall.RawConn.

func newPacketReader(u *udpSocket) packetReader { return newMmsgReader(u) }
func newPacketWriter() packetWriter             { return newMmsgWriter() }

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// control is room for one packet info message of either family, aligned.
type control [8]uint64

// mmsgReader is a packetReader over recvmmsg(2).
type mmsgReader struct {
	u     *udpSocket
	buf   []byte
	hdrs  [readBatch]mmsghdr
	iovs  [readBatch]unix.Iovec
	names [readBatch]unix.RawSockaddrInet6
	ctl   [readBatch]control

	last  int // slots that the last call used, to be made ready again
	errno syscall.Errno
	call  func(fd uintptr) bool // recv and wait as values, so that they are made once
	block func(fd uintptr)
}

func newMmsgReader(u *udpSocket) *mmsgReader {
	r := &mmsgReader{u: u, buf: make([]byte, readBatch*datagram), last: readBatch}
	for i := range r.hdrs {
		r.iovs[i].Base = &r.buf[i*datagram]
		r.iovs[i].SetLen(datagram)
		h := &r.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		h.Iov = &r.iovs[i]
		h.SetIovlen(1)
		if u.wildcard {
			h.Control = (*byte)(unsafe.Pointer(&r.ctl[i]))
		}
	}
	r.call, r.block = r.recv, r.wait
	return r
}

func (r *mmsgReader) read() (int, error) {
	for i := range r.last {
		h := &r.hdrs[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		if r.u.wildcard {
			h.SetControllen(int(unsafe.Sizeof(control{})))
		}
	}
	r.last, r.errno = 0, 0
	var err error
	if r.u.file != nil {
		err = r.u.raw.Control(r.block)
	} else {
		err = r.u.raw.Read(r.call)
	}
	if err != nil {
		return 0, err
	}
	if r.errno != 0 {
		return 0, os.NewSyscallError("recvmmsg", r.errno)
	}
	return r.last, nil
}

// wait reads from a detached socket: it waits in the kernel for the first
// datagram, and takes what more is there.
func (r *mmsgReader) wait(fd uintptr) { r.receive(fd, unix.MSG_WAITFORONE) }

// recv is one try; false lets the poller wait for the socket.
func (r *mmsgReader) recv(fd uintptr) bool { return r.receive(fd, unix.MSG_DONTWAIT) }

func (r *mmsgReader) receive(fd uintptr, flags uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.hdrs[0])), readBatch, flags, 0, 0)
		switch errno {
		case 0:
			r.last = int(n)
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			r.errno = errno
			return true
		}
	}
}

func (r *mmsgReader) packet(i int) (b []byte, remote netip.AddrPort, local netip.Addr, whole bool) {
	h := &r.hdrs[i]
	b = r.buf[i*datagram:][:h.len:h.len]
	remote = r.u.fromSockaddr(&r.names[i])
	if r.u.wildcard {
		local = packetInfo(&r.ctl[i], int(h.hdr.Controllen))
	}
	return b, remote, local, h.hdr.Flags&unix.MSG_TRUNC == 0
}

// mmsgWriter is a packetWriter over sendmmsg(2).
type mmsgWriter struct {
	hdrs  [writeBatch]mmsghdr
	iovs  [writeBatch]unix.Iovec
	names [writeBatch]unix.RawSockaddrInet6
	ctl   [writeBatch]control

	from, to int
	sent     int
	errno    syscall.Errno
	wait     bool // wait for room instead of giving EAGAIN back
	call     func(fd uintptr) bool
	once     func(fd uintptr)
}

func newMmsgWriter() *mmsgWriter {
	w := new(mmsgWriter)
	for i := range w.hdrs {
		h := &w.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&w.names[i]))
		h.Iov = &w.iovs[i]
		h.SetIovlen(1)
	}
	w.call, w.once = w.sendmmsg, w.sendDetached
	return w
}

func (w *mmsgWriter) set(i int, u *udpSocket, p []byte, to netip.AddrPort, local netip.Addr) {
	h := &w.hdrs[i].hdr
	w.iovs[i].Base = unsafe.SliceData(p)
	w.iovs[i].SetLen(len(p))
	h.Namelen = u.toSockaddr(&w.names[i], to)
	h.Control = nil
	h.SetControllen(0)
	if u.wildcard && local.IsValid() && !local.IsUnspecified() {
		h.Control = (*byte)(unsafe.Pointer(&w.ctl[i]))
		h.SetControllen(putPacketInfo(&w.ctl[i], local, u.v6))
	}
}

func (w *mmsgWriter) send(u *udpSocket, from, to int) (int, error) {
	w.from, w.to, w.wait = from, to, false
	err := w.try(u)
	if err == unix.EAGAIN {
		err = w.sendSlowly(u)
	}
	return w.sent, err
}

// sendSlowly waits a little for room in the socket's send buffer. It happens
// when a burst exceeds it; a longer wait would hold up the calls behind it.
func (w *mmsgWriter) sendSlowly(u *udpSocket) error {
	u.slow.Lock() // the deadline is the socket's, so one waits at a time
	defer u.slow.Unlock()
	w.wait = true
	if u.conn != nil {
		_ = u.conn.SetWriteDeadline(time.Now().Add(sendWait))
		defer u.conn.SetWriteDeadline(time.Time{}) //nolint:errcheck // it only takes the deadline back
	}
	err := w.try(u)
	if err == unix.EAGAIN { // of a detached socket, which has waited itself
		err = os.ErrDeadlineExceeded
	}
	return err
}

// sendDetached is one try on a socket that no poller waits for.
func (w *mmsgWriter) sendDetached(fd uintptr) {
	if w.sendmmsg(fd) {
		return
	}
	room := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	_, _ = unix.Poll(room, int(sendWait/time.Millisecond))
	w.wait = false
	w.sendmmsg(fd)
}

func (w *mmsgWriter) try(u *udpSocket) error {
	w.sent, w.errno = 0, 0
	var err error
	if u.file != nil {
		err = u.raw.Control(w.once)
	} else {
		err = u.raw.Write(w.call)
	}
	if err != nil {
		return err
	}
	if w.errno != 0 {
		return w.errno
	}
	return nil
}

// sendmmsg is one try; false lets the poller wait for the socket.
func (w *mmsgWriter) sendmmsg(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&w.hdrs[w.from])), uintptr(w.to-w.from), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == 0:
			w.sent = int(n)
			return true
		case errno == unix.EINTR:
		case errno == unix.EAGAIN && w.wait:
			return false
		default:
			w.errno = errno
			return true
		}
	}
}

func (w *mmsgWriter) release(n int) { clear(w.iovs[:n]) }
