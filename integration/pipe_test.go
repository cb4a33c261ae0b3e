package integration

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pipe is one TCP connection that sends and keeps octets as they are.
type pipe struct {
	conn     net.Conn
	left     []byte // read, and not yet a message
	lineEnds int    // octets of line ends that stood between messages
}

// newPipe connects from an address to another.
func newPipe(t *testing.T, from netip.Addr, to netip.AddrPort) *pipe {
	t.Helper()
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	conn, err := net.DialTCP("tcp", local, net.TCPAddrFromAddrPort(to))
	require.NoError(t, err)
	return keepPipe(t, conn)
}

// keepPipe takes a connection that somebody has opened.
func keepPipe(t *testing.T, conn net.Conn) *pipe {
	t.Cleanup(func() { conn.Close() })
	return &pipe{conn: conn}
}

// send writes octets, as one segment where they fit.
func (p *pipe) send(t *testing.T, octets []byte) {
	t.Helper()
	_, err := p.conn.Write(octets)
	require.NoError(t, err)
}

// receive waits for the next message. It is false once the other side has closed
// the connection, and fails the test if neither happens in time.
func (p *pipe) receive(t *testing.T) (message, bool) {
	t.Helper()
	require.NoError(t, p.conn.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, 65_536)
	for {
		if m, ok := p.cut(t); ok {
			return m, true
		}
		n, err := p.conn.Read(buf)
		p.left = append(p.left, buf[:n]...)
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
			return message{}, false
		}
		require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "neither a message nor the end of the connection came; so far:\n%q", p.left)
		require.NoError(t, err)
	}
}

// cut takes a message off what was read, if it is all there.
func (p *pipe) cut(t *testing.T) (message, bool) {
	t.Helper()
	trimmed := bytes.TrimLeft(p.left, "\r\n")
	p.lineEnds += len(p.left) - len(trimmed)
	p.left = trimmed
	m, err := readMessage(p.left)
	if err != nil {
		return message{}, false
	}
	length, err := strconv.Atoi(m.get("Content-Length"))
	require.NoError(t, err, "a message on a stream without its length:\n%q", p.left)
	if len(m.body) < length {
		return message{}, false
	}
	whole := len(m.raw) - len(m.body) + length
	m, err = readMessage(bytes.Clone(p.left[:whole]))
	require.NoError(t, err)
	p.left = p.left[whole:]
	return m, true
}
