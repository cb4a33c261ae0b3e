package transport

import "time"

// A stream that a poller reads does in two calls what run does in a loop.

// readable reads once and handles that; false when nothing more is to be read.
// A fault of this program ends the connection alone.
func (st *stream) readable(pc *polledConn) (more bool) {
	c := st.c
	defer func() {
		if !more {
			st.giveBack()
		}
	}()
	whole := false
	defer func() {
		if !whole {
			c.die(ErrConnLost, DropPanic)
		}
	}()
	defer c.stack.recovered("reading", c.hop)
	more = st.readOnce(pc)
	whole = true
	return more
}

func (st *stream) readOnce(pc *polledConn) bool {
	c := st.c
	n, err := pc.receive(st.buf[st.n:])
	if n > 0 {
		c.touch()
		if fault := st.take(n, time.Now()); fault != nil {
			c.stack.count.dropped[DropFraming].Add(1)
			c.stack.trouble("stream cannot be read on, connection closed", c, fault)
			c.finish(fault)
			return false
		}
	}
	switch {
	case c.stack.isClosing(): // Close has the queue written
		return false
	case err != nil:
		c.finish(err)
		return false
	}
	return true
}

// tick ends a connection whose time has run out; false if it did.
func (st *stream) tick(now time.Time) bool {
	c := st.c
	switch {
	case st.began.IsZero():
		if c.quiet() < c.stack.o.ConnIdle {
			return true
		}
		c.finish(errIdle)
	case now.Sub(st.began) >= c.stack.o.MessageTimeout:
		c.stack.count.dropped[DropFraming].Add(1)
		c.stack.trouble("message did not arrive whole in time, connection closed", c, errUnfinished)
		c.die(errUnfinished, DropFraming)
	default:
		return true
	}
	st.giveBack()
	return false
}
