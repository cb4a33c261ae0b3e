package transport

import "sync/atomic"

// Stats is a snapshot of the counters of a [Stack] since Listen.
type Stats struct {
	// UDP and TCP count messages.
	UDP, TCP Traffic
	// Connections are open or being dialled now.
	Connections int
	// Accepted, Dialled and DialFailed count connections.
	Accepted, Dialled, DialFailed uint64
	// KeepAlives counts CRLF pings and other keep-alives taken.
	KeepAlives uint64
	// Panics counts panics of the handler that were recovered.
	Panics uint64
	// Dropped counts what was not handled or not sent, by reason.
	Dropped [DropReasons]uint64
}

// Traffic counts messages of one transport, and their bytes; keep-alives are
// not messages.
type Traffic struct {
	Received, ReceivedBytes, Sent, SentBytes uint64
}

// DropReason says why a message or a connection was dropped.
type DropReason uint8

// The reasons; DropReasons is their number.
const (
	DropFiltered   DropReason = iota // datagram or connection: source refused by Options.Allowed
	DropOversize                     // datagram larger than Options.MaxMessage
	DropFraming                      // connection: stream beyond repair, or a message that took too long
	DropConnLimit                    // connection or message: MaxConns or MaxConnsPerPeer reached
	DropNoRoute                      // message: no listener, socket or address for its hop
	DropWrite                        // message: refused by the kernel
	DropConnect                      // message: connect failed
	DropConnLost                     // message: connection died with it unwritten
	DropQueueFull                    // message: write queue of the connection, or batch, full
	DropSlowReader                   // message: unwritten on a connection cut off because the peer did not read
	DropPanic                        // call of the handler that panicked
	DropClosed                       // message: the stack is closed
	DropReasons
)

// String returns the reason in the form of a metric label.
func (r DropReason) String() string {
	if r >= DropReasons {
		return "unknown"
	}
	return [DropReasons]string{
		"filtered", "oversize", "framing", "conn_limit", "no_route", "write", "connect",
		"conn_lost", "queue_full", "slow_reader", "panic", "closed",
	}[r]
}

// counter is a count that skips the write when there is nothing to add.
type counter struct{ atomic.Uint64 }

func (c *counter) add(n uint64) {
	if n != 0 {
		c.Add(n)
	}
}

// traffic is the counted form of Traffic.
type traffic struct{ in, inBytes, out, outBytes counter }

func (t *traffic) received(messages, bytes uint64) { t.in.add(messages); t.inBytes.add(bytes) }
func (t *traffic) sent(messages, bytes uint64)     { t.out.add(messages); t.outBytes.add(bytes) }

func (t *traffic) snapshot() Traffic {
	return Traffic{Received: t.in.Load(), ReceivedBytes: t.inBytes.Load(), Sent: t.out.Load(), SentBytes: t.outBytes.Load()}
}

// counters are added to once per batch, so that readers on several cores
// seldom meet.
type counters struct {
	udp, tcp                      traffic
	accepted, dialled, dialFailed counter
	keepAlives, panics            counter
	dropped                       [DropReasons]counter
}

// Stats returns the counters; the fields are read one after the other, not at
// one instant.
func (s *Stack) Stats() Stats {
	c := &s.count
	st := Stats{
		UDP: c.udp.snapshot(), TCP: c.tcp.snapshot(),
		Connections: s.conns.size(),
		Accepted:    c.accepted.Load(), Dialled: c.dialled.Load(), DialFailed: c.dialFailed.Load(),
		KeepAlives: c.keepAlives.Load(), Panics: c.panics.Load(),
	}
	for i := range c.dropped {
		st.Dropped[i] = c.dropped[i].Load()
	}
	return st
}
