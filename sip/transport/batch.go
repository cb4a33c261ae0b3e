package transport

import "bridgehead/sip/wire"

// Batch collects outgoing messages until Flush writes them with as few system
// calls as possible. A Batch belongs to one goroutine at a time.
type Batch struct {
	stack *Stack
}

// NewBatch returns an empty batch for a goroutine of the user, such as a timer
// wheel. Keep it and reuse it: its buffers are reused from Flush to Flush.
func (s *Stack) NewBatch() *Batch { return &Batch{stack: s} }

// Send copies p into the batch for to. It never blocks and makes no system
// call, so it may be called under a lock. A token other than 0 asks for
// [Handler].Undelivered when the message cannot leave.
func (b *Batch) Send(to wire.Hop, token uint64, p []byte) {}

// Flush writes the batch: datagrams with sendmmsg, stream messages into the
// bounded queue of their connection, which is dialled in the background when
// there is none. It may call [Handler].Undelivered and must not be called
// under a lock that Undelivered takes. It does not wait for a peer.
func (b *Batch) Flush() {}
