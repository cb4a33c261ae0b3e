package transport

import (
	"fmt"
	"net/netip"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"bridgehead/sip/wire"
)

func TestSockaddr(t *testing.T) {
	s := layout(t, nil)
	s.interfaces.table.Store(&interfaceTable{zones: map[uint32]string{3: "eth0"}, scopes: map[string]uint32{"eth0": 3}})
	v4, v6 := &udpSocket{stack: s}, &udpSocket{stack: s, v6: true}
	for _, c := range []struct {
		u        *udpSocket
		to, want string
	}{
		{v4, "192.0.2.1:5060", "192.0.2.1:5060"},
		{v6, "192.0.2.1:65535", "192.0.2.1:65535"},
		{v6, "[2001:db8::1]:1", "[2001:db8::1]:1"},
		{v6, "[fe80::1%eth0]:5060", "[fe80::1%eth0]:5060"},
		{v6, "[fe80::1%3]:5060", "[fe80::1%eth0]:5060"},
		{v6, "[fe80::1%7]:5060", "[fe80::1%7]:5060"},
		{v6, "[fe80::1%nowhere]:5060", "[fe80::1]:5060"},
	} {
		var sa unix.RawSockaddrInet6
		n := c.u.toSockaddr(&sa, netip.MustParseAddrPort(c.to))
		require.Equal(t, c.u.v6, n == unix.SizeofSockaddrInet6)
		require.Equal(t, c.want, c.u.fromSockaddr(&sa).String())
	}
	require.False(t, v4.fromSockaddr(&unix.RawSockaddrInet6{Family: unix.AF_UNIX}).IsValid())
}

func TestPacketInfo(t *testing.T) {
	for _, c := range []struct {
		addr string
		v6   bool
	}{{"192.0.2.1", false}, {"192.0.2.1", true}, {"2001:db8::1", true}} {
		var info control
		n := putPacketInfo(&info, netip.MustParseAddr(c.addr), c.v6)
		if !c.v6 { // what we write as source, the kernel writes as destination
			require.Equal(t, c.addr, packetInfo(&info, n).String())
		} else {
			require.Equal(t, netip.MustParseAddr(c.addr), packetInfo(&info, n))
		}
		require.False(t, packetInfo(&info, n/2).IsValid())
		require.False(t, packetInfo(&info, 0).IsValid())
	}
	var info control
	n := putPacketInfo(&info, netip.MustParseAddr("ff02::1"), true)
	require.False(t, packetInfo(&info, n).IsValid(), "nobody answers from a group")
}

func FuzzPacketInfo(f *testing.F) {
	var info control
	n := putPacketInfo(&info, netip.MustParseAddr("192.0.2.1"), false)
	f.Add(unsafe.Slice((*byte)(unsafe.Pointer(&info)), n), n)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 127}, 64)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		var info control
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info)), b)
		if a := packetInfo(&info, max(n, 0)); a.Is4In6() {
			t.Fatal("not unmapped")
		}
	})
}

// A full send buffer is waited for once; then the rest of the batch is given up
// without waiting again.
func TestFullSendBuffer(t *testing.T) {
	for _, polled := range []bool{false, true} {
		t.Run(fmt.Sprintf("polled=%v", polled), func(t *testing.T) { fillSendBuffer(t, polled) })
	}
}

func fillSendBuffer(t *testing.T, polled bool) {
	h := newRecorder()
	s, err := Listen(Options{Handler: h, polled: polled, Listeners: []Listener{line("udp 127.0.0.1:0")}}) // not started: nobody reads
	require.NoError(t, err)
	defer s.Close()
	b := s.NewBatch()
	w := newMmsgWriter()
	b.writer = w
	full := &fullBuffer{w: w}
	s.listeners[0].udp[0].raw = full
	for token := uint64(1); token <= 2*writeBatch; token++ {
		b.Send(hopTo(wire.UDP, netip.MustParseAddrPort("127.0.0.1:5060")), token, []byte("x"))
	}
	b.Flush()
	require.Equal(t, 2, full.tries)
	require.True(t, full.waited)
	for range 2 * writeBatch {
		require.ErrorIs(t, next(t, h.losses).err, os.ErrDeadlineExceeded)
	}
}

// fullBuffer is a socket whose send buffer stays full.
type fullBuffer struct {
	w      *mmsgWriter
	tries  int
	waited bool
}

func (f *fullBuffer) Read(func(uintptr) bool) error { return nil }

// Control is the way of a detached socket, which waits itself.
func (f *fullBuffer) Control(func(uintptr)) error {
	f.tries++
	f.waited = f.waited || f.w.wait
	f.w.errno = unix.EAGAIN
	return nil
}

// Write is the way of a socket that the poller waits for.
func (f *fullBuffer) Write(func(uintptr) bool) error {
	f.tries++
	f.w.errno = unix.EAGAIN
	if f.w.wait {
		f.waited = true
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Without file descriptors the listener waits until there is one again.
func TestAcceptWithoutDescriptors(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	h := newRecorder()
	s := listen(t, h, func(o *Options) { o.Logger = zap.New(core) }, "tcp 127.0.0.1:0")
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: old.Max}))
	restore := func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old)) }
	defer restore()
	require.NoError(t, unix.Connect(fd, &unix.SockaddrInet4{Port: int(at(s, 0).Port()), Addr: [4]byte{127, 0, 0, 1}}))
	eventually(t, "logged", func() bool { return logs.Len() > 0 })
	require.Contains(t, logs.All()[0].Message, "LimitNOFILE")
	restore()
	_, err = unix.Write(fd, []byte(request("a", 0)))
	require.NoError(t, err)
	require.Equal(t, request("a", 0), next(t, h.messages).text)
	require.LessOrEqual(t, logs.Len(), 3)
}
