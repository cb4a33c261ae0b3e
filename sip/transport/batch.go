package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

	"bridgehead/sip/wire"
)

const (
	maxBatchLength = 8192     // messages between two flushes
	maxBatchBytes  = 16 << 20 // likewise
	keepBytes      = 1 << 20  // buffer that a batch keeps from flush to flush
	keepLength     = 2048
	flushLength    = 64 // a reader flushes early beyond this
	flushBytes     = 256 << 10
	flushRounds    = 16 // of sending what Undelivered sent
)

// Batch collects outgoing messages until Flush writes them with as few system
// calls as possible. A Batch belongs to one goroutine at a time.
type Batch struct {
	stack    *Stack
	arena    []byte // payloads, one after the other
	entries  []entry
	chains   []chain // per listener, for its datagrams
	streams  chain   // messages for connections
	touched  []*conn // connections that have something to write; at most maxTouched
	failed   []failure
	spare    []failure // the other buffer of failed
	writer   packetWriter
	flushing bool
}

// entry is one message of a batch.
type entry struct {
	to         wire.Hop
	token      uint64
	start, end int   // in arena
	next       int32 // in the same chain, -1 ends it
	moved      bool  // it was taken over from a connection that died
}

// chain links the entries that leave the same way, in order.
type chain struct{ first, last int32 }

// failure is a message that did not leave, for Handler.Undelivered.
type failure struct {
	token uint64
	to    wire.Hop
	err   error
}

// NewBatch returns an empty batch for a goroutine of the user, such as a timer
// wheel. Keep it and reuse it: its buffers are reused from Flush to Flush.
func (s *Stack) NewBatch() *Batch {
	b := &Batch{stack: s, chains: make([]chain, len(s.listeners)), touched: make([]*conn, 0, maxTouched)}
	b.reset()
	return b
}

// Send copies p into the batch for to. It never blocks and makes no system
// call, so it may be called under a lock. Messages to one peer leave in the
// order in which they are sent here. A token other than 0 asks for
// [Handler].Undelivered when the message cannot leave. An empty p does nothing.
func (b *Batch) Send(to wire.Hop, token uint64, p []byte) { b.send(to, token, p, false) }

func (b *Batch) send(to wire.Hop, token uint64, p []byte, moved bool) {
	if len(p) == 0 {
		return
	}
	if len(b.entries) >= maxBatchLength || len(b.arena)+len(p) > maxBatchBytes {
		b.fail(to, token, ErrQueueFull, DropQueueFull)
		return
	}
	c := &b.streams
	if to.Transport == wire.UDP {
		if err := b.stack.checkDatagram(to); err != nil {
			b.fail(to, token, err, DropNoRoute)
			return
		}
		c = &b.chains[to.Listener]
	}
	i := int32(len(b.entries))
	start := len(b.arena)
	b.arena = append(b.arena, p...)
	b.entries = append(b.entries, entry{to: to, token: token, start: start, end: len(b.arena), next: -1, moved: moved})
	if c.last >= 0 {
		b.entries[c.last].next = i
	} else {
		c.first = i
	}
	c.last = i
}

// checkDatagram refuses a hop that the kernel interface could not express.
func (s *Stack) checkDatagram(to wire.Hop) error {
	remote, local := to.Remote.Addr().Unmap(), to.Local.Addr().Unmap()
	switch {
	case !isPeer(remote) || to.Remote.Port() == 0:
		return ErrNoAddress
	case int(to.Listener) >= len(s.listeners) || len(s.listeners[to.Listener].udp) == 0:
		return fmt.Errorf("%w: listener %d is not UDP", ErrNoListener, to.Listener)
	case !s.listeners[to.Listener].serves(remote):
		return fmt.Errorf("%w: %s does not serve the address family of %s", ErrNoListener, s.listeners[to.Listener], remote)
	case local.IsValid() && local.Is4() != remote.Is4():
		return fmt.Errorf("%w: local %s and remote %s are of different families", ErrNoAddress, local, remote)
	}
	return nil
}

