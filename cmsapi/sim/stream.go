package sim

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stream is one TCP connection. Writes are queued, so that a peer that does
// not read never holds up a bridge: it is cut off.
type stream struct {
	t      *transport
	conn   *net.TCPConn
	peer   netip.AddrPort
	dialed netip.AddrPort // what we connected to; zero if the peer connected
	queue  chan []byte
	done   chan struct{}
	once   sync.Once
}

// run starts the reader and the writer, for which newStream has counted.
func (s *stream) run() {
	go s.read()
	go s.write()
}

// close ends the connection. The transport forgets it at once.
func (s *stream) close() {
	s.once.Do(func() {
		close(s.done)
		_ = s.conn.Close()
		s.t.mu.Lock()
		delete(s.t.all, s)
		if s.t.dialed[s.dialed] == s {
			delete(s.t.dialed, s.dialed)
		}
		s.t.mu.Unlock()
	})
}

// send queues one message.
func (s *stream) send(b []byte) error {
	select {
	case <-s.done:
		return net.ErrClosed
	default:
	}
	select {
	case s.queue <- bytes.Clone(b):
		return nil
	default:
		s.close()
		return errors.New("the peer does not read")
	}
}

// write sends what is queued until the connection ends.
func (s *stream) write() {
	defer s.t.wg.Done()
	defer s.close()
	for {
		select {
		case b := <-s.queue:
			_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := s.conn.Write(b); err != nil {
				return
			}
		case <-s.done:
			return
		}
	}
}

// read frames messages and hands them on in order.
func (s *stream) read() {
	defer s.t.wg.Done()
	defer s.close()
	src := source{network: "TCP", addr: s.peer, conn: s}
	buf := make([]byte, 0, 4096)
	chunk := make([]byte, 16384)
	for {
		n, err := s.conn.Read(chunk)
		buf = append(buf, chunk[:n]...)
		for {
			rest := bytes.TrimLeft(buf, "\r\n")
			if len(rest) == 0 && bytes.Equal(buf, []byte("\r\n\r\n")) {
				_ = s.send([]byte("\r\n")) // RFC 5626 section 4.4.1
				buf = buf[:0]
			}
			size, ferr := frame(rest)
			if ferr != nil {
				s.t.broken()
				return
			}
			if size == 0 {
				break
			}
			s.t.handle(rest[:size], src)
			buf = append(buf[:0], rest[size:]...)
		}
		if err != nil {
			return
		}
	}
}

var (
	errTooLong  = errors.New("message too long")
	errNoLength = errors.New("no single Content-Length on a stream")
)

// frame gives the size of the first message in b, 0 while it is not whole
// (RFC 3261 section 18.3).
func frame(b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxMessage {
			return 0, errTooLong
		}
		return 0, nil
	}
	length := -1
	for _, line := range strings.Split(string(b[:end]), "\r\n")[1:] {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "content-length" && name != "l" {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil || length >= 0 {
			return 0, errNoLength
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errNoLength
	}
	size := end + 4 + length
	if size > maxMessage {
		return 0, errTooLong
	}
	if len(b) < size {
		return 0, nil
	}
	return size, nil
}
