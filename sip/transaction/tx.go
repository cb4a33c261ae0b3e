package transaction

import (
	"iter"
	"net/netip"
	"time"

	"bridgehead/sip/wire"
)

// MaxBranches is the number of branches that one Tx can have.
const MaxBranches = 8

// Tx is one proxied transaction: the server half and its client branches, or
// the branches alone for a request of our own. A *Tx is a view that is valid only
// inside the callback, Post or start function that got it, and only in that
// goroutine.
type Tx struct {
	*record // Nil while no record is bound.
	shard   *shard
	slot    uint32
	now     time.Time
	out     Sender
	err     error  // Of Undelivered.
	message []byte // The reader's buffer, during User.Request.
	tag     [tagLen]byte
}

// Ref names this transaction for Layer.Post.
func (tx *Tx) Ref() Ref {
	return Ref{shard: uint32(tx.shard.number), slot: tx.slot, gen: tx.gen}
}

// Now is the time of the event that is being handled.
func (tx *Tx) Now() time.Time { return tx.now }

// Out is the sender of the event that is being handled, for messages outside
// of the state machines.
func (tx *Tx) Out() Sender { return tx.out }

// Err is why the transport could not write the request, during User.Failed with
// CauseTransport; else nil.
func (tx *Tx) Err() error { return tx.err }

// From is the hop that the request came from; zero for a request of our own.
func (tx *Tx) From() wire.Hop {
	h := tx.ResponseHop()
	if h.Remote.IsValid() {
		h.Remote = netip.AddrPortFrom(h.Remote.Addr(), tx.source)
	}
	return h
}

// Method is the method of the request.
func (tx *Tx) Method() wire.Method { return tx.method }

// Data is what SetData or Originate stored; it is kept until Ended has returned.
func (tx *Tx) Data() any { return *tx.shard.dataOf(tx.slot) }

// SetData stores a value of the user with the transaction.
func (tx *Tx) SetData(data any) { *tx.shard.dataOf(tx.slot) = data }

// Message is the request as it was received: inside User.Request the reader's own
// buffer, later a copy with the same offsets. It is nil once it is not needed any
// more: a final response has gone up and no branch has the request still to
// send; and for a request of our own.
func (tx *Tx) Message() []byte {
	if tx.message != nil {
		return tx.message
	}
	return tx.shard.buffers.get(tx.record.message)
}

// Tag is a To tag for responses that the user makes itself. It is the one that the
// layer's own answer to a CANCEL of this transaction carries (RFC 3261 section
// 9.2), and it is the same for each retransmission. Valid during the callback.
func (tx *Tx) Tag() []byte { return tx.shard.layer.seeds.appendTag(tx.tag[:0], tx.key) }

// ResponseHop is where responses go (RFC 3261 section 18.2.2, RFC 3581): back on
// the connection that the request came on, its Remote being the source address and
// the sent-by port in case that connection is gone; over UDP to the source address
// and, if Via has rport, the source port, else the sent-by port. A maddr is ignored,
// as it would let a stranger aim our answers at others.
func (tx *Tx) ResponseHop() wire.Hop { return tx.shard.places.unpack(&tx.hop) }

// Final is the status of the final response that was sent upstream, 0 for none.
func (tx *Tx) Final() int { return int(tx.final) }

// IsCancelled reports whether a CANCEL has come for this transaction.
func (tx *Tx) IsCancelled() bool { return tx.flags&flagCancelled != 0 }

// NewBranch adds a client branch towards a hop; nothing is sent yet. data is the
// user's own. It returns nil when there are MaxBranches already, or when a final
// response has gone up, since then nothing could be done with an answer.
func (tx *Tx) NewBranch(to wire.Hop, data uint32) *Branch {
	if tx.nbranches == MaxBranches || tx.flags&flagEnding != 0 || tx.server != serverNone && !tx.server.open() {
		return nil
	}
	s := tx.shard
	i := s.branches.take()
	rec := s.branches.at(i)
	*rec = branchRecord{hop: s.places.pack(to), data: data}
	link := &tx.branches
	for n := range tx.nbranches {
		link = &s.views[n].next
	}
	*link = i
	b := &s.views[tx.nbranches]
	b.show(rec)
	tx.nbranches++
	return b
}

// SetTimer sets the one user timer of the transaction to fire d from Now,
// replacing an earlier setting. It fires once. d is at least 1 ms and at most 7 days. It
// dies with the transaction, but keeps one of our own alive.
func (tx *Tx) SetTimer(d time.Duration) { tx.userAt = tx.shard.clock.in(millis(d)) }

// StopTimer stops the user timer.
func (tx *Tx) StopTimer() { tx.userAt = 0 }

// SetTimerC sets Timer C for the INVITE branches of this transaction that are sent
// or get a provisional response from now on; 0 restores the layer's value.
func (tx *Tx) SetTimerC(d time.Duration) {
	tx.timerC = 0
	if d > 0 {
		tx.timerC = millis(d)
	}
}

// Branches yields the branches in the order in which they were made.
func (tx *Tx) Branches() iter.Seq[*Branch] {
	return func(yield func(*Branch) bool) {
		for n := uint8(0); n < tx.nbranches; n++ {
			if !yield(&tx.shard.views[n]) {
				return
			}
		}
	}
}

// Branch returns the branch with this index, or nil.
func (tx *Tx) Branch(index int) *Branch {
	if index < 0 || index >= int(tx.nbranches) {
		return nil
	}
	return &tx.shard.views[index]
}
