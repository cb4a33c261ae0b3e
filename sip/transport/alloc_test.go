package transport

import (
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// echoHandler answers every message with its own bytes.
type echoHandler struct{}

func (echoHandler) Message(b []byte, from wire.Hop, out *Batch) { out.Send(from, 1, b) }
func (echoHandler) Undelivered(uint64, wire.Hop, error, *Batch) {}
func roundTrip(c *net.UDPConn, to netip.AddrPort, out, in []byte) error {
	if _, err := c.WriteToUDPAddrPort(out, to); err != nil {
		return err
	}
	_, _, err := c.ReadFromUDPAddrPort(in)
	return err
}

// A datagram in and a datagram out allocate nothing once the buffers are there.
func TestNoAllocationPerDatagram(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, bind := range []string{"udp 127.0.0.1:0", "udp 0.0.0.0:0", "udp [::]:0"} {
		t.Run(bind, func(t *testing.T) {
			s := listen(t, echoHandler{}, func(o *Options) { o.Allowed = func(netip.Addr) bool { return true } }, bind)
			loop := "127.0.0.1:0"
			if at(s, 0).Addr().Is6() {
				loop = "[::1]:0"
			}
			c, self := udpPeer(t, loop)
			to := netip.AddrPortFrom(self.Addr(), at(s, 0).Port())
			out, in := make([]byte, 1000), make([]byte, 2000)
			fill(out)
			for range 100 {
				require.NoError(t, roundTrip(c, to, out, in))
			}
			// The count is of the whole process, so a stray one is forgiven.
			var failed error
			n := testing.AllocsPerRun(1000, func() {
				if err := roundTrip(c, to, out, in); err != nil {
					failed = err
				}
			})
			require.NoError(t, failed)
			require.Zero(t, n)
		})
	}
}

// Nor does a message on a connection.
func TestNoAllocationPerStreamMessage(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	s := listen(t, echoHandler{}, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	out := []byte(request("a", 1000))
	in := make([]byte, len(out))
	trip := func() (err error) {
		if _, err = c.Write(out); err == nil {
			_, err = io.ReadFull(c, in)
		}
		return err
	}
	for range 100 {
		require.NoError(t, trip())
	}
	var failed error
	n := testing.AllocsPerRun(1000, func() {
		if err := trip(); err != nil {
			failed = err
		}
	})
	require.NoError(t, failed)
	require.Zero(t, n)
}

// fill makes b a payload that is no keep-alive.
func fill(b []byte) {
	for i := range b {
		b[i] = 'x'
	}
}

func TestNoAllocationForAQuestion(t *testing.T) {
	s := listen(t, echoHandler{}, nil, "udp 0.0.0.0:0", "tcp 0.0.0.0:0")
	remote := netip.MustParseAddr("127.0.0.1")
	_, err := s.LocalFor(wire.TCP, remote)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = s.LocalFor(wire.TCP, remote) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = s.IsLocal(remote, 5060) }))
}

// BenchmarkUDPEcho is a message in and one out, 32 on their way at a time.
func BenchmarkUDPEcho(b *testing.B) {
	for _, bind := range []string{"udp 127.0.0.1:0", "udp 0.0.0.0:0"} {
		b.Run(bind[4:], func(b *testing.B) {
			s := listen(b, echoHandler{}, nil, bind)
			c, _ := udpPeer(b, "127.0.0.1:0")
			to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at(s, 0).Port())
			out, in := make([]byte, 1000), make([]byte, 2000)
			fill(out)
			b.ReportAllocs()
			b.SetBytes(int64(len(out)))
			for sent, got := 0, 0; got < b.N; got++ {
				for sent < b.N && sent-got < readBatch {
					if _, err := c.WriteToUDPAddrPort(out, to); err != nil {
						b.Fatal(err)
					}
					sent++
				}
				if _, _, err := c.ReadFromUDPAddrPort(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLocalFor is the answer from the cache.
func BenchmarkLocalFor(b *testing.B) {
	s := listen(b, echoHandler{}, nil, "udp 0.0.0.0:0")
	remote := netip.MustParseAddr("127.0.0.1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.LocalFor(wire.UDP, remote); err != nil {
			b.Fatal(err)
		}
	}
}
