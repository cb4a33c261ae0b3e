package lb

import "time"

// EvidenceKind says what a call attempt taught us about a bridge (R12).
type EvidenceKind uint8

// The kinds of evidence.
const (
	// Timeout: no response at all within attemptTimeout.
	Timeout EvidenceKind = iota
	// Transport: the message could not be delivered.
	Transport
	// Unavailable503: 503; with Evidence.RetryAfter the bridge is left alone
	// that long, without it nothing is learned.
	Unavailable503
	// Refused488: 488 to Evidence.Caller. Prefer Balancer.Refused, which also
	// sees an offer that every bridge refuses.
	Refused488
)

// Evidence is what the call path learned about one bridge.
type Evidence struct {
	Kind       EvidenceKind
	RetryAfter time.Duration // Of Unavailable503; 0 none. Held to at most an hour.
	Caller     uint64        // Of Refused488: Call.Caller.
}
