package transport

import "bridgehead/sip/wire"

// Handler is what the stack hands messages to: the SIP core. Its methods run
// in the goroutine that read (or failed to write) the message, so that the
// messages of one peer keep their order; they are called from several
// goroutines at once and must not block.
type Handler interface {
	// Message handles one message that arrived whole: one datagram, or one
	// frame of a stream (RFC 3261 section 18.3). It is not parsed yet. b is
	// valid only during the call. What is sent to out leaves after the call,
	// together with the answers to the other messages of the same read.
	Message(b []byte, from wire.Hop, out *Batch)

	// Undelivered reports that a message sent with a token other than 0 did
	// not leave: the kernel refused the datagram, the connect failed or timed
	// out, the write queue was full, or the connection died with the message
	// unwritten. to is the hop as it was given to Send. It is never called
	// from Send, only from Flush and from the stack's own goroutines, outside
	// of every lock of the stack; out is flushed afterwards. After Close has
	// begun it is not called any more.
	Undelivered(token uint64, to wire.Hop, err error, out *Batch)
}
