package sip

import (
	"net/netip"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

// Settings is everything a Proxy is made of. It is plain data and is not
// changed after New.
type Settings struct {
	Bridges      []Bridge      // index is the lb.BridgeID
	CallControls []CallControl // in the order of the configuration
	Routes       []Route       // first match wins
	RouteKeys    [][]byte      // secrets for the Record-Route token; the first signs, all verify

	Rules    lb.Policy // times and numbers of the rules (R9, R10, R12)
	Policy   Policy
	Selector Selector    // chooses bridges; *lb.Balancer in the program
	Resolver Resolver    // what a dialled URI is
	Lookup   Lookup      // the DNS
	Recorder Recorder    // takes finished decisions; nil records nothing
	Logger   *zap.Logger // writes a line before it returns: the texts in its fields are used again

	// Decided, if set, sees each decision as it is made, and again whenever it
	// moves on to its next candidate; d.Tries tells which it is. It runs on the
	// call path: it must not block and must not keep d.
	Decided func(d *lb.Decision)
}

// Bridge is one Call Bridge as the front door sees it.
type Bridge struct {
	Name    string
	Group   lb.GroupID
	SIP     Destination    // where its SIP goes
	Sources []netip.Prefix // where its own requests come from; empty: the addresses of SIP
}

// Destination is a configured SIP next hop.
type Destination struct {
	Host      string         // name or IP literal (IPv6 without brackets)
	Port      uint16         // 0: the URI names none, and DNS says which (RFC 3263)
	Transport wire.Transport // UDP or TCP
	Fixed     bool           // its URI names the transport: no other is used, whatever the size of a request
}

// CallControl is a peer that may send calls and takes the requests of bridges.
type CallControl struct {
	Name    string
	URIs    []Destination  // tried in order
	Sources []netip.Prefix // empty: the addresses of URIs
	Domains []string       // lower case; the first call control takes what no other names

	Kind    ControlKind
	Landing lb.LandingMode // R9 for its calls; LandingDefault: as Settings.Rules say
	Reject  Reject         // R7 for its calls; a zero code: as Policy.Reject says
}

// ControlKind says what a call control is, where that changes what we do.
type ControlKind uint8

// The kinds of call control.
const (
	KindOther ControlKind = iota // CUCM, Expressway, any SIP trunk
	KindLync                     // Lync and Skype: never balanced, never moved (R8)
)

// Reject holds the codes of refusals (R7).
type Reject struct {
	Exhausted   int // a bridge was vetoed for load or limits: 488
	Gateway     int // the same for a gateway call: 486
	Unavailable int // no bridge can take calls at all: 503
}

// Route maps a dialled domain to an ordered list of groups.
type Route struct {
	Name    string   // the first domain: the part after @ in a conference key
	Domains []string // lower case
	Groups  []lb.GroupID
	Default bool // also takes calls to our own addresses (R14)
	// Listener and CallControl narrow the route to what came in on one
	// listener, or from one call control, by index; Any takes all.
	Listener, CallControl int
	RequestURI            RequestURIMode
}

// Any is the Listener or CallControl of a Route that takes all.
const Any = -1

// RequestURIMode says what becomes of a Request-URI host that is ours or
// another bridge's (rule R14).
type RequestURIMode uint8

// The modes of RequestURIMode.
const (
	RequestURIDomain RequestURIMode = iota // replaced by the route's first domain
	RequestURIBridge                       // replaced by the chosen bridge's SIP host
	RequestURIKeep                         // never replaced
)

// Policy holds the times and codes that only the front door uses; the numbers
// of the rules are in lb.Policy.
type Policy struct {
	TimerC          time.Duration // RFC 3261 16.6 step 11; more than 3 minutes
	OptionsInterval time.Duration // pause between OPTIONS probes of a bridge; 0 sends none

	Reject          Reject
	Mode            Mode
	URIQueryWait    time.Duration // how long a call may be parked while a bridge is asked about its URI; 0 asks none
	OptionsWhenFull int           // answer to OPTIONS to us while every route is full: 200 (0 too) or 503
	Redact          bool          // numbers in log lines are masked
}

// Selector chooses Call Bridges and keeps the promises made to them. None of
// its methods blocks; all are safe for concurrent use. *lb.Balancer is one.
type Selector interface {
	// Place decides and reserves in one step (R5, R10).
	Place(c *lb.Call, now time.Time, d *lb.Decision)
	// Observe decides, and reserves where the call goes all the same.
	Observe(c *lb.Call, to lb.BridgeID, now time.Time, d *lb.Decision)
	// Explain decides with no side effect.
	Explain(c *lb.Call, now time.Time, d *lb.Decision)
	// Next moves a decision to its next candidate, false when there is none.
	Next(d *lb.Decision, now time.Time) (lb.BridgeID, bool)
	// Answered, Ended and SetCost follow a placed call; stale handles do nothing.
	Answered(p lb.Placement, now time.Time)
	Ended(p lb.Placement, now time.Time)
	SetCost(p lb.Placement, cost int)
	// Evidence is what a call attempt taught about a bridge (R12).
	// It reports true when the bridge wants a probe at once.
	Evidence(id lb.BridgeID, e lb.Evidence, now time.Time) (probe bool)
	// Refused says that the chosen bridge of d answered 488 (R12).
	Refused(d *lb.Decision, now time.Time) (offerAtFault bool)
	// Suspect says whether a bridge's SIP side is taken for dead.
	Suspect(id lb.BridgeID) bool
	// Reach is the result of an OPTIONS probe, or any SIP answer (R11).
	Reach(id lb.BridgeID, ok bool, at time.Time)
	// Resolve says that a URI (a Key's) is a space, so that callers who came
	// before that was known are met (R3).
	Resolve(uri, space string)
	// LevelFor is the load level of d's chosen bridge without what this very
	// call holds there (R2).
	LevelFor(d *lb.Decision, now time.Time) lb.Level
	// Table is what is known of the bridges, for texts.
	Table() *lb.Table
}

// Recorder takes each decision once its outcome is known and gives it a
// number. It must not block and must not keep d. *lb.Recorder is one.
type Recorder interface {
	Record(d *lb.Decision, r lb.Result) uint64
}

// Stack is what the proxy needs of package transport; see Sockets.
type Stack interface {
	NewBatch() transaction.Flusher
	LocalFor(t wire.Transport, remote netip.Addr) (transport.LocalAddress, error)
	IsLocal(a netip.Addr, port uint16) bool
	Listeners() []transport.BoundListener

	// What RFC 3261 section 18.1.1 needs; see pathmtu.go.
	PathMTU(remote netip.Addr) int
	TooLarge(remote netip.Addr, n int) bool
	Refused(t wire.Transport, remote netip.AddrPort) bool
	Connected(t wire.Transport, remote netip.AddrPort) bool
}

// Sockets makes a transport.Stack the Stack of a Proxy.
func Sockets(s *transport.Stack) Stack { return sockets{s} }

type sockets struct{ *transport.Stack }

// NewBatch hides the concrete type, so that a test needs no socket.
func (s sockets) NewBatch() transaction.Flusher { return s.Stack.NewBatch() }
