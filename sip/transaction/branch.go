package transaction

import (
	"time"

	"bridgehead/sip/wire"
)

// Branch is a view of one client transaction of a Tx, valid as long as the *Tx is.
type Branch struct {
	*branchRecord // Nil while no record is bound.
	tx            *Tx
	index         uint8
	idLen         uint8 // 0 until id is made.
	id            [branchLen]byte
}

func (b *Branch) show(rec *branchRecord) { b.branchRecord, b.idLen = rec, 0 }

func (b *Branch) name() branchName {
	return branchName{shard: b.tx.shard.number, index: b.index, slot: b.tx.slot, gen: b.tx.gen}
}

func (b *Branch) token() uint64 { return makeToken(b.name()) }

// ID is the branch parameter for the Via of this branch, magic cookie included, at
// most 40 characters. It names the record, so that a response needs no table, and
// cannot be guessed. Valid during the callback.
func (b *Branch) ID() []byte {
	if b.idLen == 0 {
		b.idLen = uint8(len(b.tx.shard.cipher.append(b.id[:0], b.name())))
	}
	return b.id[:]
}

// Index is the number of the branch within its Tx, from 0.
func (b *Branch) Index() int { return int(b.index) }

// Hop is where the branch sends to.
func (b *Branch) Hop() wire.Hop { return b.tx.shard.places.unpack(&b.hop) }

// SetHop changes where the branch sends to. Of use before Send or in the first
// User.Build only, since ACK and CANCEL must follow the request (RFC 3261 section
// 17.1.1.3).
func (b *Branch) SetHop(to wire.Hop) { b.hop = b.tx.shard.places.pack(to) }

// Data is what NewBranch or SetData stored.
func (b *Branch) Data() uint32 { return b.data }

// SetData stores a number of the user with the branch.
func (b *Branch) SetData(data uint32) { b.data = data }

// Status is the last status received on the branch, 0 for none.
func (b *Branch) Status() int { return int(b.status) }

// Provisional reports whether a 1xx has come.
func (b *Branch) Provisional() bool { return b.flags&branchProvisional != 0 }

// Done reports whether the branch has a final response or has failed.
func (b *Branch) Done() bool { return b.state >= clientCompleted }

// Abandoned reports whether tx.Abandon was called for it.
func (b *Branch) Abandoned() bool { return b.flags&branchAbandoned != 0 }

// Cancelled reports whether tx.Cancel was called for it, or a CANCEL was sent.
func (b *Branch) Cancelled() bool { return b.flags&(branchCancel|branchCancelSent) != 0 }

// Sent is when the request was first sent, in steps of 1 ms; zero if it was not.
func (b *Branch) Sent() time.Time {
	if b.sentAt == 0 {
		return time.Time{}
	}
	return b.tx.shard.clock.at(b.sentAt)
}
