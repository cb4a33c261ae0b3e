package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// Sends to one peer share one dial and one connection, and keep their order.
func TestDialIsShared(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	ln, addr := tcpServer(t)
	var want strings.Builder
	b := s.NewBatch()
	for i := range 100 {
		m := request(fmt.Sprint(i), 0)
		want.WriteString(m)
		b.Send(hopTo(wire.TCP, addr), 1, []byte(m))
		if i%7 == 0 {
			b.Flush()
		}
	}
	b.Flush()
	c, err := ln.AcceptTCP()
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	receive(t, c, want.String())
	eventually(t, "counted", func() bool { return s.Stats().TCP.Sent == 100 })
	require.Equal(t, uint64(1), s.Stats().Dialled)

	// What the peer sends back on it names the connection and the port at
	// which we listen.
	_, err = io.WriteString(c, request("back", 0))
	require.NoError(t, err)
	from := next(t, h.messages).from
	require.Equal(t, at(s, 0), from.Local)
	require.Equal(t, addr, from.Remote)
	b.Send(from, 1, []byte(request("there", 0)))
	b.Flush()
	receive(t, c, request("there", 0))
	require.Empty(t, h.losses)
}

// A dial leaves from the address that the hop names, else from the listener's.
func TestDialLeavesFromOurAddress(t *testing.T) {
	s := listen(t, newRecorder(), nil, "tcp 127.0.0.2:0", "tcp 0.0.0.0:0")
	for _, c := range []struct {
		listener uint16
		local    string
		want     string
	}{{0, "", "127.0.0.2"}, {0, "127.0.0.3:5060", "127.0.0.3"}, {1, "127.0.0.4:0", "127.0.0.4"}, {1, "", "127.0.0.1"}} {
		ln, addr := tcpServer(t)
		hop := hopTo(wire.TCP, addr)
		hop.Listener = c.listener
		if c.local != "" {
			hop.Local = netip.MustParseAddrPort(c.local)
		}
		b := s.NewBatch()
		b.Send(hop, 0, []byte(request("a", 0)))
		b.Flush()
		nc, err := ln.AcceptTCP()
		require.NoError(t, err)
		require.Equal(t, c.want, nc.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().String())
		require.NoError(t, nc.Close())
	}
}

func TestRefusedConnectIsUndelivered(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	_, addr := boundPort(t)
	b := s.NewBatch()
	for token := range uint64(3) { // 0 wants no word
		b.Send(hopTo(wire.TCP, addr), token, []byte(request("a", 0)))
	}
	b.Flush()
	for _, token := range []uint64{1, 2} {
		l := next(t, h.losses)
		require.Equal(t, token, l.token)
		require.ErrorIs(t, l.err, syscall.ECONNREFUSED)
		require.Equal(t, hopTo(wire.TCP, addr), l.to)
	}
	st := s.Stats()
	require.Equal(t, uint64(3), st.Dropped[DropConnect])
	require.Positive(t, st.DialFailed, "more than one where the first fails before all are queued")
	eventually(t, "gone", func() bool { return s.Stats().Connections == 0 })
}

func TestConnectTimeoutAndFullQueue(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, func(o *Options) { o.ConnectTimeout = 200 * time.Millisecond }, "tcp 127.0.0.1:0")
	addr := blackHole(t)
	b := s.NewBatch()
	for token := uint64(1); token <= maxQueueLength+1; token++ {
		b.Send(hopTo(wire.TCP, addr), token, []byte(request("a", 0)))
	}
	b.Flush()
	l := next(t, h.losses)
	require.Equal(t, uint64(maxQueueLength+1), l.token)
	require.ErrorIs(t, l.err, ErrQueueFull)
	for token := uint64(1); token <= maxQueueLength; token++ {
		l := next(t, h.losses)
		require.Equal(t, token, l.token)
		var timeout net.Error
		require.True(t, errors.As(l.err, &timeout) && timeout.Timeout(), l.err)
	}
}

