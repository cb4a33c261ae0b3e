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
	// Refused488: 488 to Evidence.Caller. Where there is a Decision, use
	// Balancer.Refused, which also sees an offer that every bridge refuses.
	Refused488
)

// String returns timeout, transport, 503 or 488.
func (k EvidenceKind) String() string {
	return [...]string{"timeout", "transport", "503", "488"}[k&3]
}

// MaxRetryAfter is the longest time that a bridge's Retry-After is believed: a
// slip of the pen must not take a bridge away until the next restart.
const MaxRetryAfter = time.Hour

// Evidence is what the call path learned about one bridge.
type Evidence struct {
	Kind       EvidenceKind
	RetryAfter time.Duration // Of Unavailable503; 0 none, MaxRetryAfter at most.
	Caller     uint64        // Of Refused488: Call.Caller.
}

// evidence is what is remembered of it for one bridge. Suspicion is not here:
// it belongs to the bridge's SIP state (R11).
type evidence struct {
	heldUntil instant // By Retry-After.
	full      bool    // A credible 488: level 2 until the next reading.
	fullAt    instant
	refused   bool // A 488 that is not credible by itself, since the last reading.
	refusedBy uint64
	refusedAt instant
}

// hold leaves the bridge alone for a time.
func (e *evidence) hold(d time.Duration, now instant) {
	e.heldUntil = max(e.heldUntil, now.plus(min(max(d, 0), MaxRetryAfter)))
}

// refuse takes a 488 to a caller into account and says whether it is credible:
// the bridge looks full, or another caller was refused since the last reading.
func (e *evidence) refuse(caller uint64, looksFull bool, now instant) (credible bool) {
	if looksFull || e.refused && e.refusedBy != caller {
		e.full, e.fullAt = true, now
		return true
	}
	e.refused, e.refusedBy, e.refusedAt = true, caller, now
	return false
}

// acquit takes a refusal back: the offer was at fault.
func (e *evidence) acquit(caller uint64) {
	if e.refusedBy == caller {
		e.refused = false
	}
}

// read forgets what a load reading that began later knows better.
func (e *evidence) read(began instant) {
	if e.fullAt < began {
		e.full = false
	}
	if e.refusedAt < began {
		e.refused = false
	}
}

// isFull says whether the bridge counts as full at now. Where no reading comes,
// the mark lapses like a reading would.
func (e *evidence) isFull(now instant, p *Policy) bool {
	return e.full && now.since(e.fullAt) <= p.StaleAfter
}

// looksFull is the guard of R12: a 488 is believed of a bridge at 90 % of its
// existing-conference limit, or at its participantLimit.
func looksFull(row *row, l *ledger) bool {
	legs := int64(row.participants) + int64(l.calls)
	return row.thresholds.nearlyFull(row.load+l.reserved) ||
		row.limits.ParticipantLimit > 0 && legs >= int64(row.limits.ParticipantLimit)
}
