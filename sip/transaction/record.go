package transaction

import "bridgehead/sip/wire"

// serverState is the state of a server half: RFC 3261 figures 7 and 8 with
// Accepted of RFC 6026 figure 3.
type serverState uint8

const (
	serverNone       serverState = iota // A request of our own has no server half.
	serverTrying                        // Non-INVITE with no response yet.
	serverProceeding                    // INVITE before its final response; non-INVITE after a 1xx.
	serverCompleted                     // Final sent: non-2xx of INVITE, any of others.
	serverConfirmed                     // ACK of a non-2xx came.
	serverAccepted                      // INVITE answered 2xx.
	serverTerminated                    // Over; the record may live on for its branches.
)

// open reports whether the half still owes a final response.
func (s serverState) open() bool { return s == serverTrying || s == serverProceeding }

// over reports whether the half keeps the record alive no more.
func (s serverState) over() bool { return s == serverNone || s == serverTerminated }

type recordFlags uint8

const (
	flagUsed      recordFlags = 1 << iota // The slot is taken.
	flagOwn                               // The layer's own answer to a CANCEL: the User never hears of it.
	flagCancelled                         // A CANCEL has come for this INVITE.
	flagReleased                          // The request has been freed, Build is over.
	flagEnding                            // Ended is being called, or is over.
)

// record is the fixed part of a transaction, all that a finished one keeps apart
// from its response. It holds no pointer, so the garbage collector never looks
// at it; what has a variable size lies in buffers, Data in an array beside.
type record struct {
	key       key
	chain     uint32 // Next record of the same bucket of the index.
	gen       uint32 // How often the slot was freed; tells a reference from its successor's.
	node      wheelNode
	resendAt  instant // Timer G.
	expireAt  instant // Timer H, I, J or L; before the final response, the guard.
	userAt    instant // The user's timer.
	interval  uint32  // Milliseconds until the next Timer G.
	timerC    uint32  // Milliseconds, 0 for the layer's.
	branches  uint32  // First branch.
	response  handle  // Last response sent, where it may have to be sent again.
	message   handle  // The request, while it is needed.
	source    uint16  // Port that the request came from.
	final     uint16
	method    wire.Method
	server    serverState
	flags     recordFlags
	nbranches uint8
	hop       hop // Where responses go.
}

// clientState is the state of a branch: RFC 3261 figures 5 and 6 with Accepted of
// RFC 6026 figure 5.
type clientState uint8

const (
	clientIdle       clientState = iota // Not sent yet.
	clientCalling                       // Sent, no response: Calling of INVITE, Trying of others.
	clientProceeding                    // A 1xx came.
	clientCompleted                     // A final came: non-2xx of INVITE, any of others.
	clientAccepted                      // A 2xx of INVITE came.
	clientTerminated
)

// pending reports whether a final response may still come.
func (s clientState) pending() bool { return s == clientCalling || s == clientProceeding }

// live reports whether the branch keeps the record alive.
func (s clientState) live() bool { return s != clientIdle && s != clientTerminated }

type branchFlags uint8

const (
	branchAbandoned   branchFlags = 1 << iota
	branchCancel                  // The user wants it cancelled.
	branchCancelSent              // CANCEL is out; resendAt and expireAt are its timers.
	branchProvisional             // A 1xx came.
	branchUnsent                  // Build gave nothing to send.
	branchKeepsExtra              // keep holds header lines for a CANCEL that must wait.
	branchKeepsCancel             // keep holds the CANCEL, sent or not.
)

// branchRecord is a client transaction within a record; no pointers either.
type branchRecord struct {
	hop      hop
	resendAt instant // Timer A or E, of the request or, once it is out, the CANCEL.
	expireAt instant // Timer B, F, C, D, K, M, or the wait after a CANCEL.
	sentAt   instant
	interval uint32 // Milliseconds until the next resendAt.
	next     uint32 // Next branch of the record.
	keep     handle // CANCEL headers, CANCEL or ACK, whichever is needed again.
	data     uint32
	status   uint16
	state    clientState
	flags    branchFlags
}
