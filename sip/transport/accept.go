package transport

import (
	"errors"
	"net"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// accept takes connections until the stack closes. An error never ends the
// listener: with no file descriptor left it waits until one is free.
func (s *Stack) accept(l *listener) {
	var pause backoff
	for {
		nc, err := l.tcp.AcceptTCP()
		if err != nil {
			if s.isClosing() || errors.Is(err, net.ErrClosed) {
				return
			}
			if ok, missed := s.logLimit.allow(s.age()); ok {
				s.log.Warn("accepting a connection failed, going on; where file descriptors are short, raise LimitNOFILE",
					zap.Stringer("listener", l), zap.Error(err), zap.Uint64("notShown", missed))
			}
			pause.wait(s.closing)
			continue
		}
		pause.reset()
		s.admit(l, nc)
	}
}

// admit checks an accepted connection and starts it.
func (s *Stack) admit(l *listener, nc *net.TCPConn) {
	remote := unmapPort(nc.RemoteAddr().(*net.TCPAddr).AddrPort())
	taken := false
	defer func() {
		if !taken {
			_ = nc.SetLinger(0) // a reset leaves nothing behind to pay for
			_ = nc.Close()
		}
	}()
	defer s.recovered("accepting", wire.Hop{Transport: l.Transport, Remote: remote})
	why := DropFiltered
	if s.o.Allowed == nil || s.o.Allowed(remote.Addr().WithZone("")) {
		var err error
		if why, err = s.conns.accept(l, nc, remote); err == nil {
			taken = true
			s.count.accepted.Add(1)
			return
		}
		if ok, missed := s.logLimit.allow(s.age()); ok {
			s.log.Warn("connection refused", zap.Stringer("remote", remote), zap.Error(err), zap.Uint64("notShown", missed))
		}
	}
	s.count.dropped[why].Add(1)
}
