package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Options describe a simulated group. The zero value of every field but
// Bridges is usable.
type Options struct {
	// Name is the Call Bridge group's name. Empty means "lab".
	Name string
	// Bridges are the members, at least one, with names that differ.
	Bridges []BridgeOptions
	// Domains are SIP domains that resolve to spaces, IVRs and users, in
	// addition to InboundRules. With neither, every domain does.
	Domains []string
	// InboundRules are the inbound dial plan rules beside Domains.
	InboundRules []InboundRule
	// ForwardingRules say what becomes of calls to any other domain; without
	// a match such a call gets 404.
	ForwardingRules []ForwardingRule
	// Spaces are the group's coSpaces.
	Spaces []Space
	// Users are user URIs, as "user" (any domain of ours) or "user@domain".
	// A call to one is a gateway call, which the simulated callee answers.
	Users []string
	// IVRs are the user parts of IVR addresses.
	IVRs []string

	// LoadLag is how long mediaProcessingLoad trails the calls that cause it.
	LoadLag time.Duration
	// Ring is the time between INVITE and 200; 0 answers at once.
	Ring time.Duration
	// SendRinging sends a 180 before the 200.
	SendRinging bool
	// T1 and T2 time the retransmission of 2xx responses, and 64*T1 the end of
	// a call that is never acknowledged (RFC 3261 section 13.3.1.4). Zero
	// means 500 ms and 4 s.
	T1, T2 time.Duration

	// History is how many ended calls each bridge remembers; 0 means 1000.
	History int
	// Control is the listening address of the control endpoint, loopback
	// only, e.g. "127.0.0.1:0". Empty means none.
	Control string
	// Logger gets the simulator's own diagnostics; nil drops them.
	Logger *zap.Logger
	// Log gets every line of every bridge's event log. It must not block and
	// must not call back into the group; nil drops the lines.
	Log func(Line)
}

// BridgeOptions describe one Call Bridge.
type BridgeOptions struct {
	// Name is the uniqueName, e.g. "cluster1".
	Name string
	// SIPAddr is where SIP is taken, by UDP and TCP on the same port. Empty
	// means "127.0.0.1:0", port 0 any port that is free for both.
	SIPAddr string
	// APIAddr is the Web Admin address. Empty means "127.0.0.1:0".
	APIAddr string
	// TLS serves the API over HTTPS with a certificate made at the start
	// (Bridge.CertPEM); otherwise it is plain HTTP.
	TLS bool
	// Username and Password are the API's credentials; an empty Username
	// means "admin", an empty Password "secret".
	Username, Password string
	// LoadLimit is loadLimit in load units; 0 leaves it unset, so the bridge
	// never refuses for load.
	LoadLimit int
	// NewBP and ExistingBP are newConferenceLoadLimitBasisPoints and
	// existingConferenceLoadLimitBasisPoints, 1..10000; 0 means CMS's defaults
	// of 5000 and 8000.
	NewBP, ExistingBP int
	// ParticipantLimit is participantLimit; 0 leaves it unset.
	ParticipantLimit int
	// PageCap is the most objects that one answer of a collection holds,
	// whatever the client asks; 0 means 20.
	PageCap int
	// OutboundProxy is the SIP URI through which this bridge sends calls of
	// its own (Bridge.Dial), e.g. "sip:127.0.0.1:5060;transport=tcp". Empty
	// sends them to the dialled URI's host.
	OutboundProxy string
}

// Space is one coSpace.
type Space struct {
	// ID is the GUID; empty means one is made.
	ID string
	// Name is shown to people; empty means URI.
	Name string
	// URI and SecondaryURI are user parts, never with a domain.
	URI, SecondaryURI string
	// CallID is the number that an IVR asks for. It is not a SIP address.
	CallID string
	// Tenant is a tenant's GUID; a URI is unique within a tenant only.
	Tenant string
	// AccessMethods are further ways into the space.
	AccessMethods []AccessMethod
	// ActiveWhenEmpty keeps a conference running after its last participant
	// left, until Bridge.EndConference.
	ActiveWhenEmpty bool
}

// AccessMethod is a further URI of a space.
type AccessMethod struct {
	// ID is the GUID; empty means one is made.
	ID string
	// URI is the user part.
	URI string
	// CallID, Name and Passcode are shown by the API only.
	CallID, Name, Passcode string
}

const (
	defaultUsername  = "admin"
	defaultPassword  = "secret"
	defaultPageCap   = 20
	defaultHistory   = 1000
	defaultNewBP     = 5000
	defaultExisting  = 8000
	defaultT1        = 500 * time.Millisecond
	defaultT2        = 4 * time.Second
	maxBasisPoints   = 10000
	defaultGroupName = "lab"
)

// withDefaults returns o with every unset field filled in, or what is wrong.
func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = defaultGroupName
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Log == nil {
		o.Log = func(Line) {}
	}
	if o.T1 <= 0 {
		o.T1 = defaultT1
	}
	if o.T2 <= 0 {
		o.T2 = defaultT2
	}
	if o.History <= 0 {
		o.History = defaultHistory
	}
	if len(o.Bridges) == 0 {
		return o, errors.New("sim: a group needs at least one bridge")
	}
	bridges := make([]BridgeOptions, len(o.Bridges))
	seen := make(map[string]bool)
	for i, b := range o.Bridges {
		b, err := b.withDefaults()
		if err != nil {
			return o, err
		}
		if seen[strings.ToLower(b.Name)] {
			return o, fmt.Errorf("sim: two bridges are called %q; give each its own name", b.Name)
		}
		seen[strings.ToLower(b.Name)] = true
		bridges[i] = b
	}
	o.Bridges = bridges
	return o, nil
}

// withDefaults returns o with every unset field filled in, or what is wrong.
func (o BridgeOptions) withDefaults() (BridgeOptions, error) {
	if o.Name == "" {
		return o, errors.New("sim: a bridge has no name")
	}
	if o.SIPAddr == "" {
		o.SIPAddr = "127.0.0.1:0"
	}
	if o.APIAddr == "" {
		o.APIAddr = "127.0.0.1:0"
	}
	if o.Username == "" {
		o.Username = defaultUsername
	}
	if o.Password == "" {
		o.Password = defaultPassword
	}
	if o.NewBP == 0 {
		o.NewBP = defaultNewBP
	}
	if o.ExistingBP == 0 {
		o.ExistingBP = defaultExisting
	}
	if o.PageCap <= 0 {
		o.PageCap = defaultPageCap
	}
	for _, v := range []struct {
		name string
		n    int
		max  int
	}{
		{"NewBP", o.NewBP, maxBasisPoints},
		{"ExistingBP", o.ExistingBP, maxBasisPoints},
		{"LoadLimit", o.LoadLimit, 1 << 40},
		{"ParticipantLimit", o.ParticipantLimit, 1 << 40},
	} {
		if v.n < 0 || v.n > v.max {
			return o, fmt.Errorf("sim: bridge %q: %s is %d, out of 0..%d", o.Name, v.name, v.n, v.max)
		}
	}
	return o, nil
}
