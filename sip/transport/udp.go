package transport

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"bridgehead/sip/wire"
)

const (
	socketBuffer = 4 << 20               // a second's burst of calls; the kernel's own limit may be lower
	sendWait     = 20 * time.Millisecond // for room in a full send buffer
)

// udpSocket is one socket of a UDP listener.
type udpSocket struct {
	stack    *Stack
	listener uint16
	local    netip.AddrPort // as bound
	conn     *net.UDPConn   // nil once the socket was detached
	file     *os.File       // set once it was: see detach
	raw      syscall.RawConn
	v6       bool       // family of the socket
	wildcard bool       // bound to an unspecified address: packet info both ways
	slow     sync.Mutex // held while the socket's write deadline is in use
}

// newUDPSocket prepares a bound socket.
func newUDPSocket(s *Stack, listener uint16, conn *net.UDPConn) (*udpSocket, error) {
	local := unmapPort(conn.LocalAddr().(*net.UDPAddr).AddrPort())
	u := &udpSocket{stack: s, listener: listener, conn: conn, local: local}
	u.v6 = local.Addr().Is6()
	u.wildcard = local.Addr().IsUnspecified()
	var err error
	if u.raw, err = conn.SyscallConn(); err != nil {
		return nil, err
	}
	if u.wildcard {
		if u.v6 {
			err = ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst, true)
		} else {
			err = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst, true)
		}
		if err != nil {
			return nil, err
		}
	}
	// Best effort: a smaller buffer only drops sooner in a burst.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	return u, nil
}

// interrupt ends a read that waits, and leaves sending possible.
func (u *udpSocket) interrupt() {
	if u.file != nil {
		shutdownRead(u.raw)
		return
	}
	_ = u.conn.SetReadDeadline(time.Unix(1, 0))
}

func (u *udpSocket) close() error {
	if u.file != nil {
		return u.file.Close()
	}
	return u.conn.Close()
}

// shareEvery is how often a reader that never waits in the scheduler passes
// through it all the same. The runtime takes a processor away from whoever
// holds it for 10 ms, and then looks out for more every 20 µs for a while, which
// costs more than the calls do.
const shareEvery = 8 * time.Millisecond

// serve reads until the stack closes. Every message runs to completion here,
// and what the messages of one read send leaves with one flush.
func (u *udpSocket) serve() {
	s := u.stack
	r := s.newReader(u)
	out := s.NewBatch()
	var pause backoff
	shared := time.Now()
	for {
		n, err := r.read()
		if u.file != nil && s.isClosing() {
			return // what shutdownRead woke has nothing to read
		}
		if err != nil {
			if s.isClosing() || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
				return
			}
			if ok, missed := s.logLimit.allow(s.age()); ok {
				s.log.Warn("reading from a UDP socket failed, going on", zap.Stringer("listener", u.local), zap.Error(err), zap.Uint64("notShown", missed))
			}
			pause.wait(s.closing)
			continue
		}
		pause.reset()
		u.handle(r, n, out)
		if u.file == nil {
			continue
		}
		if now := time.Now(); now.Sub(shared) >= shareEvery {
			shared = now
			runtime.Gosched()
		}
	}
}

// handle hands n datagrams to the handler and flushes what it sent.
func (u *udpSocket) handle(r packetReader, n int, out *Batch) {
	s := u.stack
	hop := wire.Hop{Transport: wire.UDP, Listener: u.listener}
	defer s.recovered("reading", hop)
	var messages, bytes, filtered, oversize, keepAlives uint64
	for i := range n {
		b, remote, local, whole := r.packet(i)
		switch {
		case s.o.Allowed != nil && !s.o.Allowed(remote.Addr().WithZone("")):
			filtered++
		case !whole || len(b) > s.o.MaxMessage:
			oversize++
		case len(b) == 0 || wire.IsKeepAlive(b):
			keepAlives++
		default:
			messages++
			bytes += uint64(len(b))
			hop.Remote, hop.Local = remote, u.local
			if u.wildcard {
				hop.Local = netip.AddrPort{}
				if local.IsValid() {
					hop.Local = netip.AddrPortFrom(local, u.local.Port())
				}
			}
			s.message(b, hop, out)
			if out.large() {
				out.Flush() // bounds memory, and the delay of the first answer
			}
		}
	}
	out.Flush()
	s.count.udp.received(messages, bytes)
	s.count.keepAlives.add(keepAlives)
	s.count.dropped[DropFiltered].add(filtered)
	s.count.dropped[DropOversize].add(oversize)
}

// unmapPort turns an IPv4-mapped address into plain IPv4.
func unmapPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
