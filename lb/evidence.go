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
	alsoBy    uint64 // The second caller, where two make full credible; else 0.
	refusedAt instant
}

// hold leaves the bridge alone for a time.
func (e *evidence) hold(d time.Duration, now instant) {
	e.heldUntil = max(e.heldUntil, now.plus(min(max(d, 0), MaxRetryAfter)))
}

// refuse takes a 488 to a caller into account and says whether it is credible:
// the bridge looks full, or another caller was refused since the last reading.
func (e *evidence) refuse(caller uint64, looksFull bool, now instant) (credible bool) {
	second := e.refused && e.refusedBy != caller
	switch {
	case looksFull:
		e.full, e.fullAt, e.alsoBy = true, now, 0
	case second && !e.full:
		e.full, e.fullAt, e.alsoBy = true, now, caller
	case second: // Full already, for a better reason or the same.
		e.fullAt = now
	default:
		e.refused, e.refusedBy, e.refusedAt = true, caller, now
		return false
	}
	return true
}

// acquit takes a refusal back: the offer was at fault. What needed it as one of
// two falls with it.
func (e *evidence) acquit(caller uint64) {
	switch {
	case e.alsoBy != 0 && (caller == e.refusedBy || caller == e.alsoBy):
		if caller == e.refusedBy {
			e.refusedBy = e.alsoBy
		}
		e.full, e.alsoBy = false, 0
	case caller == e.refusedBy:
		e.refused = false
	}
}

// read forgets what a load reading that began later knows better.
func (e *evidence) read(began instant) {
	if e.fullAt < began {
		e.full, e.alsoBy = false, 0
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
// existing-conference limit, or at its participantLimit. What the refused call
// itself holds there, own (nil for none), is no part of it, as it is none of R2.
func looksFull(row *row, l *ledger, own *placement) bool {
	load, legs := row.load+l.reserved, int64(row.participants)+int64(l.calls)
	if own != nil && own.holds[holdLoad] {
		load -= own.cost
	}
	if own != nil && own.holds[holdCalls] {
		legs--
	}
	return row.thresholds.nearlyFull(load) ||
		row.limits.ParticipantLimit > 0 && legs >= int64(row.limits.ParticipantLimit)
}