// blackHole is an address that answers no connect: a listener whose queue of
// connections is full and never taken from.
func blackHole(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, addr := boundPort(t)
	require.NoError(t, syscall.Listen(fd, 0))
	for range 8 {
		c, err := net.DialTimeout("tcp", addr.String(), 200*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Skip("the system accepts connections without bound")
	return addr
}

func TestSlowReaderIsCutOff(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, func(o *Options) { o.WriteTimeout = 100 * time.Millisecond }, "tcp 127.0.0.1:0")
	ln, addr := tcpServer(t)
	b := s.NewBatch()
	m := []byte(request("a", 60000))
	stop := time.Now().Add(patience)
	token := uint64(0)
	for s.Stats().Dropped[DropSlowReader] == 0 && time.Now().Before(stop) {
		token++
		b.Send(hopTo(wire.TCP, addr), token, m)
		b.Flush() // never waits for the peer
		time.Sleep(time.Millisecond)
	}
	c, err := ln.AcceptTCP()
	require.NoError(t, err)
	defer c.Close()
	for {
		l := next(t, h.losses) // some may not have found room before the end
		if errors.Is(l.err, ErrSlowReader) {
			break
		}
		require.ErrorIs(t, l.err, ErrQueueFull)
	}
}

// After the peer has closed a connection, the next send dials anew.
func TestClosedConnectionIsReplaced(t *testing.T) {
	s := listen(t, newRecorder(), nil, "tcp 127.0.0.1:0")
	ln, addr := tcpServer(t)
	b := s.NewBatch()
	for i := range 10 {
		m := request(fmt.Sprint(i), 0)
		b.Send(hopTo(wire.TCP, addr), uint64(i+1), []byte(m))
		b.Flush()
		c, err := ln.AcceptTCP()
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		receive(t, c, m)
		require.NoError(t, c.Close())
		eventually(t, "heard of it", func() bool { return s.Stats().Connections == 0 })
	}
}

// abandon sends what was not written to the hop's peer, whole messages only.
func TestUnwrittenMessagesMove(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	ln, addr := tcpServer(t)
	c := newConn(s, s.listeners[0], addr, false)
	c.out.connected()
	var size int
	for i := range 4 {
		m := []byte(request(fmt.Sprint(i), 10))
		size = len(m)
		to := hopTo(wire.TCP, addr)
		to.Conn = 77
		_, err := c.out.put(m, &entry{to: to, token: uint64(i + 1), moved: i == 3})
		require.NoError(t, err)
		if i == 2 {
			q, _, err := c.out.take()
			require.NoError(t, err)
			require.Len(t, q.marks, 3)
		}
	}
	c.out.failed(size + 5) // the first is out, the second is cut
	c.die(fmt.Errorf("%w: reset", ErrConnLost), DropConnLost)
	c.abandon()
	nc, err := ln.AcceptTCP()
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	receive(t, nc, request("1", 10)+request("2", 10))
	l := next(t, h.losses)
	require.Equal(t, uint64(4), l.token, "a message moves once")
	require.ErrorIs(t, l.err, ErrConnLost)
	require.Equal(t, uint64(77), l.to.Conn)
}

func TestConnectionLimits(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, func(o *Options) {
		o.MaxConns, o.MaxConnsPerPeer = 3, 2
		o.Allowed = func(a netip.Addr) bool { return a != netip.MustParseAddr("127.0.0.9") }
	}, "tcp 127.0.0.1:0")
	connect := func(from string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
		return d.Dial("tcp", at(s, 0).String())
	}
	dial := func(from string) net.Conn {
		c, err := connect(from)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		return c
	}
	works := func(c net.Conn, name string) {
		t.Helper()
		_, err := io.WriteString(c, request(name, 0))
		require.NoError(t, err)
		require.Equal(t, request(name, 0), next(t, h.messages).text)
	}
	refused := func(from string) {
		t.Helper()
		c, err := connect(from) // the reset may already be there
		if err == nil {
			defer c.Close()
			require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
			_, err = c.Read(make([]byte, 1))
		}
		requireEnded(t, err)
	}
	first := dial("127.0.0.1")
	works(first, "1")
	works(dial("127.0.0.1"), "2")
	refused("127.0.0.1")
	refused("127.0.0.9")
	works(dial("127.0.0.2"), "3")
	refused("127.0.0.3")
	eventually(t, "counted", func() bool {
		st := s.Stats()
		return st.Dropped[DropConnLimit] == 2 && st.Dropped[DropFiltered] == 1 && st.Accepted == 3 && st.Connections == 3
	})
	require.NoError(t, first.Close())
	eventually(t, "gone", func() bool { return s.Stats().Connections == 2 })
	works(dial("127.0.0.1"), "4")

	// Accepted connections do not use up those that calls need.
	ln, addr := tcpServer(t)
	b := s.NewBatch()
	b.Send(hopTo(wire.TCP, addr), 1, []byte(request("out", 0)))
	b.Flush()
	c, err := ln.AcceptTCP()
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	receive(t, c, request("out", 0))
}
