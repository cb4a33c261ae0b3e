package lb

import (
	"fmt"
	"time"
)

// SIP is what is known of a bridge's SIP side.
type SIP uint8

// The states of a bridge's SIP side.
const (
	SIPUnproven SIP = iota // Neither answered nor failed yet.
	SIPAnswers             // Its last sign was an answer.
	SIPSilent              // Its last sign was a failure: a probe or call got no answer.
)

// String returns unproven, answers or silent.
func (s SIP) String() string { return [...]string{"unproven", "answers", "silent", "?"}[s&3] }

// Reach says how far a bridge can be reached and its readings be trusted (R11).
type Reach uint8

// The reaches. See the diagram in the package comment.
const (
	ReachUp      Reach = iota // Fresh reading, SIP not failed.
	ReachStale                // No fresh reading; SIP not failed. Level counts as 1.
	ReachDark                 // As stale, but so is every other bridge: the fault may be ours.
	ReachBlind                // No bridge was ever read.
	ReachSuspect              // Fresh reading, SIP failed. Not eligible.
	ReachDown                 // No fresh reading, and SIP failed or long unproven. Not eligible.
)

// String returns up, stale, dark, blind, suspect or down.
func (r Reach) String() string {
	names := [...]string{"up", "stale", "dark", "blind", "suspect", "down"}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("reach %d", uint8(r))
}

// signs are what R11 looks at for one bridge.
type signs struct {
	read    bool          // It was read at some time.
	age     time.Duration // Of its last good load reading; since the start if there was none.
	anyRead bool          // Some bridge was read at some time.
	allDark bool          // No bridge has a fresh reading.
	sip     SIP
}

// reachOf is R11.
func reachOf(s signs, p *Policy) Reach {
	fresh := s.read && s.age <= p.StaleAfter
	switch {
	case fresh && s.sip == SIPSilent:
		return ReachSuspect
	case fresh:
		return ReachUp
	case s.sip == SIPSilent:
		return ReachDown
	case !s.anyRead:
		return ReachBlind
	case s.allDark:
		return ReachDark
	case s.sip == SIPUnproven && s.age > p.DownAfter:
		return ReachDown
	default:
		return ReachStale
	}
}
