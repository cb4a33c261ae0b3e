package cmsapi

// Target is what CMS's own dial plan makes of a dialled URI.
type Target struct {
	// Kind says what the URI means.
	Kind TargetKind
	// Space is the id of the space, "" unless Kind is TargetSpace.
	Space string
}

// TargetKind sorts what a URI can mean to CMS.
type TargetKind uint8

const (
	// TargetUnknown: nothing says what it is. Such a call is placed like one to
	// a space, under its own URI, so that CMS itself says 404.
	TargetUnknown TargetKind = iota
	// TargetSpace: a URI of the space that Target.Space names.
	TargetSpace
	// TargetIVR: the URI of an IVR, which is never a conference.
	TargetIVR
	// TargetUser: a user's JID, to which CMS makes a gateway call.
	TargetUser
	// TargetForwarded: no inbound rule has the domain, and a forwarding rule
	// that forwards matches it: a gateway call.
	TargetForwarded
	// TargetLync: the inbound rule resolves to Lync, and no space, IVR or user
	// has that name.
	TargetLync

	targetKinds = iota
)

var targetNames = [targetKinds]string{"unknown", "space", "ivr", "user", "forwarded", "lync"}

// String returns the kind's name in logs, metrics and the admin API.
func (k TargetKind) String() string {
	if int(k) < len(targetNames) {
		return targetNames[k]
	}
	return "invalid"
}

// TargetKinds returns every kind, for metrics that show all label values from
// the start.
func TargetKinds() []TargetKind {
	return []TargetKind{TargetUnknown, TargetSpace, TargetIVR, TargetUser, TargetForwarded, TargetLync}
}
