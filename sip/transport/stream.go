package transport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"bridgehead/sip/wire"
)

const (
	smallBuffer = 8 << 10 // holds the usual messages; each connection has one
	// largeBuffer holds the largest message with line ends before it, and is
	// borrowed while a large message comes in.
	largeBuffer = maxMessage + 4<<10
)

// pong answers a ping of two line ends (RFC 5626 section 4.4.1).
var pong = []byte("\r\n")

// stream cuts what a connection reads into messages (RFC 3261 section 18.3).
type stream struct {
	c        *conn
	small    []byte
	buf      []byte    // small, or a borrowed large one
	n        int       // bytes in buf
	ping     int       // bytes of line ends since the last message or pong
	began    time.Time // when the first byte of an unfinished message came; zero: none is
	borrowed *[]byte
	ponged   bool // a pong waits to be written
}

func newStream(c *conn) *stream {
	small := make([]byte, smallBuffer)
	return &stream{c: c, small: small, buf: small}
}

// read reads until the connection ends. A fault of this program in cutting the
// stream ends the connection alone.
func (c *conn) read() {
	st := newStream(c)
	whole := false
	defer func() {
		st.giveBack()
		if !whole {
			c.die(ErrConnLost, DropPanic)
		}
	}()
	defer c.stack.recovered("reading", c.hop)
	st.run()
	whole = true
}

// run is the reading loop. It ends the connection, except when the stack closes.
func (st *stream) run() {
	c := st.c
	idle := c.stack.o.ConnIdle
	armed := false // whether the read deadline is that of an unfinished message
	_ = c.nc.SetReadDeadline(time.Now().Add(idle))
	for {
		n, err := c.nc.Read(st.buf[st.n:])
		now := time.Now()
		if n > 0 {
			c.touch()
			if fault := st.take(n, now); fault != nil {
				c.stack.count.dropped[DropFraming].Add(1)
				c.stack.trouble("stream cannot be read on, connection closed", c, fault)
				c.finish(fault)
				return
			}
		}
		if c.stack.isClosing() {
			return // Close has the queue written
		}
		switch unfinished := !st.began.IsZero(); {
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			c.finish(err)
			return
		case unfinished && now.Sub(st.began) >= c.stack.o.MessageTimeout:
			c.stack.count.dropped[DropFraming].Add(1)
			c.stack.trouble("message did not arrive whole in time, connection closed", c, errUnfinished)
			c.die(errUnfinished, DropFraming)
			return
		case unfinished && !armed:
			armed = true
			_ = c.nc.SetReadDeadline(st.began.Add(c.stack.o.MessageTimeout))
		case unfinished && err != nil:
			_ = c.nc.SetReadDeadline(st.began.Add(c.stack.o.MessageTimeout))
		case !unfinished && (armed || err != nil):
			// Moved only when it strikes, which spares a timer per message.
			left := idle - c.quiet()
			if left <= 0 {
				c.finish(errIdle)
				return
			}
			armed = false
			_ = c.nc.SetReadDeadline(now.Add(left))
		}
	}
}

var (
	errUnfinished = errors.New("message not complete in time")
	errIdle       = errors.New("idle")
	errTooLarge   = &wire.Error{Reason: "message larger than the limit"}
)

// finish ends a connection after what is queued for it has been written: the
// peer may have closed only its own half. Nothing new is taken.
func (c *conn) finish(err error) {
	if err != io.EOF && !errors.Is(err, errIdle) {
		var fault *wire.Error
		if !errors.As(err, &fault) {
			c.die(fmt.Errorf("%w: %w", ErrConnLost, err), DropConnLost)
			return
		}
	}
	c.stack.conns.retire(c)
	c.out.end(fmt.Errorf("%w: %w", ErrConnLost, err), false)
}

// take cuts n new bytes into messages and hands these over; what one read
// brought is answered by one flush. The error means that no further message
// can be found.
func (st *stream) take(n int, now time.Time) error {
	s := st.c.stack
	st.n += n
	out := s.batches.Get().(*Batch)
	var messages, bytes uint64
	defer func() {
		out.Flush()
		s.batches.Put(out)
		if st.ponged {
			st.ponged = false
			st.c.push()
		}
		s.count.tcp.received(messages, bytes)
	}()
	b := st.buf[:st.n]
	for {
		skip, size, err := wire.Frame(b, s.o.MaxMessage)
		if err != nil {
			return err
		}
		b = b[skip:]
		st.pings(skip, len(b) > 0 && b[0] != '\r') // a CR may be half a line end
		if size == 0 {
			break
		}
		messages++
		bytes += uint64(size)
		s.message(b[:size:size], st.c.hop, out)
		b = b[size:]
		st.began = time.Time{}
		if out.large() {
			out.Flush()
		}
	}
	switch {
	case len(b) == 0:
		st.began = time.Time{}
	case st.began.IsZero():
		st.began = now
	}
	return st.keep(b)
}

// pings answers line ends between messages: two are a ping, which one answers
// (RFC 5626 section 4.4.1). message tells that something else follows them.
func (st *stream) pings(lineEnds int, message bool) {
	c := st.c
	st.ping += lineEnds
	for ; st.ping >= 4; st.ping -= 4 {
		c.stack.count.keepAlives.Add(1)
		st.ponged = true
		if stuck, _ := c.out.put(pong, &entry{}); stuck {
			c.cutOff()
		}
	}
	if message {
		st.ping = 0
	}
}

// keep moves the beginning of an unfinished message to the front of the
// buffer, and changes buffers as its size asks.
func (st *stream) keep(b []byte) error {
	st.n = len(b)
	large := len(st.buf) > smallBuffer
	switch {
	case large && len(b) < smallBuffer/2:
		copy(st.small, b)
		st.giveBack()
	case len(b) < len(st.buf):
		copy(st.buf, b)
	case large:
		return errTooLarge
	default:
		st.borrowed = st.c.stack.large.Get().(*[]byte)
		st.buf = *st.borrowed
		copy(st.buf, b)
	}
	return nil
}

// giveBack returns a borrowed buffer.
func (st *stream) giveBack() {
	if st.borrowed != nil {
		st.c.stack.large.Put(st.borrowed)
		st.borrowed, st.buf = nil, st.small
	}
}
