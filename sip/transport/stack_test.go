package transport

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bridgehead/sip/wire"
)

func TestCloseUnderTraffic(t *testing.T) {
	h := newRecorder()
	h.messages = make(chan arrival, 1<<20)
	h.echo()
	s := listen(t, h, nil, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		u, _ := udpPeer(t, "127.0.0.1:0")
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = u.WriteToUDPAddrPort([]byte("datagram"), at(s, 0))
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
		c := tcpPeer(t, s, 1)
		wg.Go(func() { _, _ = io.Copy(io.Discard, c) })
		wg.Go(func() {
			for {
				if _, err := io.WriteString(c, request("a", 100)); err != nil {
					return
				}
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	wg.Go(func() { // a timer wheel, which outlives the stack
		b := s.NewBatch()
		for {
			select {
			case <-stop:
				return
			default:
				b.Send(hopTo(wire.UDP, at(s, 0)), 1, []byte("x"))
				b.Send(hopTo(wire.TCP, at(s, 1)), 1, []byte(request("b", 0)))
				b.Flush()
				time.Sleep(100 * time.Microsecond)
			}
		}
	})
	for range 200 {
		next(t, h.messages)
	}
	before := time.Now()
	require.NoError(t, s.Close())
	require.Less(t, time.Since(before), closeGrace+patience)
	seen := len(h.messages)
	losses := len(h.losses)
	close(stop)
	wg.Wait()
	require.Len(t, h.messages, seen, "no message after Close")
	require.Len(t, h.losses, losses, "no loss after Close")
	require.NoError(t, s.Close(), "a second Close does nothing")
	require.Zero(t, s.Stats().Connections)
}

// What was queued before Close still leaves.
func TestCloseWritesWhatIsQueued(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	_, err := io.WriteString(c, request("a", 0))
	require.NoError(t, err)
	hop := next(t, h.messages).from
	b := s.NewBatch()
	b.Send(hop, 0, []byte(request("last", 5000)))
	b.Flush()
	require.NoError(t, s.Close())
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, request("last", 5000), string(got))
}

func TestCloseDoesNotWaitForASlowReaderOrADial(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	b := s.NewBatch()
	b.Send(hopTo(wire.TCP, blackHole(t)), 1, []byte(request("a", 0)))
	_, addr := tcpServer(t)
	eventually(t, "peer is full", func() bool {
		b.Send(hopTo(wire.TCP, addr), 0, []byte(request("a", 60000)))
		b.Flush()
		return s.Stats().Dropped[DropQueueFull] > 0
	})
	before := time.Now()
	require.NoError(t, s.Close())
	require.Less(t, time.Since(before), 4*time.Second) // the write and connect timeouts are longer, or would add up
}

func TestCloseBeforeStart(t *testing.T) {
	s, err := Listen(Options{Handler: newRecorder(), Listeners: []Listener{line("udp 127.0.0.1:0"), line("tcp 127.0.0.1:0")}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s.Start() // starts nothing
}

func TestServe(t *testing.T) {
	h := newRecorder()
	s, err := Listen(Options{Handler: h, Listeners: []Listener{line("udp 127.0.0.1:0")}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	c, _ := udpPeer(t, "127.0.0.1:0")
	_, err = c.WriteToUDPAddrPort([]byte("hello"), at(s, 0))
	require.NoError(t, err)
	require.Equal(t, "hello", next(t, h.messages).text)
	cancel()
	require.NoError(t, next(t, done))
}

// A flood of faults is one line per second, with its stack and its source.
func TestPanicLogIsLimited(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	h := newRecorder()
	h.onMessage = func([]byte, wire.Hop, *Batch) { panic("fault in a handler") }
	frozen := time.Unix(1000, 0)
	s := listen(t, h, func(o *Options) {
		o.Logger = zap.New(core)
		o.now = func() time.Time { return frozen }
	}, "udp 127.0.0.1:0")
	c, self := udpPeer(t, "127.0.0.1:0")
	for range 10 {
		_, err := c.WriteToUDPAddrPort([]byte("bad"), at(s, 0))
		require.NoError(t, err)
	}
	eventually(t, "all counted", func() bool { return s.Stats().Panics == 10 })
	require.Equal(t, 1, logs.Len())
	fields := logs.All()[0].ContextMap()
	require.Equal(t, self.String(), fields["remote"])
	require.Contains(t, fields["stack"], "stack_test.go")
}

// A fault outside of the handler ends no listener either.
func TestFaultyFilter(t *testing.T) {
	h := newRecorder().echo()
	var calls atomic.Int32
	s := listen(t, h, func(o *Options) {
		o.Allowed = func(netip.Addr) bool {
			if calls.Add(1)%2 == 1 {
				panic("fault in the filter")
			}
			return true
		}
	}, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
	u, _ := udpPeer(t, "127.0.0.1:0")
	send := func(text string) {
		_, err := u.WriteToUDPAddrPort([]byte(text), at(s, 0))
		require.NoError(t, err)
	}
	send("lost")
	eventually(t, "recovered", func() bool { return s.Stats().Panics == 1 })
	send("hello")
	require.Equal(t, "hello", next(t, h.messages).text)

	c, err := net.Dial("tcp", at(s, 1).String())
	if err == nil { // the reset may already be there
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		_, err = c.Read(make([]byte, 1))
	}
	requireEnded(t, err)
	c = tcpPeer(t, s, 1)
	_, err = io.WriteString(c, request("a", 0))
	require.NoError(t, err)
	receive(t, c, request("a", 0))
	require.Equal(t, uint64(2), s.Stats().Panics)
}

func TestDropReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for r := range DropReasons {
		require.NotEmpty(t, r.String())
		require.False(t, seen[r.String()])
		seen[r.String()] = true
	}
	require.Equal(t, "unknown", DropReasons.String())
}
