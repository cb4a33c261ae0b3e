package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Sender takes a message that is to leave for a hop. It copies p before it
// returns, never blocks, and must not call back into the Layer: the layer calls
// it while it holds a shard's lock. *transport.Batch satisfies it.
type Sender interface {
	// Send queues p for to. A non-zero token comes back through
	// Layer.Undelivered if the message could not be written.
	Send(to wire.Hop, token uint64, p []byte)
}

// Flusher is a Sender that writes what was queued when Flush is called. The
// layer flushes only its own ones, and never under a lock.
type Flusher interface {
	Sender
	Flush()
}

// User is the proxy core (the transaction user of RFC 3261 section 17). Every
// call except ACK runs under the lock of one shard, so it must not block, do
// I/O, or call the Layer; it acts through the methods of tx, which, like b, is
// valid only until the call returns (keep tx.Ref and b.Index instead).
type User interface {
	// Request hands over a request that opened a server transaction (RFC 3261
	// section 17.2). It must lead to tx.Respond, tx.Send, tx.SetTimer or tx.Drop.
	// m and tx.Message alias the reader's buffer during this call.
	Request(tx *Tx, m *wire.Message)

	// ACK hands over an ACK that is to be forwarded statelessly: one that
	// matches no transaction, or an INVITE answered 2xx (RFC 3261 section 16.11,
	// RFC 6026 section 7.1). It is called with no lock held.
	ACK(now time.Time, m *wire.Message, from wire.Hop, out Sender)

	// Response hands over a response of branch b: every 1xx, the first final one
	// and each 2xx of an INVITE. A 3xx–6xx of an INVITE has been ACKed already.
	// Of an abandoned branch only 2xx are shown.
	Response(tx *Tx, b *Branch, m *wire.Message)

	// Failed says that branch b will have no final response, or, with
	// CauseTimerC, that it has been ringing for too long. Not called for an
	// abandoned branch.
	Failed(tx *Tx, b *Branch, cause Cause)

	// Cancelled says that a CANCEL came for an INVITE that has no final response
	// yet. The layer has answered the CANCEL 200 and does nothing else: the user
	// cancels the branches and answers the INVITE (RFC 3261 section 16.10). It is
	// called once at most for a transaction.
	Cancelled(tx *Tx, m *wire.Message)

	// Timer says that the timer set by tx.SetTimer has run out.
	Timer(tx *Tx)

	// Build appends to dst the request as it goes out on b and returns the
	// result. It must give the same bytes each time for the same hop, as it is
	// called for the first sending, for each retransmission, and to derive ACK
	// and CANCEL. Only tx.Message, tx.Data and the getters of tx and b may be used; the
	// first time also b.SetHop, as only now the size is known that decides between
	// UDP and TCP (RFC 3261 section 18.1.1).
	// An empty result fails the branch with CauseTransport, as if nothing could be
	// sent.
	Build(tx *Tx, b *Branch, dst []byte) []byte

	// Ended says that the record is about to be freed: the user releases Data.
	// It is called exactly once for each Tx that Request or Originate's start saw.
	Ended(tx *Tx)
}

// Releaser may be implemented by a User that holds much in Data. Released is
// called once, under the shard's lock, when Build will not be called again for
// tx and no further branch is possible; tx.Message is nil from then on. What
// the user still needs to pass repeated 2xx upstream stays in Data until Ended.
// It is not called for requests of our own, nor when Close or a panic cuts a
// transaction short.
type Releaser interface {
	Released(tx *Tx)
}

// Cause says why a branch failed.
type Cause uint8

// Causes of User.Failed.
const (
	// CauseTimeout: Timer B or F fired (RFC 3261 sections 17.1.1.2, 17.1.2.2), or
	// no final response came within 64*T1 of a CANCEL (section 9.1). The branch is
	// done. A proxy core treats it as a 408 (section 16.7).
	CauseTimeout Cause = iota + 1
	// CauseTransport: the request could not be written and no response has come
	// (section 17.1.4). The branch is done. A proxy core treats it as a 503.
	CauseTransport
	// CauseTimerC: Timer C fired (section 16.8) on a branch that had a provisional
	// response. The branch goes on, with Timer C started again, until the user
	// cancels or abandons it.
	CauseTimerC
)

// String gives the cause in words for logs.
func (c Cause) String() string {
	switch c {
	case CauseTimeout:
		return "timeout"
	case CauseTransport:
		return "transport error"
	case CauseTimerC:
		return "timer C"
	}
	return "unknown"
}

// Ref names a Tx from outside the callbacks, for Layer.Post. It is comparable
// and stays unique for the life of the Layer; the zero Ref names nothing.
type Ref struct {
	shard uint32
	slot  uint32
	gen   uint32
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }
