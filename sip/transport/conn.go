package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// conn is one stream connection: a writer goroutine, which also dials, and a
// reader goroutine.
type conn struct {
	stack    *Stack
	listener *listener
	id       uint64
	remote   netip.AddrPort
	dialled  bool
	source   netip.Addr // to dial from; zero: routing decides
	out      queue

	hop    wire.Hop     // of its messages; set once connected
	active atomic.Int64 // the stack's age in ns when bytes last moved

	retired bool // no longer found by senders; under the table's lock

	mu    sync.Mutex
	nc    net.Conn // nil until connected
	now   writeNow // of whoever has claimed the queue
	ended bool
	why   DropReason // of the end
	err   error      // likewise
}

func newConn(s *Stack, l *listener, remote netip.AddrPort, dialled bool) *conn {
	return &conn{stack: s, listener: l, remote: remote, dialled: dialled, out: queue{wake: make(chan struct{}, 1)}}
}

// peer is the connection's key in the table.
func (c *conn) peer() peer { return peer{c.listener.Transport, c.remote} }

// attach gives the connection its socket; false when it has ended already.
func (c *conn) attach(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.nc = c.stack.streams.Load().adopt(nc)
	c.now.of(c.nc)
	c.touch()
	c.out.connected()
	return true
}

// touch notes that bytes moved.
func (c *conn) touch() { c.active.Store(int64(c.stack.age())) }

// quiet is how long no byte has moved.
func (c *conn) quiet() time.Duration { return c.stack.age() - time.Duration(c.active.Load()) }

// run is the connection's life in the goroutine that Close waits for.
func (c *conn) run() {
	defer c.die(ErrConnLost, DropConnLost) // does nothing but after a fault
	defer c.stack.recovered("writing", wire.Hop{Transport: c.listener.Transport, Remote: c.remote})
	if c.dialled && !c.connect() {
		c.abandon()
		return
	}
	local := unmapPort(c.nc.LocalAddr().(*net.TCPAddr).AddrPort())
	// A dialled connection has a port that nobody listens on; the listener's
	// is the one that means us.
	c.hop = wire.Hop{
		Transport: c.listener.Transport, Listener: c.listener.index, Conn: c.id, Remote: c.remote,
		Local: netip.AddrPortFrom(local.Addr(), c.listener.addr.Port()),
	}
	c.serve()
	_, err := c.end()
	c.stack.log.Debug("connection ended", zap.Stringer("remote", c.remote), zap.Bool("dialled", c.dialled), zap.Error(err))
}

// serve reads in a goroutine of its own, or lets the poller, writes until the
// end, and reports what was not written.
func (c *conn) serve() {
	if pc, ok := c.nc.(*polledConn); ok {
		c.stack.streams.Load().watch(pc, newStream(c))
		c.write()
		c.abandon()
		return
	}
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		c.read()
	}()
	c.write()
	<-reader
	c.abandon()
}

// connect dials; false after a failure.
func (c *conn) connect() bool {
	s := c.stack
	d := net.Dialer{Timeout: s.o.ConnectTimeout}
	network := "tcp6"
	if c.remote.Addr().Is4() {
		network = "tcp4"
	}
	if c.source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.source, 0))
	}
	nc, err := d.DialContext(s.dial, network, c.remote.String())
	if err != nil {
		s.count.dialFailed.Add(1)
		c.refused(err)
		c.die(fmt.Errorf("connecting to %s: %w", c.remote, err), DropConnect)
		return false
	}
	if !c.attach(nc) {
		_ = nc.Close()
		return false
	}
	s.count.dialled.Add(1)
	s.refusals.forget(c.peer())
	return true
}

// die ends the connection at once; the first call says why.
func (c *conn) die(err error, why DropReason) {
	c.mu.Lock()
	first := !c.ended
	if first {
		c.ended, c.err, c.why = true, err, why
	}
	nc := c.nc
	c.mu.Unlock()
	if !first {
		return
	}
	c.stack.conns.remove(c)
	c.out.end(err, true)
	if nc != nil {
		_ = nc.Close()
	}
}

// end is why the connection ended.
func (c *conn) end() (DropReason, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why, c.err
}

// cutOff ends a connection whose peer does not read.
func (c *conn) cutOff() {
	c.stack.trouble("peer does not read, connection cut off", c, ErrSlowReader)
	c.die(ErrSlowReader, DropSlowReader)
}

// push writes what is queued as far as the kernel takes it at once: waking the
// writer for each message would cost more than the message. The rest, and every
// error, is the writer's.
func (c *conn) push() {
	for {
		q := c.out.claim()
		if q == nil {
			return
		}
		n := c.now.write(q.bytes)
		if n < len(q.bytes) {
			c.out.hand(n)
			return
		}
		c.wrote(q)
	}
}

// wrote counts a whole write and ends it.
func (c *conn) wrote(q *queued) {
	c.touch()
	c.stack.count.tcp.sent(uint64(q.messages), uint64(len(q.bytes)))
	c.out.wrote()
}

// write writes what nobody else does until the connection ends.
func (c *conn) write() {
	for {
		q, from, err := c.out.take()
		if q == nil {
			if err != nil {
				c.die(err, DropConnLost) // drained
				return
			}
			<-c.out.wake
			continue
		}
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.stack.o.WriteTimeout))
		n, err := c.nc.Write(q.bytes[from:])
		if err != nil {
			c.out.failed(from + n)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.cutOff()
			}
			c.die(fmt.Errorf("%w: %w", ErrConnLost, err), DropConnLost)
			return
		}
		_ = c.nc.SetWriteDeadline(time.Time{}) // it would fail push
		c.wrote(q)
	}
}

// abandon deals with what the ended connection did not write. A message that
// was lost because
// the peer closed a connection which had worked gets one other connection: the
// peer closes idle ones when it likes. The rest is reported.
func (c *conn) abandon() {
	s := c.stack
	why, err := c.end()
	b := s.batches.Get().(*Batch)
	c.out.rest(func(m mark, p []byte) {
		if why == DropConnLost && !m.moved && m.to.Remote.Port() != 0 {
			b.send(m.to, m.token, p, true)
			return
		}
		b.fail(m.to, m.token, err, why)
	})
	b.Flush()
	s.batches.Put(b)
}

// trouble logs one line about a connection, at most one per second for all.
func (s *Stack) trouble(what string, c *conn, err error) {
	if ok, missed := s.logLimit.allow(s.age()); ok {
		s.log.Warn(what, zap.Stringer("remote", c.remote), zap.Bool("dialled", c.dialled), zap.Error(err), zap.Uint64("notShown", missed))
	}
}
