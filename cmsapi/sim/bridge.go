package sim

import (
	"context"
	"time"
)

// Bridge is one simulated Call Bridge. All methods are safe for concurrent
// use. A call is named by its SIP Call-ID or by its leg's GUID.
type Bridge struct {
	group *Group
	opts  BridgeOptions
}

// Name is the bridge's uniqueName.
func (b *Bridge) Name() string { return b.opts.Name }

// SIPAddr is the "host:port" on which the bridge takes SIP over UDP and TCP.
func (b *Bridge) SIPAddr() string { return b.opts.SIPAddr }

// APIURL is the Web Admin's base, e.g. "https://127.0.0.1:44501", without
// path and closing slash.
func (b *Bridge) APIURL() string { return "" }

// Username is the API user's name.
func (b *Bridge) Username() string { return b.opts.Username }

// Password is the API user's password.
func (b *Bridge) Password() string { return b.opts.Password }

// CertPEM is the self-signed certificate of the HTTPS API, nil for plain HTTP.
func (b *Bridge) CertPEM() []byte { return nil }

// Fingerprint is the certificate's SHA-256 as "sha256:<hex>", "" for plain HTTP.
func (b *Bridge) Fingerprint() string { return "" }

// Calls are the bridge's calls: those that are over, oldest first, as many as
// Options.History allows, then those that are not. Refused ones are among them.
func (b *Bridge) Calls() []Call { return nil }

// Call is the newest call of that name.
func (b *Bridge) Call(id string) (Call, bool) { return Call{}, false }

// Load is mediaProcessingLoad as the API would tell it now, in load units.
func (b *Bridge) Load() int { return 0 }

// SetLoad fixes mediaProcessingLoad whatever the calls cost. Native limits
// obey it.
func (b *Bridge) SetLoad(units int) {}

// SetLoadText makes the API give that text for mediaProcessingLoad, to be
// wrong in any way. Native limits ignore it. The empty string ends it.
func (b *Bridge) SetLoadText(text string) {}

// ClearLoad ends SetLoad and SetLoadText: the load is that of the calls again.
func (b *Bridge) ClearLoad() {}

// Level is the bridge's own load level: 0, 1 or 2.
func (b *Bridge) Level() int { return 0 }

// Limits are the figures of a bridge's /system/configuration/cluster.
type Limits struct {
	// LoadLimit and ParticipantLimit are unset when 0.
	LoadLimit, ParticipantLimit int
	// NewBP and ExistingBP are basis points, 0..10000.
	NewBP, ExistingBP int
}

// Limits are those in force.
func (b *Bridge) Limits() Limits { return Limits{} }

// SetLimits changes them at once.
func (b *Bridge) SetLimits(l Limits) {}

// SIPMode is the behaviour of the SIP side.
func (b *Bridge) SIPMode() SIPMode { return SIPMode{} }

// SetSIPMode changes the behaviour of the SIP side for what comes from now on.
func (b *Bridge) SetSIPMode(m SIPMode) {}

// APIMode is the behaviour of the API where no path has its own.
func (b *Bridge) APIMode() APIMode { return APIMode{} }

// SetAPIMode changes the behaviour of the API: with no path for all of it,
// ending every exception made before; else for these paths below /api/v1/
// and everything under them, e.g. "system/load", "calls".
func (b *Bridge) SetAPIMode(m APIMode, paths ...string) {}

// Part is a part of a bridge that can be stopped.
type Part uint8

// Parts of a bridge.
const (
	PartSIP Part = 1 << iota
	PartAPI
)

// Stop closes the sockets of the parts, as if the process had died: connects
// are refused and calls are gone without a word. Stopping what is stopped does
// nothing.
func (b *Bridge) Stop(parts Part) error { return nil }

// Start opens the parts again on the addresses that they had, empty of calls.
func (b *Bridge) Start(parts Part) error { return nil }

// Counters count what came to a bridge since the start.
type Counters struct {
	// Invites are new INVITEs outside dialogs, Retransmissions requests that
	// were seen before, of any method, an ACK of a 2xx included.
	Invites, Retransmissions int
	// Requests are all others by method, re-INVITEs as "re-INVITE".
	Requests map[string]int
	// Malformed are messages that could not be read, Stray responses that
	// belong to nothing.
	Malformed, Stray int
	// APIRequests are the requests to the REST API.
	APIRequests int
}

// Counters are the counts so far.
func (b *Bridge) Counters() Counters { return Counters{} }

// APIRequest is one request that the REST API got.
type APIRequest struct {
	// Begin and End are when the request was read and when its answer was
	// written; End is zero while it is open.
	Begin, End time.Time
	// Method and Path are the request's, the path without "/api/v1/"; Query is
	// the raw query.
	Method, Path, Query string
	// Status is the answer's, 0 if there was none.
	Status int
}

// APIRequests are the last 65,536 requests, oldest first.
func (b *Bridge) APIRequests() []APIRequest { return nil }

// Hangup sends BYE for a connected call, along its route set, and waits for
// the answer; a ringing incoming call is refused with 480.
func (b *Bridge) Hangup(ctx context.Context, call string) error { return nil }

// Reinvite sends a re-INVITE with a new offer, waits for the answer and sends
// the ACK. The error says what the peer answered if it was no 2xx.
func (b *Bridge) Reinvite(ctx context.Context, call string) error { return nil }

// Update sends an UPDATE (RFC 3311) with a new offer and waits for the answer.
func (b *Bridge) Update(ctx context.Context, call string) error { return nil }

// Answer sends the 200 of a ringing incoming call now.
func (b *Bridge) Answer(call string) error { return nil }

// DialOptions describe a call that a bridge makes.
type DialOptions struct {
	// To is the SIP URI to call.
	To string
	// From is the caller's URI; empty means the bridge's own address.
	From string
	// Proxy overrides BridgeOptions.OutboundProxy.
	Proxy string
	// Space is the GUID of the space that the participant joins; empty means
	// none.
	Space string
	// Headers are further header lines, each "Name: value", e.g. a Replaces.
	Headers []string
	// NoOffer sends the INVITE without SDP.
	NoOffer bool
}

// Dial calls somebody and returns once the call is connected. If ctx ends
// first the INVITE is cancelled. Refused calls are an error that names the
// response; the call stands in Calls either way.
func (b *Bridge) Dial(ctx context.Context, o DialOptions) (Call, error) { return Call{}, nil }

// Conference is a running meeting on one bridge, as /calls lists it.
type Conference struct {
	// ID is the call's GUID on this bridge, Correlator the callCorrelator,
	// which it shares with the same meeting on other bridges.
	ID, Correlator string
	// Type is callType: "coSpace" (the default), "forwarding", "adHoc" or
	// "lyncConferencing".
	Type string
	// Space is the space's GUID; Name is shown to people.
	Space, Name string
	// Participants are local participants that are no SIP calls of the
	// simulation, made up by AddConference; Legs are the real ones.
	Participants, Legs int
	// Units is what the made-up participants cost.
	Units int
	// ActiveWhenEmpty keeps it running without participants.
	ActiveWhenEmpty bool
}

// AddConference starts a conference with made-up participants, or none, and
// returns its GUID. Where the space is running already the participants join
// it. It stays until EndConference.
func (b *Bridge) AddConference(c Conference) (string, error) { return "", nil }

// EndConference ends a conference: made-up participants leave, SIP calls get
// BYE in the background.
func (b *Bridge) EndConference(id string) error { return nil }

// Conferences are those that /calls lists now.
func (b *Bridge) Conferences() []Conference { return nil }
