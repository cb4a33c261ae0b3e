package transport

// Stats is a snapshot of the counters of a [Stack] since Listen.
type Stats struct {
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

// Traffic counts messages of one transport; keep-alives are not messages.
type Traffic struct {
	Received, ReceivedBytes, Sent, SentBytes uint64
}

// DropReason says why a message or a connection was dropped.
type DropReason uint8

// The reasons. DropReasons is their number.
const (
	DropFiltered   DropReason = iota // source refused by Options.Allowed
	DropOversize                     // larger than Options.MaxMessage
	DropFraming                      // stream beyond repair, or a message that took too long
	DropConnLimit                    // connection refused: MaxConns or MaxConnsPerPeer reached
	DropNoRoute                      // no listener, socket or address for the hop
	DropWrite                        // refused by the kernel
	DropConnect                      // connect failed
	DropConnLost                     // connection died with the message unwritten
	DropQueueFull                    // write queue of the connection or batch full
	DropSlowReader                   // connection cut off: the peer did not read
	DropPanic                        // the handler panicked over it
	DropClosed                       // the stack was closed
	DropReasons                      // number of reasons
)

// String returns the reason in the form of a metric label.
func (r DropReason) String() string { return "" }

// Stats returns the counters. It takes no lock that traffic waits for.
func (s *Stack) Stats() Stats { return Stats{} }
