package lb

import "time"

// Endpoint names what a Reading read: each is polled on its own, so each
// arrives, fails and ages on its own.
type Endpoint uint8

// The polled endpoints.
const (
	// ReadLoad is GET /system/load.
	ReadLoad Endpoint = iota
	// ReadCalls is GET /calls with what is known of each call.
	ReadCalls
	// ReadLimits is GET /system/configuration/cluster.
	ReadLimits
	// ReadStatus is GET /system/status.
	ReadStatus

	endpoints = 4
)

// String returns load, calls, limits or status.
func (e Endpoint) String() string {
	return [...]string{"load", "calls", "limits", "status"}[e&3]
}

// Reading is the result of one poll of one endpoint of one bridge. A failed
// poll is a Reading too: it is recorded, but never renews an age (R11).
type Reading struct {
	Bridge   BridgeID
	Endpoint Endpoint
	// BeganAt is when the request was sent: what happened later need not be in
	// the answer (R10). The age of a reading counts from here.
	BeganAt time.Time
	// At is when the answer was complete, or the failure was known.
	At time.Time
	// Err says why the poll failed; the fields below are then ignored.
	Err error

	Load         int          // ReadLoad: mediaProcessingLoad in load units.
	Limits       Limits       // ReadLimits.
	Participants int          // ReadStatus: callLegsActive.
	Conferences  []Conference // ReadCalls: the complete list. Kept: do not write to it afterwards.
}

// CallType is callType of GET /calls/<id>.
type CallType uint8

// The call types of CMS.
const (
	TypeUnknown          CallType = iota // Details not read yet, or a type that we do not know.
	TypeSpace                            // coSpace.
	TypeForwarding                       // forwarding: a gateway call.
	TypeAdHoc                            // adHoc.
	TypeLyncConferencing                 // lyncConferencing.
)

// Conference is one call object of GET /calls (CMS says call where people say
// conference), with what GET /calls/<id> said about it.
type Conference struct {
	// Space is the space id (element coSpace), empty for calls into no space.
	Space string
	// Type is the call type.
	Type CallType
	// DetailsAt is when the request for the details began; zero while they are
	// unknown, and then the three fields below mean nothing.
	DetailsAt time.Time
	// Local is numParticipantsLocal.
	Local int
	// ActiveWhenEmpty is activeWhenEmpty: an empty call still counts.
	ActiveWhenEmpty bool
}

// Running says whether the conference counts as running on the bridge that
// listed it: listed with local participants, or empty with activeWhenEmpty;
// while the details are unknown, listed is running. A distribution link alone
// has no local participants, so it is not running; forwarded and Lync calls
// never are.
func (c *Conference) Running() bool {
	switch {
	case c.Space == "", c.Type == TypeForwarding, c.Type == TypeLyncConferencing:
		return false
	case c.DetailsAt.IsZero():
		return true
	default:
		return c.Local > 0 || c.ActiveWhenEmpty
	}
}
