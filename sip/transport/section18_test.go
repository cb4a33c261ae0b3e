package transport

import (
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// The duties of RFC 3261 section 18 that sockets and connections have, in its
// order; those of the core are tested in package sip. Tests that are about more
// than this section stand elsewhere:
//
//	18.1.1  requests share a connection, which stays open for long     TestDialIsShared, TestIdleTime
//	        up to 65,535 bytes are taken                               TestDatagramsBothWays, TestLargestMessage
//	        nothing is sent to a group of hosts                        TestSendErrorsAreReportedAndTheRestGoesOn
//	18.2.1  one port takes UDP and TCP                                 TestNeighboursShareAPort
//	18.2.2  a datagram is answered from the address that it came to    TestWildcardAnswersFromTheAddressAsked
//	18.3    messages are cut out of a stream by Content-Length         TestSegments, TestByteByByte
//	        a stream without it cannot be read on                      TestBrokenStreamEnds
//	18.4    what did not leave is reported                             TestRefusedConnectIsUndelivered, TestConnectTimeoutAndFullQueue,
//	                                                                   TestSendErrorsAreReportedAndTheRestGoesOn
//	RFC 5626 section 4.4.1, pings on a stream                          TestPingPong

// paths is a stack whose kernel knows the MTU of these paths, and counts the
// questions.
func paths(t *testing.T, mtu map[string]int) (s *Stack, asked *int) {
	t.Helper()
	s = layout(t, nil, line("udp 10.0.0.1:5060"))
	asked = new(int)
	s.routes.lookup = func(remote netip.Addr) (route, error) {
		*asked++
		if mtu[remote.String()] < 0 {
			return route{}, syscall.ENETUNREACH
		}
		return route{source: netip.MustParseAddr("10.0.0.1"), mtu: mtu[remote.String()]}, nil
	}
	return s, asked
}

// 18.1.1: too large is what comes within 200 bytes of the path MTU, and what has
// more than 1300 bytes where the path MTU is unknown.
func TestTooLarge(t *testing.T) {
	s, _ := paths(t, map[string]int{"10.0.0.2": 1500, "10.0.0.3": 9000, "10.0.0.4": 1280, "10.0.0.5": 576, "10.0.0.6": 0, "10.0.0.7": -1, "2001:db8::2": 1420, "127.0.0.1": 65536})
	for _, c := range []struct {
		remote string
		limit  int
	}{
		{"10.0.0.2", 1300}, {"10.0.0.3", 8800}, {"10.0.0.4", 1080}, {"10.0.0.5", 376}, {"10.0.0.6", 1300}, {"10.0.0.7", 1300},
		{"2001:db8::2", 1220}, {"::ffff:10.0.0.4", 1080}, {"127.0.0.1", 65336}, {"10.0.0.2", 1300},
	} {
		remote := netip.MustParseAddr(c.remote)
		s.PathMTU(remote) // as is kept known for configured targets
		require.False(t, s.TooLarge(remote, c.limit), c.remote)
		require.True(t, s.TooLarge(remote, c.limit+1), c.remote)
	}
}

// A request that fits on every path known costs no question and no look-up; a
// narrow path is the measure for as long as it is one.
func TestSmallRequestsCostAComparison(t *testing.T) {
	now := time.Unix(1000, 0)
	mtu := map[string]int{"10.0.0.2": 1500, "10.0.0.3": 9000, "10.0.0.4": 700}
	s, asked := paths(t, mtu)
	s.routes.now = func() time.Time { return now }
	large := func(remote string, n int) bool { return s.TooLarge(netip.MustParseAddr(remote), n) }

	require.False(t, large("10.0.0.4", 1300), "nothing is known of the path, so 1300 is the limit")
	require.Zero(t, *asked)
	require.True(t, large("10.0.0.2", 1301))
	require.False(t, large("10.0.0.3", 1301))
	require.Equal(t, 2, *asked)
	require.False(t, large("10.0.0.2", 1300))
	require.Equal(t, 2, *asked)

	require.True(t, large("10.0.0.4", 1301))
	require.True(t, large("10.0.0.4", 501), "now the path is known")
	require.False(t, large("10.0.0.2", 501))
	require.False(t, large("10.0.0.4", 500))
	require.Equal(t, 3, *asked)

	mtu["10.0.0.4"] = 1500
	now = now.Add(routeTTL)
	require.False(t, large("10.0.0.4", 501))
	require.Equal(t, 4, *asked)
	require.Equal(t, int64(unknownLimit), s.routes.fits.Load(), "the narrow path has gone")
}

func TestTooLargeAllocatesNothing(t *testing.T) {
	s, _ := paths(t, map[string]int{"10.0.0.2": 1500})
	remote := netip.MustParseAddr("10.0.0.2")
	require.True(t, s.TooLarge(remote, 2000))
	require.Zero(t, testing.AllocsPerRun(100, func() { s.TooLarge(remote, 500); s.TooLarge(remote, 2000) }))
}

// 18.1.1: a peer that refuses TCP can have its requests over UDP; that it
// refuses is remembered for five minutes, or until it takes a connection.
func TestRefusalIsRemembered(t *testing.T) {
	h := newRecorder()
	var later atomic.Int64 // added to the clock
	s := listen(t, h, func(o *Options) {
		o.now = func() time.Time { return time.Unix(1000, 0).Add(time.Duration(later.Load())) }
	}, "tcp 127.0.0.1:0")
	fd, addr := boundPort(t)
	send := func(token uint64) {
		b := s.NewBatch()
		b.Send(hopTo(wire.TCP, addr), token, []byte(request("a", 0)))
		b.Flush()
	}
	require.False(t, s.Refused(wire.TCP, addr))
	send(1)
	require.ErrorIs(t, next(t, h.losses).err, syscall.ECONNREFUSED)
	require.True(t, s.Refused(wire.TCP, addr))
	require.True(t, s.Refused(wire.TCP, netip.AddrPortFrom(netip.AddrFrom16(addr.Addr().As16()), addr.Port())), "written as IPv6")
	require.False(t, s.Refused(wire.UDP, addr))
	require.False(t, s.Refused(wire.TCP, netip.AddrPortFrom(addr.Addr(), 1)))
	later.Add(int64(5*time.Minute - 1))
	require.True(t, s.Refused(wire.TCP, addr))
	later.Add(1)
	require.False(t, s.Refused(wire.TCP, addr))

	send(2)
	next(t, h.losses)
	require.True(t, s.Refused(wire.TCP, addr))
	require.NoError(t, syscall.Listen(fd, 8))
	send(3)
	eventually(t, "connected", func() bool { return s.Connected(wire.TCP, addr) })
	eventually(t, "forgotten", func() bool { return !s.Refused(wire.TCP, addr) })
}

// boundPort is a port that is ours and at which nobody listens, so that a
// connect is refused until the test lets the socket listen.
func boundPort(t *testing.T) (fd int, addr netip.AddrPort) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	sa, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	return fd, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(sa.(*syscall.SockaddrInet4).Port))
}

