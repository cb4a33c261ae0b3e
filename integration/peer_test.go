package integration

import (
	"bufio"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// peer is a UDP socket that sends and keeps octets as they are, for messages
// that sipp cannot make: with NUL, folded lines, or no sense.
type peer struct {
	conn *net.UDPConn
	addr netip.AddrPort
	seen map[string]bool // datagrams that it had, where that is asked
}

// newPeer opens one on a free port of addr.
func newPeer(t *testing.T, addr netip.Addr) *peer {
	t.Helper()
	return newPeerAt(t, netip.AddrPortFrom(addr, 0))
}

// newPeerAt opens one on a port that messages name.
func newPeerAt(t *testing.T, at netip.AddrPort) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &peer{conn: conn, addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
}

// send sends one datagram.
func (p *peer) send(t *testing.T, to netip.AddrPort, octets []byte) {
	t.Helper()
	_, err := p.conn.WriteToUDPAddrPort(octets, to)
	require.NoError(t, err)
}

// receive waits for a message for which want holds and gives it and where it
// came from. Others are passed over; OPTIONS probes are answered.
func (p *peer) receive(t *testing.T, within time.Duration, want func(message) bool) (message, netip.AddrPort, bool) {
	t.Helper()
	require.NoError(t, p.conn.SetReadDeadline(time.Now().Add(within)))
	buf := make([]byte, 65_536)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return message{}, from, false
		}
		require.NoError(t, err)
		m, err := readMessage(append([]byte(nil), buf[:n]...))
		require.NoError(t, err, "the edge sent\n%q", buf[:n])
		if m.is("OPTIONS") {
			p.send(t, from, reply(m, "200 OK", "", nil))
			continue
		}
		if want(m) {
			return m, from, true
		}
	}
}

// reply builds a response to a request: its Via lines and dialog headers, then
// extra, which are whole header lines, then the body.
func reply(m message, status, extra string, body []byte) []byte {
	b := []byte("SIP/2.0 " + status + "\r\n")
	for _, h := range m.headers {
		for _, name := range []string{"Via", "Record-Route", "From", "Call-ID", "CSeq"} {
			if h.is(name) {
				b = append(b, h.line+"\r\n"...)
			}
		}
		if h.is("To") {
			b = append(b, h.line...)
			if tag(h.value) == "" {
				b = append(b, ";tag=peer"...)
			}
			b = append(b, "\r\n"...)
		}
	}
	return append(append(b, extra+"\r\n"...), body...)
}

// accepted is the next connection that the edge makes, and a reader of it.
func accepted(t *testing.T, l net.Listener) (net.Conn, *bufio.Reader) {
	t.Helper()
	require.NoError(t, l.(*net.TCPListener).SetDeadline(time.Now().Add(patience)))
	c, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c, bufio.NewReader(c)
}
