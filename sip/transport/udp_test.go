package transport

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// eachPacketIO runs a test with the batched system calls, on sockets that wait
// themselves and on such that the poller waits for, and with the portable ones,
// which are compiled everywhere.
func eachPacketIO(t *testing.T, test func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack)) {
	for _, how := range []string{"batched", "polled", "portable"} {
		t.Run(how, func(t *testing.T) {
			test(t, func(h Handler, change func(*Options), lines ...string) *Stack {
				o := Options{Handler: h, polled: how != "batched"}
				for _, l := range lines {
					o.Listeners = append(o.Listeners, line(l))
				}
				if change != nil {
					change(&o)
				}
				s, err := Listen(o)
				require.NoError(t, err)
				if how == "portable" {
					s.newReader = func(u *udpSocket) packetReader { return newPortableReader(u) }
					s.newWriter = func() packetWriter { return new(portableWriter) }
				}
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				s.Start()
				return s
			})
		})
	}
}

func TestDatagramsBothWays(t *testing.T) {
	eachPacketIO(t, func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack) {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			for _, size := range []int{5, 1400, 60000, 65507} {
				t.Run(fmt.Sprintf("%s %d", host, size), func(t *testing.T) {
					h := newRecorder().echo()
					s := listen(h, nil, "udp "+host+":0")
					c, addr := udpPeer(t, host+":0")
					want := strings.Repeat("m", size)
					_, err := c.WriteToUDPAddrPort([]byte(want), at(s, 0))
					require.NoError(t, err)

					got := next(t, h.messages)
					require.Equal(t, want, got.text)
					require.Equal(t, wire.Hop{Transport: wire.UDP, Remote: addr, Local: at(s, 0)}, got.from)

					b := make([]byte, datagram)
					n, from, err := c.ReadFromUDPAddrPort(b)
					require.NoError(t, err)
					require.Equal(t, want, string(b[:n]))
					require.Equal(t, at(s, 0), unmapPort(from))
				})
			}
		}
	})
}

func TestOrderOfDatagrams(t *testing.T) {
	eachPacketIO(t, func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack) {
		h := newRecorder().echo()
		s := listen(h, nil, "udp 127.0.0.1:0")
		c, _ := udpPeer(t, "127.0.0.1:0")
		const n = 200
		for i := range n {
			_, err := c.WriteToUDPAddrPort(fmt.Appendf(nil, "message %d", i), at(s, 0))
			require.NoError(t, err)
		}
		b := make([]byte, 100)
		for i := range n {
			require.Equal(t, fmt.Sprintf("message %d", i), next(t, h.messages).text)
			m, _, err := c.ReadFromUDPAddrPort(b)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("message %d", i), string(b[:m]))
		}
		eventually(t, "all is counted", func() bool { st := s.Stats().UDP; return st.Received == n && st.Sent == n })
	})
}

// On a wildcard listener the hop names the address that the peer sent to, and
// the answer leaves from it.
func TestWildcardAnswersFromTheAddressAsked(t *testing.T) {
	eachPacketIO(t, func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack) {
		h := newRecorder().echo()
		s := listen(h, nil, "udp 0.0.0.0:0")
		c, _ := udpPeer(t, "127.0.0.1:0")
		b := make([]byte, 100)
		for _, host := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.2"} {
			asked := netip.AddrPortFrom(netip.MustParseAddr(host), at(s, 0).Port())
			_, err := c.WriteToUDPAddrPort([]byte("hello"), asked)
			require.NoError(t, err)
			require.Equal(t, asked, next(t, h.messages).from.Local)
			_, from, err := c.ReadFromUDPAddrPort(b)
			require.NoError(t, err)
			require.Equal(t, asked, unmapPort(from))
		}
	})
}

func TestDualStackKnowsIPv4AsIPv4(t *testing.T) {
	eachPacketIO(t, func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack) {
		h := newRecorder().echo()
		s := listen(h, func(o *Options) { o.Listeners[0].DualStack = true }, "udp [::]:0")
		b := make([]byte, 100)
		for _, host := range []string{"127.0.0.2", "::1"} {
			asked := netip.AddrPortFrom(netip.MustParseAddr(host), at(s, 0).Port())
			c, addr := udpPeer(t, netip.AddrPortFrom(asked.Addr(), 0).String())
			_, err := c.WriteToUDPAddrPort([]byte("hello"), asked)
			require.NoError(t, err)
			from := next(t, h.messages).from
			require.Equal(t, asked, from.Local)
			require.Equal(t, addr, from.Remote)
			_, back, err := c.ReadFromUDPAddrPort(b)
			require.NoError(t, err)
			require.Equal(t, asked, unmapPort(back))
		}
	})
}

