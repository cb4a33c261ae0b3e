package sip

// TargetKind says what a dialled URI is, as the dial plan of CMS has it (R8).
type TargetKind uint8

// The kinds of Target.
const (
	// TargetUnknown: nothing says what it is. It is placed like a space under
	// its own URI, so that CMS itself says 404.
	TargetUnknown   TargetKind = iota
	TargetSpace                // a space: affinity, R5 in full
	TargetIVR                  // an IVR: never a conference
	TargetUser                 // a user: CMS calls onwards, a gateway call
	TargetForwarded            // only a forwarding rule matches the domain: a gateway call
	TargetLync                 // an inbound rule gives it to Lync: never balanced
)

// Target is what a Resolver knows about a dialled URI.
type Target struct {
	Kind  TargetKind
	Space string // space id, of TargetSpace
}

// Resolver knows what dialled URIs are. domain is lower-case; user is decoded,
// without parameters, in lower case. Both methods are called on the call path:
// neither may block, both must be safe for concurrent use.
type Resolver interface {
	// Classify says what a URI is, by what is known now. sure is false when
	// asking may tell more. It must not keep user, whose memory is used again.
	Classify(domain, user string) (t Target, sure bool)
	// Query asks the bridges about a URI that Classify was not sure of, within
	// their budget. It calls done once, from another goroutine, or returns
	// false and never calls it.
	Query(domain, user string, done func(Target)) bool
}
