package transport

import (
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"bridgehead/sip/wire"
)

// streamTick is how often connections are looked at for times that have run out.
const streamTick = time.Second

// streamPoller waits for all stream connections in one thread, in the kernel and
// outside of the runtime's poller, for the reason that detach gives. What it
// reads it handles there and then.
type streamPoller struct {
	stack *Stack
	epoll int
	bell  int // an eventfd that wakes run

	mu    sync.Mutex
	conns map[int32]*polledConn
	last  int32
	over  bool // run has ended
}

// polledReader handles what comes on a connection.
type polledReader interface {
	// readable reads once; false when nothing more is to be read.
	readable(pc *polledConn) bool
	// tick looks at the clock; false likewise.
	tick(now time.Time) bool
}

// newStreamPoller returns nil where it cannot be: connections then have
// goroutines of their own.
func newStreamPoller(s *Stack) *streamPoller {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil
	}
	p := &streamPoller{stack: s, epoll: epoll, bell: bell, conns: make(map[int32]*polledConn)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, bell, &unix.EpollEvent{Events: unix.EPOLLIN}); err != nil {
		p.close()
		return nil
	}
	return p
}

func (p *streamPoller) close() {
	_ = unix.Close(p.epoll)
	_ = unix.Close(p.bell)
}

// ring wakes run.
func (p *streamPoller) ring() {
	one := [8]byte{1}
	_, _ = unix.Write(p.bell, one[:])
}

// adopt takes a connection over from the runtime; where that fails it stays as
// it is.
func (p *streamPoller) adopt(nc net.Conn) net.Conn {
	tcp, ok := nc.(*net.TCPConn)
	if p == nil || !ok {
		return nc
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nc
	}
	fd := duplicate(raw)
	if fd < 0 {
		return nc
	}
	pc := &polledConn{poller: p, local: nc.LocalAddr(), remote: nc.RemoteAddr(), room: make(chan struct{}, 1)}
	pc.in.call = pc.in.try
	_ = nc.Close() // leaves the runtime's poller; the connection lives on in fd
	// Blocking, so that the runtime leaves it alone; every call of ours says that it must not.
	_ = unix.SetNonblock(fd, false)
	pc.file = os.NewFile(uintptr(fd), "tcp "+pc.remote.String())
	pc.raw, _ = pc.file.SyscallConn() // fails for a nil file alone
	return pc
}

// watch begins to read a connection.
func (p *streamPoller) watch(pc *polledConn, r polledReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pc.closed || p.over {
		return // the stack is closing, and what is queued is written all the same
	}
	if p.last++; p.last == 0 { // the bell's
		p.last++
	}
	pc.id, pc.reader, pc.mask = p.last, r, unix.EPOLLIN
	p.conns[pc.id] = pc
	pc.control(unix.EPOLL_CTL_ADD)
	if len(p.conns) == 1 {
		p.ring() // it waits with no end, and must look at the clock from now on
	}
}

// run reads until the stack is closed and every connection is gone.
func (p *streamPoller) run() {
	defer p.close()
	events := make([]unix.EpollEvent, 128)
	shared, looked := time.Now(), time.Now()
	for {
		wait := -1
		if p.size() > 0 {
			wait = int(streamTick / time.Millisecond)
		}
		n, err := unix.EpollWait(p.epoll, events, wait)
		if err != nil && err != unix.EINTR {
			p.stack.log.Error("waiting for TCP connections failed; please report it")
			time.Sleep(streamTick)
		}
		for _, e := range events[:max(n, 0)] {
			p.event(e)
		}
		now := time.Now()
		if now.Sub(looked) >= streamTick {
			looked = now
			p.tick(now)
		}
		if p.stack.isClosing() && p.end() {
			return
		}
		if now.Sub(shared) >= shareEvery {
			shared = now
			runtime.Gosched()
		}
	}
}

func (p *streamPoller) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// end ends the poller if it has no connection.
func (p *streamPoller) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = len(p.conns) == 0
	return p.over
}

func (p *streamPoller) event(e unix.EpollEvent) {
	if e.Fd == 0 { // the bell
		var rung [8]byte
		_, _ = unix.Read(p.bell, rung[:])
		return
	}
	p.mu.Lock()
	pc := p.conns[e.Fd]
	p.mu.Unlock()
	if pc == nil {
		return // it ended in this round
	}
	const over = unix.EPOLLHUP | unix.EPOLLERR
	if e.Events&(unix.EPOLLOUT|over) != 0 {
		pc.rest(unix.EPOLLOUT)
		select {
		case pc.room <- struct{}{}:
		default:
		}
	}
	reading := pc.wants(unix.EPOLLIN)
	switch {
	case reading && e.Events&(unix.EPOLLIN|over) != 0 && !pc.reader.readable(pc):
		pc.rest(unix.EPOLLIN)
	case !reading && e.Events&over != 0: // or the kernel would say so for ever
		p.forget(pc)
	}
}

func (p *streamPoller) tick(now time.Time) {
	defer p.stack.recovered("looking at the time of", wire.Hop{Transport: wire.TCP})
	p.mu.Lock()
	all := make([]*polledConn, 0, len(p.conns))
	for _, pc := range p.conns {
		if pc.mask&unix.EPOLLIN != 0 {
			all = append(all, pc)
		}
	}
	p.mu.Unlock()
	for _, pc := range all {
		if !pc.reader.tick(now) {
			pc.rest(unix.EPOLLIN)
		}
	}
}

// forget takes a connection out.
func (p *streamPoller) forget(pc *polledConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns[pc.id] == pc {
		delete(p.conns, pc.id)
		pc.control(unix.EPOLL_CTL_DEL)
	}
}
