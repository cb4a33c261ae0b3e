package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bridgehead/sip/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait; only a fault needs it.
const patience = 10 * time.Second

// arrival is a message as the handler saw it.
type arrival struct {
	text string
	from wire.Hop
}

// loss is a call of Undelivered.
type loss struct {
	token uint64
	to    wire.Hop
	err   error
}

// recorder is a Handler that keeps what it gets; onMessage and onLoss, if set,
// run first, in the stack's goroutine.
type recorder struct {
	onMessage func(b []byte, from wire.Hop, out *Batch)
	onLoss    func(token uint64, to wire.Hop, err error, out *Batch)
	messages  chan arrival
	losses    chan loss
}

func newRecorder() *recorder {
	return &recorder{messages: make(chan arrival, 4096), losses: make(chan loss, 4096)}
}

func (r *recorder) Message(b []byte, from wire.Hop, out *Batch) {
	if r.onMessage != nil {
		r.onMessage(b, from, out)
	}
	r.messages <- arrival{string(b), from}
}

func (r *recorder) Undelivered(token uint64, to wire.Hop, err error, out *Batch) {
	if r.onLoss != nil {
		r.onLoss(token, to, err, out)
	}
	r.losses <- loss{token, to, err}
}

// echo makes a recorder answer every message with its own bytes.
func (r *recorder) echo() *recorder {
	r.onMessage = func(b []byte, from wire.Hop, out *Batch) { out.Send(from, 0, b) }
	return r
}

// next waits for a value.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, patience, 2*time.Millisecond, what)
}

// line is a listener as a configuration writes it: "udp 127.0.0.1:0".
func line(text string) Listener {
	transport, bind, _ := strings.Cut(text, " ")
	t, _ := wire.ParseTransport([]byte(transport))
	return Listener{Transport: t, Bind: netip.MustParseAddrPort(bind)}
}

// readersOfTheirOwn makes stacks read every connection in a goroutine, as they do
// where no poller can be; see TestReadersOfTheirOwn.
var readersOfTheirOwn bool

// listen starts a stack that ends with the test.
func listen(t testing.TB, h Handler, change func(*Options), lines ...string) *Stack {
	t.Helper()
	o := Options{Handler: h, polled: readersOfTheirOwn}
	for _, l := range lines {
		o.Listeners = append(o.Listeners, line(l))
	}
	if change != nil {
		change(&o)
	}
	s, err := Listen(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	s.Start()
	return s
}

// listenOnOnePort starts a stack whose lines, with %d for the port, share a
// port that the first one finds. Another program may have that port on one of
// the other lines' addresses; then it looks for another.
func listenOnOnePort(t *testing.T, h Handler, lines ...string) *Stack {
	t.Helper()
	for try := 0; ; try++ {
		s, err := Listen(Options{Handler: h, Listeners: []Listener{line(fmt.Sprintf(lines[0], 0))}})
		require.NoError(t, err)
		port := at(s, 0).Port()
		require.NoError(t, s.Close())
		o := Options{Handler: h}
		for _, l := range lines {
			o.Listeners = append(o.Listeners, line(fmt.Sprintf(l, port)))
		}
		s, err = Listen(o)
		if errors.Is(err, syscall.EADDRINUSE) && try < 20 {
			continue
		}
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		s.Start()
		return s
	}
}

// at is where listener i of s is bound.
func at(s *Stack, i int) netip.AddrPort { return s.Listeners()[i].Addr }

// hopTo is a hop to a peer by routing.
func hopTo(t wire.Transport, remote netip.AddrPort) wire.Hop {
	return wire.Hop{Transport: t, Remote: remote}
}

// udpPeer is a plain socket of the test's own.
func udpPeer(t testing.TB, bind string) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(bind)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c, unmapPort(c.LocalAddr().(*net.UDPAddr).AddrPort())
}

// tcpPeer connects to listener i of s, from a given address if any.
func tcpPeer(t testing.TB, s *Stack, i int) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", at(s, i).String(), patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

// tcpServer listens with a plain socket of the test's own.
func tcpServer(t testing.TB) (*net.TCPListener, netip.AddrPort) {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	require.NoError(t, l.SetDeadline(time.Now().Add(patience)))
	return l, l.Addr().(*net.TCPAddr).AddrPort()
}

// request is a small request that a stream can frame, told apart by name.
func request(name string, body int) string {
	return fmt.Sprintf("OPTIONS sip:%s@example.com SIP/2.0\r\nContent-Length: %d\r\n\r\n%s", name, body, bytes.Repeat([]byte{'x'}, body))
}

// receive reads exactly len(want) bytes and compares.
func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	for n := 0; n < len(got); {
		m, err := c.Read(got[n:])
		n += m
		require.NoError(t, err, "got %q, want %q", got[:n], want)
	}
	require.Equal(t, want, string(got))
}

// requireEnded wants an error by which a peer learns the end of a connection,
// not the test's own deadline.
func requireEnded(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}