// isPeer reports whether addr can be one peer: a Via from the network must not
// make us send to ourselves by a wildcard, nor to many at once.
func isPeer(addr netip.Addr) bool {
	return addr.IsValid() && !addr.IsUnspecified() && !addr.IsMulticast() && addr != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// fail counts a message that will not leave, and keeps it for the handler when
// somebody waits for it.
func (b *Batch) fail(to wire.Hop, token uint64, err error, why DropReason) {
	b.stack.count.dropped[why].Add(1)
	if token != 0 && len(b.failed) < maxBatchLength {
		b.failed = append(b.failed, failure{token: token, to: to, err: err})
	}
}

// large reports whether a reader should flush before it goes on.
func (b *Batch) large() bool { return len(b.entries) >= flushLength || len(b.arena) >= flushBytes }

// Flush writes the batch: datagrams with sendmmsg, stream messages into the
// bounded queue of their connection, which is dialled in the background when
// there is none. It may call [Handler].Undelivered, sends what that sends, and
// must not be called under a lock that Undelivered takes. It never waits for a
// peer; where the host's own send buffer is full it waits some 20 ms at most.
func (b *Batch) Flush() {
	if b.flushing {
		return // called from Undelivered: the outer call goes on anyway
	}
	b.flushing = true
	done := false
	defer func() {
		b.flushing = false
		if !done { // a fault: what caused it must not come again
			b.failed = b.failed[:0]
			b.reset()
		}
	}()
	b.rounds()
	done = true
}

// rounds writes the batch, tells the handler what did not leave, writes what
// that sent, and so on.
func (b *Batch) rounds() {
	for range flushRounds {
		if len(b.entries) > 0 {
			for i := range b.chains {
				if b.chains[i].first >= 0 {
					b.flushDatagrams(b.stack.listeners[i], b.chains[i].first)
				}
			}
			b.flushStreams()
			b.reset()
		}
		if len(b.failed) == 0 {
			return
		}
		failed := b.failed
		b.failed = b.spare[:0]
		for _, f := range failed {
			b.stack.undelivered(f.token, f.to, f.err, b)
		}
		clear(failed)
		b.spare = failed[:0]
	}
	// The handler answers every failure with another one; it must rely on its
	// timers now.
	b.stack.count.dropped[DropQueueFull].add(uint64(len(b.entries)))
	b.failed = b.failed[:0]
	b.reset()
}

// reset empties the batch, and gives back what a burst made it take.
func (b *Batch) reset() {
	if cap(b.arena) > keepBytes {
		b.arena = nil
	}
	if cap(b.entries) > keepLength {
		b.entries = nil
	}
	b.arena, b.entries = b.arena[:0], b.entries[:0]
	for i := range b.chains {
		b.chains[i] = chain{-1, -1}
	}
	b.streams = chain{-1, -1}
}

// flushDatagrams writes the datagrams of one listener.
func (b *Batch) flushDatagrams(l *listener, next int32) {
	if b.writer == nil {
		b.writer = b.stack.newWriter()
	}
	u := l.udp[0]
	var slots [writeBatch]int32
	var messages, bytes uint64
	var dead error // the socket takes nothing more just now
	for next >= 0 {
		n := 0
		for ; next >= 0 && n < writeBatch; n++ {
			e := &b.entries[next]
			slots[n] = next
			b.writer.set(n, u, b.arena[e.start:e.end], unmapPort(e.to.Remote), e.to.Local.Addr().Unmap())
			next = e.next
		}
		for done := 0; done < n; {
			sent, err := 0, dead
			if dead == nil {
				sent, err = b.writer.send(u, done, n)
			}
			for _, i := range slots[done : done+sent] {
				messages++
				bytes += uint64(b.entries[i].end - b.entries[i].start)
			}
			if done += sent; err == nil || done == n {
				continue
			}
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
				dead = err
			}
			e := &b.entries[slots[done]]
			b.fail(e.to, e.token, fmt.Errorf("sending %d bytes to %s: %w", e.end-e.start, e.to.Remote, err), DropWrite)
			done++
		}
		b.writer.release(n)
	}
	b.stack.count.udp.sent(messages, bytes)
}

// flushStreams hands the stream messages to their connections, and writes what
// these can take at once.
func (b *Batch) flushStreams() {
	for next := b.streams.first; next >= 0; {
		e := &b.entries[next]
		next = e.next
		c, why, err := b.stack.conns.write(e, b.arena[e.start:e.end])
		switch {
		case err != nil:
			b.fail(e.to, e.token, err, why)
		case !slices.Contains(b.touched, c):
			if len(b.touched) == cap(b.touched) {
				b.push()
			}
			b.touched = append(b.touched, c)
		}
	}
	b.push()
}

// push writes to the connections that have got something.
func (b *Batch) push() {
	for _, c := range b.touched {
		c.push()
	}
	clear(b.touched)
	b.touched = b.touched[:0]
}

// maxTouched bounds the connections that are written to together.
const maxTouched = 16
