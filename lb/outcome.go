package lb

import "fmt"

// Outcome is the result of one decision.
type Outcome uint8

// The outcomes.
const (
	// Chosen: Decision.Chosen is to be tried.
	Chosen Outcome = iota
	// Exhausted: nobody, and at least one bridge was vetoed for load or limits
	// (R7: 488, or 486 for a gateway call).
	Exhausted
	// Unavailable: nobody, and no bridge was vetoed for load or limits (R7: 503
	// with Retry-After).
	Unavailable
	// LandingFull: the landing bridge is at level 2 in native mode (R9: 488).
	LandingFull
	// Spent: bridges were tried and no candidate is left, or tries are used up,
	// or the offer is at fault (R12: the best response goes up).
	Spent
)

// String returns chosen, exhausted, unavailable, landing-full or spent.
func (o Outcome) String() string {
	switch o {
	case Chosen:
		return "chosen"
	case Exhausted:
		return "exhausted"
	case Unavailable:
		return "unavailable"
	case LandingFull:
		return "landing-full"
	case Spent:
		return "spent"
	}
	return fmt.Sprintf("outcome %d", uint8(o))
}

// Veto says why a bridge may not take a call; Free means that it may.
type Veto uint8

// The vetoes, in the order in which they are looked for: a bridge that is down
// is not also called full.
const (
	Free               Veto = iota // It may take the call.
	VetoSender                     // It sent the call itself (Call.Exclude).
	VetoMaintenance                // In maintenance (R4).
	VetoDown                       // API and SIP both silent (R11).
	VetoSuspect                    // SIP failed; being probed (R12).
	VetoHeld                       // Asked to be left alone by Retry-After (R12).
	VetoBlind                      // Nothing was ever read, and the policy refuses (R11).
	VetoDraining                   // Draining, and the conference does not run there (R4).
	VetoLoad                       // Load level 2 (R5).
	VetoParticipants               // participantLimit reached (R4).
	VetoConferenceSize             // maxPerConference reached (R4).
	VetoJoinRate                   // maxJoinRate reached (R4).
	VetoSpread                     // maxBridgesPerConference reached (R4).
	VetoTried                      // Tried in this decision, and failed (R12).
)

// Limit says whether the veto is one of load or limits: R7 refuses with 488
// then, since another group may have room, and not with 503.
func (v Veto) Limit() bool { return v >= VetoLoad && v <= VetoSpread }

// String returns the veto in one or two words, as metrics and JSON show it.
func (v Veto) String() string {
	switch v {
	case Free:
		return ""
	case VetoSender:
		return "sender"
	case VetoMaintenance:
		return "maintenance"
	case VetoDown:
		return "down"
	case VetoSuspect:
		return "suspect"
	case VetoHeld:
		return "retry-after"
	case VetoBlind:
		return "blind"
	case VetoDraining:
		return "draining"
	case VetoLoad:
		return "load"
	case VetoParticipants:
		return "participant-limit"
	case VetoConferenceSize:
		return "conference-size"
	case VetoJoinRate:
		return "join-rate"
	case VetoSpread:
		return "spread"
	case VetoTried:
		return "tried"
	}
	return fmt.Sprintf("veto %d", uint8(v))
}
