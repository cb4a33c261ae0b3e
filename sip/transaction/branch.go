package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Branch is a view of one client transaction of a Tx, valid as long as the *Tx is.
type Branch struct {
}

// ID is the branch parameter for the Via of this branch, magic cookie included, at
// most 40 characters. It names the record, so that a response needs no table, and
// cannot be guessed. Valid during the callback.
func (b *Branch) ID() []byte { return nil }

// Index is the number of the branch within its Tx, from 0.
func (b *Branch) Index() int { return 0 }

// Hop is where the branch sends to.
func (b *Branch) Hop() wire.Hop { return wire.Hop{} }

// SetHop changes where the branch sends to. Of use before Send only, since ACK
// and CANCEL must follow the request (RFC 3261 section 17.1.1.3).
func (b *Branch) SetHop(to wire.Hop) {}

// Data is what NewBranch or SetData stored.
func (b *Branch) Data() uint32 { return 0 }

// SetData stores a number of the user with the branch.
func (b *Branch) SetData(data uint32) {}

// Status is the last status received on the branch, 0 for none.
func (b *Branch) Status() int { return 0 }

// Provisional reports whether a 1xx has come.
func (b *Branch) Provisional() bool { return false }

// Done reports whether the branch has a final response or has failed.
func (b *Branch) Done() bool { return false }

// Abandoned reports whether tx.Abandon was called for it.
func (b *Branch) Abandoned() bool { return false }

// Cancelled reports whether tx.Cancel was called for it, or a CANCEL was sent.
func (b *Branch) Cancelled() bool { return false }

// Sent is when the request was first sent, in steps of 1 ms; zero if it was not.
func (b *Branch) Sent() time.Time { return time.Time{} }
