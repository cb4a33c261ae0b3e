package transaction

import (
	"iter"
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
}

// Ref names this transaction for Layer.Post.
func (tx *Tx) Ref() Ref { return Ref{} }

// Now is the time of the event that is being handled.
func (tx *Tx) Now() time.Time { return time.Time{} }

// Out is the sender of the event that is being handled, for messages outside
// of the state machines.
func (tx *Tx) Out() Sender { return nil }

// From is the hop that the request came from; zero for a request of our own.
func (tx *Tx) From() wire.Hop { return wire.Hop{} }

// Method is the method of the request.
func (tx *Tx) Method() wire.Method { return 0 }

// Data is what SetData or Originate stored; it is kept until Ended has returned.
func (tx *Tx) Data() any { return nil }

// SetData stores a value of the user with the transaction.
func (tx *Tx) SetData(data any) {}

// Message is the request as it was received: inside User.Request the reader's own
// buffer, later a copy with the same offsets. It is nil once it is not needed any
// more: a final response has gone up and no branch has the request still to
// send; and for a request of our own.
func (tx *Tx) Message() []byte { return nil }

// Tag is a To tag for responses that the user makes itself. It is the one that the
// layer's own answer to a CANCEL of this transaction carries (RFC 3261 section
// 9.2), and it is the same for each retransmission. Valid during the callback.
func (tx *Tx) Tag() []byte { return nil }

// Respond sends response p with this status to ResponseHop and drives the
// server half: 1xx are kept for retransmissions, a 2xx of an INVITE leads to
// Accepted (RFC 6026), a 3xx–6xx to Completed with timers G and H, a final one of
// another method to Completed with Timer J. p is copied. After a final response it
// sends nothing and reports false, except that further 2xx of an INVITE that was
// answered 2xx pass. It reports false too if there is no server half.
func (tx *Tx) Respond(status int, p []byte) bool { return false }

// Drop ends the server half with no response, for requests that must stay
// unanswered (RFC 4320: no 408 for a non-INVITE). No-op after a final response.
func (tx *Tx) Drop() {}

// ResponseHop is where responses go (RFC 3261 section 18.2.2, RFC 3581): back on
// the connection that the request came on, its Remote being the source address and
// the sent-by port in case that connection is gone; over UDP to the source address
// and, if Via has rport, the source port, else the sent-by port. A maddr is ignored,
// as it would let a stranger aim our answers at others.
func (tx *Tx) ResponseHop() wire.Hop { return wire.Hop{} }

// Final is the status of the final response that was sent upstream, 0 for none.
func (tx *Tx) Final() int { return 0 }

// IsCancelled reports whether a CANCEL has come for this transaction.
func (tx *Tx) IsCancelled() bool { return false }

// NewBranch adds a client branch towards a hop; nothing is sent yet. data is the
// user's own. It returns nil when there are MaxBranches already, or when a final
// response has gone up, since then nothing could be done with an answer.
func (tx *Tx) NewBranch(to wire.Hop, data uint32) *Branch { return nil }

// Send builds the request of b, sends it and starts timers A and B, or E and F. A
// second call for the same branch does nothing.
func (tx *Tx) Send(b *Branch) {}

// Cancel cancels an INVITE branch (RFC 3261 section 9.1): at once if it has a
// provisional response, else as soon as one comes, and not at all if a final one
// comes first. extraHeaders are whole lines with CRLF, such as Reason; they are
// copied. If no final response comes within 64*T1 of the CANCEL, the branch fails
// with CauseTimeout. A branch that was not sent yet is done at once, with no
// callback. Repeated calls and calls for other methods do nothing.
func (tx *Tx) Cancel(b *Branch, extraHeaders []byte) {}

// Abandon gives a branch up: the request is not retransmitted any more, an INVITE
// that has or gets a provisional response is CANCELled, 3xx–6xx are ACKed and not
// shown, failures are not shown; only a late 2xx still goes to User.Response. It
// combines with Cancel, whose headers the CANCEL then carries.
func (tx *Tx) Abandon(b *Branch) {}

// SetTimer sets the one user timer of the transaction to fire d from Now,
// replacing an earlier setting. It fires once.
func (tx *Tx) SetTimer(d time.Duration) {}

// StopTimer stops the user timer.
func (tx *Tx) StopTimer() {}

// SetTimerC sets Timer C for the INVITE branches of this transaction that are sent
// or get a provisional response from now on; 0 restores the layer's value.
func (tx *Tx) SetTimerC(d time.Duration) {}

// Branches yields the branches in the order in which they were made.
func (tx *Tx) Branches() iter.Seq[*Branch] { return func(func(*Branch) bool) {} }

// Branch returns the branch with this index, or nil.
func (tx *Tx) Branch(index int) *Branch { return nil }
