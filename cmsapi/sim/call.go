package sim

import "time"

// State is how far a call got.
type State string

// States of a call.
const (
	StateRinging   State = "ringing"   // INVITE taken, no final answer yet
	StateAnswered  State = "answered"  // 2xx sent (incoming) or received (outgoing), ACK outstanding
	StateConnected State = "connected" // acknowledged
	StateEnded     State = "ended"     // was answered, is over
	StateRefused   State = "refused"   // never answered with 2xx
)

// Direction is who called.
type Direction string

// Directions of a call, as seen by the bridge.
const (
	Incoming Direction = "incoming"
	Outgoing Direction = "outgoing"
)

// Call is a snapshot of one call at one bridge.
type Call struct {
	// Bridge is the bridge's name, Number its "call <n>" in the event log and
	// Leg the call leg's GUID in the API.
	Bridge string
	Number int
	Leg    string
	// Direction tells who called.
	Direction Direction
	// CallID is the SIP Call-ID; RequestURI, From, To and Contact are exactly
	// as received (as sent, for an outgoing call).
	CallID, RequestURI, From, To, Contact string
	// Target is what was dialled: "space", "ivr", "user", "forwarding" or "".
	Target string
	// Space is the space's GUID if Target is "space".
	Space string
	// State is how far the call got; Status the final response to the INVITE,
	// 0 while there is none; Reason why it ended, as in the event log.
	State  State
	Status int
	Reason string
	// Units is the load that the call costs while it is up.
	Units int
	// Transport is "UDP" or "TCP", Source the address the INVITE came from.
	Transport, Source string
	// Started, Answered and Ended are zero until they happen.
	Started, Answered, Ended time.Time
	// INVITE is the whole message as received (as sent, for an outgoing call),
	// byte for byte.
	INVITE string
	// Requests are the later requests of the dialog, its CANCEL included and
	// retransmissions excluded, oldest first, at most 64.
	Requests []Request
}

// Request is a request that a bridge received.
type Request struct {
	// Method is the request's method.
	Method string
	// At is when it was read.
	At time.Time
	// Transport is "UDP" or "TCP", Source the address it came from.
	Transport, Source string
	// Text is the whole message as received, byte for byte.
	Text string
}

// Active tells if the call is neither ended nor refused.
func (c Call) Active() bool {
	return c.State != StateEnded && c.State != StateRefused
}
