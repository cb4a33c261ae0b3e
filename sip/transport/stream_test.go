package transport

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

func TestStreamHop(t *testing.T) {
	h := newRecorder().echo()
	s := listen(t, h, nil, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 1)
	m := request("a", 0)
	_, err := io.WriteString(c, m)
	require.NoError(t, err)
	got := next(t, h.messages)
	require.Equal(t, m, got.text)
	require.NotZero(t, got.from.Conn)
	got.from.Conn = 0
	self := c.LocalAddr().(*net.TCPAddr).AddrPort()
	require.Equal(t, wire.Hop{Transport: wire.TCP, Listener: 1, Remote: self, Local: at(s, 1)}, got.from)
	receive(t, c, m)
}

// Segments cut messages anywhere and join them; the messages come out whole
// and in order.
func TestSegments(t *testing.T) {
	all := request("a", 0) + request("b", 10) + "\r\n" + request("c", 3000) + request("d", 60000) + request("e", 1) + request("f", 60000)
	want := []string{request("a", 0), request("b", 10), request("c", 3000), request("d", 60000), request("e", 1), request("f", 60000)}
	cuts := map[string]func(i int) int{
		"one segment":   func(int) int { return len(all) },
		"small, prime":  func(int) int { return 997 },
		"growing":       func(i int) int { return 1 + i*i*50 },
		"large, uneven": func(i int) int { return 8191 + i%3 },
	}
	for name, size := range cuts {
		t.Run(name, func(t *testing.T) {
			h := newRecorder()
			s := listen(t, h, nil, "tcp 127.0.0.1:0")
			c := tcpPeer(t, s, 0)
			for i, rest := 0, all; rest != ""; i++ {
				n := min(size(i), len(rest))
				_, err := io.WriteString(c, rest[:n])
				require.NoError(t, err)
				rest = rest[n:]
			}
			for _, w := range want {
				require.Equal(t, w, next(t, h.messages).text)
			}
			require.Empty(t, h.messages)
		})
	}
}

func TestByteByByte(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	all := request("a", 3) + request("b", 0)
	for i := range len(all) {
		_, err := c.Write([]byte{all[i]})
		require.NoError(t, err)
	}
	require.Equal(t, request("a", 3), next(t, h.messages).text)
	require.Equal(t, request("b", 0), next(t, h.messages).text)
}

func TestOrderOnOneConnection(t *testing.T) {
	h := newRecorder().echo()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	const n = 500
	var all strings.Builder
	for i := range n {
		all.WriteString(request(fmt.Sprint(i), i))
	}
	go func() { _, _ = io.WriteString(c, all.String()) }()
	receive(t, c, all.String())
	for i := range n {
		require.Equal(t, request(fmt.Sprint(i), i), next(t, h.messages).text)
	}
	eventually(t, "all is counted", func() bool { st := s.Stats().TCP; return st.Received == n && st.Sent == n })
}

func TestPingPong(t *testing.T) {
	h := newRecorder().echo()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	for _, part := range []string{"\r\n\r\n", "\r\n", "\r\n", "\r", "\n\r", "\n"} {
		_, err := io.WriteString(c, part)
		require.NoError(t, err)
	}
	receive(t, c, "\r\n\r\n\r\n") // three pings, three pongs
	// A lone line end before a message is none.
	_, err := io.WriteString(c, "\r\n"+request("a", 0)+"\r\n"+request("b", 0))
	require.NoError(t, err)
	receive(t, c, request("a", 0)+request("b", 0))
	require.Equal(t, uint64(3), s.Stats().KeepAlives)
	eventually(t, "pongs are no messages", func() bool { return s.Stats().TCP.Sent == 2 })
}

// A stream that cannot be read on ends, after the answers that are due.
func TestBrokenStreamEnds(t *testing.T) {
	for name, broken := range map[string]string{
		"no length":  "OPTIONS sip:x SIP/2.0\r\nTo: x\r\n\r\n",
		"no SIP":     "\x16\x03\x01\x02\x00\x01",
		"two length": "OPTIONS sip:x SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nx",
		"too large":  "OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999\r\n\r\n",
		"endless":    "OPTIONS sip:x SIP/2.0\r\nX: " + strings.Repeat("x", maxMessage),
	} {
		t.Run(name, func(t *testing.T) {
			h := newRecorder().echo()
			s := listen(t, h, nil, "tcp 127.0.0.1:0")
			c := tcpPeer(t, s, 0)
			_, err := io.WriteString(c, request("a", 0)+broken)
			require.NoError(t, err)
			receive(t, c, request("a", 0))
			_, err = c.Read(make([]byte, 1))
			requireEnded(t, err)
			eventually(t, "gone", func() bool { return s.Stats().Connections == 0 })
			require.Equal(t, uint64(1), s.Stats().Dropped[DropFraming])
		})
	}
}

// A peer that closes its half after the last request still gets the answers.
func TestHalfClosedPeerIsAnswered(t *testing.T) {
	h := newRecorder().echo()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	for range 20 {
		c := tcpPeer(t, s, 0)
		_, err := io.WriteString(c, request("a", 0)+request("b", 0))
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, request("a", 0)+request("b", 0), string(got))
	}
}

func TestPanicKeepsTheConnection(t *testing.T) {
	h := newRecorder()
	h.onMessage = func(b []byte, from wire.Hop, out *Batch) {
		if string(b) == request("bad", 0) {
			panic("fault in a handler")
		}
		out.Send(from, 0, b)
	}
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	c := tcpPeer(t, s, 0)
	_, err := io.WriteString(c, request("a", 0)+request("bad", 0)+request("b", 0))
	require.NoError(t, err)
	receive(t, c, request("a", 0)+request("b", 0))
	require.Equal(t, uint64(1), s.Stats().Panics)
}