// A connect that fails for want of our own resources says nothing of the peer.
func TestOwnFaultIsNoRefusal(t *testing.T) {
	s := layout(t, nil, line("tcp 10.0.0.1:5060"))
	c := newConn(s, s.listeners[0], netip.MustParseAddrPort("10.0.0.9:5060"), true)
	for err, want := range map[error]bool{
		syscall.EMFILE: false, syscall.EADDRNOTAVAIL: false,
		syscall.ECONNREFUSED: true, syscall.EHOSTUNREACH: true, syscall.ENOPROTOOPT: true, syscall.ETIMEDOUT: true,
	} {
		s.refusals.init()
		c.refused(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", err)})
		require.Equal(t, want, s.Refused(wire.TCP, c.remote), err)
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	var r refusals
	r.init()
	addr := netip.MustParseAddr("10.0.0.1")
	for i := range 3 * maxRefusals {
		addr = addr.Next()
		p := peer{wire.TCP, netip.AddrPortFrom(addr, 5060)}
		require.True(t, r.note(p, time.Duration(i)*time.Second))
		require.False(t, r.note(p, time.Duration(i)*time.Second), "known already")
		require.True(t, r.has(p, time.Duration(i)*time.Second))
		require.LessOrEqual(t, len(r.until), maxRefusals)
	}
}

// Connected tells a connection from one that is still being dialled, in either
// direction.
func TestConnected(t *testing.T) {
	s := listen(t, newRecorder(), func(o *Options) { o.ConnectTimeout = patience }, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	self := c.LocalAddr().(*net.TCPAddr).AddrPort()
	eventually(t, "accepted", func() bool { return s.Connected(wire.TCP, self) })
	require.NoError(t, c.Close())
	eventually(t, "gone", func() bool { return !s.Connected(wire.TCP, self) })

	hole := blackHole(t)
	b := s.NewBatch()
	b.Send(hopTo(wire.TCP, hole), 0, []byte(request("a", 0)))
	b.Flush()
	require.Equal(t, 1, s.Stats().Connections)
	require.False(t, s.Connected(wire.TCP, hole))
}

// 18.2.2: a response goes to the connection of its request while that is alive,
// then to the address in its hop, the source with the port of sent-by.
func TestResponseOutlivesItsConnection(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	ln, addr := tcpServer(t)
	c := tcpPeer(t, s, 0)
	_, err := io.WriteString(c, request("a", 0))
	require.NoError(t, err)
	hop := next(t, h.messages).from
	hop.Remote = addr // what Via says
	b := s.NewBatch()
	b.Send(hop, 0, []byte(request("one", 0)))
	b.Flush()
	receive(t, c, request("one", 0))
	require.NoError(t, c.Close())
	eventually(t, "gone", func() bool { return s.Stats().Connections == 0 })
	b.Send(hop, 0, []byte(request("two", 0)))
	b.Flush()
	nc, err := ln.AcceptTCP()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	receive(t, nc, request("two", 0))
}

// 18.2.2: where that address takes no connection either the response is given
// up. The last step, to ask for the sent-by name, is left out on purpose: what
// a message says does not choose whom we send to.
func TestResponseThatNobodyTakes(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	_, addr := boundPort(t)
	c := tcpPeer(t, s, 0)
	_, err := io.WriteString(c, request("a", 0))
	require.NoError(t, err)
	hop := next(t, h.messages).from
	hop.Remote = addr
	require.NoError(t, c.Close())
	eventually(t, "gone", func() bool { return s.Stats().Connections == 0 })
	b := s.NewBatch()
	b.Send(hop, 0, []byte(request("one", 0)))
	b.Flush()
	eventually(t, "given up", func() bool { return s.Stats().Dropped[DropConnect] == 1 })
	require.Empty(t, h.losses, "nobody waits for it")
}

// 18.1.1: messages of up to 65,535 bytes are taken on a stream, in both
// directions; a longer one ends the connection.
func TestLargestMessage(t *testing.T) {
	h := newRecorder().echo()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	longest := request("a", maxMessage-len(request("a", 10000))+10000)
	require.Len(t, longest, maxMessage)
	for range 3 {
		_, err := io.WriteString(c, "\r\n"+longest+request("b", 0))
		require.NoError(t, err)
		receive(t, c, longest+request("b", 0))
	}
	_, err := io.WriteString(c, strings.Replace(longest, "sip:a@", "sip:aa@", 1))
	if err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	requireEnded(t, err)
}
