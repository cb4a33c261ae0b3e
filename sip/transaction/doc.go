// Package transaction is the transaction layer of a stateful SIP proxy: RFC 3261
// section 17 with the corrections of RFC 6026. It tells new requests from
// retransmissions, answers the latter, retransmits what may be lost, absorbs and makes
// the ACKs of failures, and runs the timers. What to do with a request is the
// decision of its User, the proxy core.
//
// # One record for each proxied transaction
//
// A record holds the server half and up to MaxBranches client branches; a request of
// our own has branches alone. It is reached by its key (server half), by the name in
// a branch parameter (responses), by a token (write failures) and by a Ref (the
// user). Records live in shards. Each shard has one mutex, which is never held
// during I/O, one timer wheel, and one goroutine that sleeps until the wheel's next
// deadline.
//
// # Server half of an INVITE
//
//	             INVITE → User.Request
//	                      │
//	                ┌─────▼──────┐ INVITE again: last 1xx again
//	      ┌─────────┤ Proceeding ├─────────┐ CANCEL: 200, User.Cancelled
//	      │ 2xx     └────────────┘ 3xx–6xx │
//	┌─────▼────┐                     ┌─────▼─────┐ INVITE again, Timer G:
//	│ Accepted │ INVITE again: —     │ Completed │ the response again
//	└─────┬────┘ 2xx: passed on      └──┬─────┬──┘
//	      │      ACK: User.ACK      ACK │     │ Timer H
//	      │                       ┌─────▼───┐ │
//	      │                       │Confirmed│ │ ACK: absorbed
//	      │ Timer L               └─────┬───┘ │
//	      │                     Timer I │     │
//	      └──────────────────────► Terminated ◄
//
// Server half of another request: Trying, Proceeding after a 1xx, Completed after the
// final response until Timer J. A retransmission gets the last response. One that is
// in Trying for as long as Timer E grows gets a 100 of the layer's own (RFC 4320).
//
// # Client branch of an INVITE
//
//	             tx.Send
//	                │
//	          ┌─────▼─────┐ Timer A: INVITE again      Timer B: CauseTimeout
//	          │  Calling  ├──────────────────────────► not written: CauseTransport
//	          └─────┬─────┘
//	            1xx │
//	          ┌─────▼─────┐ 101–199: Timer C anew      Timer C: CauseTimerC
//	          │ Proceeding├──────────────────────────► 64*T1 after CANCEL: CauseTimeout
//	          └──┬─────┬──┘ tx.Cancel: CANCEL
//	(also        │     │        (also from Calling)
//	Calling) 2xx │     │ 3xx–6xx: ACK
//	     ┌───────▼──┐ ┌▼──────────┐
//	     │ Accepted │ │ Completed │ 3xx–6xx again: ACK again
//	     └───────┬──┘ └┬──────────┘
//	2xx: shown   │     │ Timer D
//	     Timer M └──┬──┘
//	            Terminated
//
// Client branch of another request: Trying, Proceeding after a 1xx, Completed after
// the final response until Timer K; Timer E repeats the request, Timer F ends it.
// Over a reliable transport nothing is repeated and timers D, I, J and K are zero.
//
// # Map
//
// Open user.go first: it is what this package asks of the core. Then layer.go,
// request.go, response.go and originate.go: the ways in; server.go with its two
// machines, client.go with its two, cancel.go; shard.go and release.go: what happens
// around each event; run.go: the timer goroutine. Beneath: match.go (keys),
// branchid.go and token.go (names), record.go, slots.go, index.go, buffer.go, hop.go
// (how little memory it takes), wheel.go and timers.go (time), tx.go, branch.go (what a
// callback sees), stats.go.
//
// # Rules
//
// Time and the Sender come with each event, so the machines are tested with neither
// clock nor socket. The layer never answers an INVITE of itself, but for 503 when its
// table is full and 500 when the user panics. The user's callbacks run under the
// shard's lock, except User.ACK; a panic in one ends that transaction and releases
// the lock. In the steady state no message allocates. What is finished keeps only
// what absorbs retransmissions: a record and a branch of about 200 bytes together
// and, in Completed over UDP, the response or the ACK.
package transaction
