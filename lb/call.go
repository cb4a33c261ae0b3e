package lb

// Kind says what a call is for; it decides how the call is balanced (R8).
type Kind uint8

// The kinds of calls.
const (
	// Space is a call into a space: R5 in full, with affinity.
	Space Kind = iota
	// IVR is a call to an IVR: no affinity; the emptiest bridge.
	IVR
	// Gateway is a call that CMS forwards onwards: R5 (b) and (c), no affinity.
	Gateway
	// Lync is a Lync, Skype or dual-home call: never balanced, never refused
	// by us.
	Lync
)

// String returns space, ivr, gateway or lync.
func (k Kind) String() string {
	return [...]string{"space", "ivr", "gateway", "lync"}[k&3]
}

// LandingMode says what it means that a call names a bridge (R9).
type LandingMode uint8

// The landing modes.
const (
	// LandingDefault takes the Policy's mode.
	LandingDefault LandingMode = iota
	// LandingGroup lets any bridge of the group take the call.
	LandingGroup
	// LandingNative does as CMS does: a landing bridge at level 2 refuses with
	// no query.
	LandingNative
	// LandingOnly takes exactly the landing bridge, whatever its state.
	LandingOnly
)

// String returns default, group, native or only.
func (m LandingMode) String() string {
	return [...]string{"default", "group", "native", "only"}[m&3]
}

// Key names what was dialled. Two calls with the same key meet.
type Key struct {
	// Space is the space id, as the API spells it; empty while it is unknown.
	Space string
	// URI is the dialled address as "user@route": user part decoded, without
	// parameters, in lower case, and the route's name. It is the key where
	// Space is empty, and finds pins by user part.
	URI string
}

// String returns the text that is hashed: the space id, else the URI.
func (k Key) String() string {
	if k.Space != "" {
		return k.Space
	}
	return k.URI
}

// Call is what a decision needs to know about one call. The strings need to
// live only until Place returns: what is kept is copied.
type Call struct {
	CallID, From, To string // For the record; CallID also breaks ties of IVR calls.
	Conference       Key
	Kind             Kind
	// Cost is the expected load in load units (R10), 0 or more.
	Cost int
	// Groups are the groups of the call's route, in order (R6); at most
	// MaxGroups are looked at.
	Groups []GroupID
	// Landing is the bridge that the Request-URI names, else NoBridge (R9).
	// Note that the zero value is a bridge: set it.
	Landing BridgeID
	// Mode says what Landing means.
	Mode LandingMode
	// Exclude is the bridge that sent the call itself: no call goes back to where
	// it came from. It counts only where ExcludeSet is true, so the zero value
	// excludes nobody.
	Exclude    BridgeID
	ExcludeSet bool
	// Caller identifies the calling party (any hash of it), so that two
	// refusals by two callers can be told from two by one (R12).
	Caller uint64
}
