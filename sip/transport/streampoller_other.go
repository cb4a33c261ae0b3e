//go:build !linux

package transport

import (
	"net"
	"time"
)

// streamPoller is for Linux: elsewhere connections have goroutines of their own.
type streamPoller struct{}

type polledConn struct{ net.Conn }

type polledReader interface {
	readable(pc *polledConn) bool
	tick(now time.Time) bool
}

func newStreamPoller(*Stack) *streamPoller { return nil }

func (*streamPoller) adopt(nc net.Conn) net.Conn { return nc }

func (*streamPoller) watch(*polledConn, polledReader) {}

func (*streamPoller) run() {}

func (*streamPoller) ring() {}

func (*streamPoller) close() {}

func (*polledConn) receive([]byte) (int, error) { return 0, net.ErrClosed }