// An IPv6 wildcard leaves the IPv4 port to another listener.
func TestIPv6AloneUnlessDualStack(t *testing.T) {
	h := newRecorder()
	s := listenOnOnePort(t, h, "udp [::]:%d", "udp 0.0.0.0:%d")
	for i, host := range []string{"::1", "127.0.0.1"} {
		c, _ := udpPeer(t, netip.AddrPortFrom(netip.MustParseAddr(host), 0).String())
		_, err := c.WriteToUDPAddrPort([]byte("hello"), netip.AddrPortFrom(netip.MustParseAddr(host), at(s, i).Port()))
		require.NoError(t, err)
		require.Equal(t, uint16(i), next(t, h.messages).from.Listener)
	}
}

// Read errors of the kernel never end a listener.
func TestReadErrorsAreSurvived(t *testing.T) {
	h := newRecorder()
	s, err := Listen(Options{Handler: h, Listeners: []Listener{line("udp 127.0.0.1:0")}})
	require.NoError(t, err)
	defer s.Close()
	s.newReader = func(u *udpSocket) packetReader { return &faultyReader{packetReader: newPacketReader(u), faults: 5} }
	s.Start()
	c, _ := udpPeer(t, "127.0.0.1:0")
	_, err = c.WriteToUDPAddrPort([]byte("hello"), at(s, 0))
	require.NoError(t, err)
	require.Equal(t, "hello", next(t, h.messages).text)
}

// faultyReader fails some times before it reads.
type faultyReader struct {
	packetReader
	faults int
}

func (r *faultyReader) read() (int, error) {
	if r.faults--; r.faults >= 0 {
		return 0, syscall.ENOMEM
	}
	return r.packetReader.read()
}

func TestSendErrorsAreReportedAndTheRestGoesOn(t *testing.T) {
	eachPacketIO(t, func(t *testing.T, listen func(h Handler, change func(*Options), lines ...string) *Stack) {
		h := newRecorder()
		s := listen(h, nil, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
		c, addr := udpPeer(t, "127.0.0.1:0")
		good := hopTo(wire.UDP, addr)
		v6 := hopTo(wire.UDP, netip.MustParseAddrPort("[::1]:5060"))
		noListener, tooFar := good, good
		noListener.Listener, tooFar.Listener = 1, 7
		mixed := good
		mixed.Local = netip.MustParseAddrPort("[::1]:5060")
		b := s.NewBatch()
		b.Send(good, 1, []byte("first"))
		b.Send(good, 2, make([]byte, 65508))
		b.Send(good, 0, make([]byte, 65508))
		b.Send(v6, 3, []byte("x"))
		b.Send(noListener, 4, []byte("x"))
		b.Send(tooFar, 5, []byte("x"))
		b.Send(hopTo(wire.UDP, netip.AddrPort{}), 6, []byte("x"))
		b.Send(mixed, 7, []byte("x"))
		b.Send(hopTo(wire.TLS, addr), 8, []byte("x"))
		b.Send(hopTo(wire.UDP, netip.MustParseAddrPort("0.0.0.0:5060")), 11, []byte("x"))
		b.Send(hopTo(wire.TCP, netip.MustParseAddrPort("224.0.0.1:5060")), 12, []byte("x"))
		b.Send(hopTo(wire.UDP, netip.MustParseAddrPort("255.255.255.255:5060")), 13, []byte("x"))
		b.Send(good, 9, nil)
		b.Send(good, 10, []byte("last"))
		b.Flush()

		buf := make([]byte, 100)
		for _, want := range []string{"first", "last"} {
			n, _, err := c.ReadFromUDPAddrPort(buf)
			require.NoError(t, err)
			require.Equal(t, want, string(buf[:n]))
		}
		got := map[uint64]loss{}
		for range 10 {
			l := next(t, h.losses)
			got[l.token] = l
		}
		require.Empty(t, h.losses)
		require.ErrorIs(t, got[2].err, syscall.EMSGSIZE)
		require.Equal(t, good, got[2].to)
		require.ErrorIs(t, got[3].err, ErrNoListener)
		require.ErrorIs(t, got[4].err, ErrNoListener)
		require.ErrorIs(t, got[5].err, ErrNoListener)
		require.ErrorIs(t, got[6].err, ErrNoAddress)
		require.ErrorIs(t, got[7].err, ErrNoAddress)
		require.ErrorIs(t, got[8].err, ErrNoListener)
		for token := uint64(11); token <= 13; token++ {
			require.ErrorIs(t, got[token].err, ErrNoAddress)
		}
		st := s.Stats()
		require.Equal(t, uint64(2), st.Dropped[DropWrite])
		require.Equal(t, uint64(9), st.Dropped[DropNoRoute])
	})
}

func TestFilterSizeAndKeepAlives(t *testing.T) {
	h := newRecorder()
	trusted := netip.MustParseAddr("127.0.0.1")
	s := listen(t, h, func(o *Options) {
		o.Allowed = func(a netip.Addr) bool { return a == trusted }
		o.MaxMessage = 1000
	}, "udp 0.0.0.0:0")
	stranger, _ := udpPeer(t, "127.0.0.9:0")
	friend, _ := udpPeer(t, "127.0.0.1:0")
	to := netip.AddrPortFrom(trusted, at(s, 0).Port())
	send := func(c *net.UDPConn, text string) {
		_, err := c.WriteToUDPAddrPort([]byte(text), to)
		require.NoError(t, err)
	}
	send(stranger, "let me in")
	send(friend, strings.Repeat("x", 1001))
	send(friend, "\r\n\r\n")
	send(friend, "\x00\x00\x00\x00")
	send(friend, "")
	send(friend, "hello")
	require.Equal(t, "hello", next(t, h.messages).text)
	eventually(t, "counted", func() bool {
		st := s.Stats()
		return st.Dropped[DropFiltered] == 1 && st.Dropped[DropOversize] == 1 && st.KeepAlives == 3 && st.UDP.Received == 1
	})
	require.Empty(t, h.messages)
}

// A failed send is answered by the handler with another one at once, as the
// core does when it tries the next bridge.
func TestUndeliveredSendsElsewhere(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "udp 127.0.0.1:0")
	c, addr := udpPeer(t, "127.0.0.1:0")
	bad := hopTo(wire.UDP, netip.MustParseAddrPort("[::1]:5060"))
	h.onLoss = func(token uint64, _ wire.Hop, _ error, out *Batch) {
		if token < 3 {
			out.Send(bad, token+1, []byte("again"))
		} else {
			out.Send(hopTo(wire.UDP, addr), token+1, []byte("elsewhere"))
		}
		out.Flush() // nested: must do no harm
	}
	b := s.NewBatch()
	b.Send(bad, 1, []byte("first"))
	b.Flush()
	buf := make([]byte, 100)
	n, _, err := c.ReadFromUDPAddrPort(buf)
	require.NoError(t, err)
	require.Equal(t, "elsewhere", string(buf[:n]))
	require.Len(t, h.losses, 3)
}

// A handler that answers every failure by another failure does not keep Flush.
func TestUndeliveredForEverEnds(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "udp 127.0.0.1:0")
	bad := hopTo(wire.UDP, netip.MustParseAddrPort("[::1]:5060"))
	h.onLoss = func(token uint64, to wire.Hop, _ error, out *Batch) { out.Send(to, token, []byte("x")) }
	b := s.NewBatch()
	b.Send(bad, 1, []byte("x"))
	b.Flush()
	require.Len(t, h.losses, flushRounds)
	h.onLoss = nil
	b.Flush()
	require.Len(t, h.losses, flushRounds, "nothing is left over")
}

func TestBatchIsBounded(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "udp 127.0.0.1:0")
	_, addr := udpPeer(t, "127.0.0.1:0")
	b := s.NewBatch()
	for range maxBatchLength {
		b.Send(hopTo(wire.UDP, addr), 0, []byte("x"))
	}
	b.Send(hopTo(wire.UDP, addr), 1, []byte("x"))
	b.Flush()
	require.ErrorIs(t, next(t, h.losses).err, ErrQueueFull)
	require.LessOrEqual(t, cap(b.entries), keepLength, "a burst's memory is given back")
}

func TestPanicCostsOneMessage(t *testing.T) {
	h := newRecorder()
	h.onMessage = func(b []byte, from wire.Hop, out *Batch) {
		out.Send(from, 0, b)
		if string(b) == "bad" {
			panic("fault in a handler")
		}
	}
	s := listen(t, h, nil, "udp 127.0.0.1:0")
	c, _ := udpPeer(t, "127.0.0.1:0")
	for _, text := range []string{"one", "bad", "two"} {
		_, err := c.WriteToUDPAddrPort([]byte(text), at(s, 0))
		require.NoError(t, err)
	}
	require.Equal(t, "one", next(t, h.messages).text)
	require.Equal(t, "two", next(t, h.messages).text)
	require.Equal(t, uint64(1), s.Stats().Panics)
	require.Equal(t, uint64(1), s.Stats().Dropped[DropPanic])
}
