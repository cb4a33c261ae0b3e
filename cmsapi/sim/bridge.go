package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
)

// Bridge is one simulated Call Bridge. All methods are safe for concurrent
// use. A call is named by its SIP Call-ID or by its leg's GUID.
type Bridge struct {
	group *Group
	opts  BridgeOptions
	id    string // its GUID in /callBridges
	log   *zap.Logger
	cert  *certificate // nil for plain HTTP

	sipAddr netip.AddrPort
	apiAddr string

	mu          sync.Mutex
	sip         *endpoint  // nil while stopped
	api         *webServer // nil while stopped
	started     time.Time
	limits      limits
	load        meter
	sipMode     SIPMode
	apiModes    map[string]APIMode // by path in lower case; "" is all
	quirks      Quirks
	legs        map[string]*leg // running, by GUID
	dialogs     map[string]*leg // running, by dialogKey
	initial     map[string]*leg // running incoming ones, by mergeKey
	conferences map[string]*conference
	ended       []Call
	others      []Request // requests outside calls
	numbers     int
	completed   int
	mostLegs    int
	counts      Counters
	silenced    map[string]struct{} // transactions met in SIPSilent
	late        *lateQueue
	requests    []*APIRequest
}

// endpoint is the SIP side while it runs.
type endpoint struct {
	*transport
	*transactions
}

// newBridge prepares a bridge and binds its sockets.
func newBridge(g *Group, o BridgeOptions) (*Bridge, error) {
	b := &Bridge{
		group: g, opts: o, id: uuid.NewString(), log: g.opts.Logger.With(zap.String("bridge", o.Name)),
		limits: limits{
			loadLimit: optional(o.LoadLimit), participantLimit: optional(o.ParticipantLimit),
			newBP: o.NewBP, existingBP: o.ExistingBP,
		},
		load:     meter{lag: g.opts.LoadLag},
		apiModes: make(map[string]APIMode),
	}
	b.counts.Requests = make(map[string]int)
	b.forget()
	if o.TLS {
		cert, err := newCertificate(o.Name, o.APIAddr)
		if err != nil {
			return nil, err
		}
		b.cert = cert
	}
	if err := b.startSIP(o.SIPAddr); err != nil {
		return nil, fmt.Errorf("sim: bridge %q: %w", o.Name, err)
	}
	if err := b.startAPI(o.APIAddr); err != nil {
		_ = b.Stop(PartSIP)
		return nil, fmt.Errorf("sim: bridge %q: %w", o.Name, err)
	}
	return b, nil
}

// forget drops every call, as a restart does. The caller holds mu.
func (b *Bridge) forget() {
	for _, l := range b.legs {
		l.stopTimers()
	}
	b.started, b.late = time.Now(), &lateQueue{}
	b.legs, b.dialogs, b.initial = make(map[string]*leg), make(map[string]*leg), make(map[string]*leg)
	b.conferences = make(map[string]*conference)
	b.silenced = make(map[string]struct{})
	b.load.value, b.load.late = 0, nil
}

// startSIP opens the SIP side.
func (b *Bridge) startSIP(addr string) error {
	t, err := listen(addr, b.log)
	if err != nil {
		return err
	}
	e := &endpoint{t, newTransactions(t)}
	t.handle = func(raw []byte, src source) { b.receive(e, raw, src) }
	t.broken = b.malformed
	b.mu.Lock()
	b.sipAddr, b.sip = t.addr, e
	b.mu.Unlock()
	t.serve()
	return nil
}

// stopSIP closes the SIP side; its calls are gone.
func (b *Bridge) stopSIP() {
	b.mu.Lock()
	e := b.sip
	b.sip = nil
	for _, l := range b.legs {
		l.finish("call bridge stopped")
	}
	b.forget()
	b.mu.Unlock()
	if e != nil {
		e.shut()
		e.transactions.close()
		e.wait()
	}
	b.group.notify()
}

// Part is a part of a bridge that can be stopped.
type Part uint8

// Parts of a bridge.
const (
	PartSIP Part = 1 << iota
	PartAPI
)

// Stop closes the sockets of the parts, as if the process had died: connects
// are refused and calls are gone without a word. Stopping what is stopped does
// nothing. It waits for the parts' goroutines.
func (b *Bridge) Stop(parts Part) error {
	if parts&PartSIP != 0 {
		b.stopSIP()
	}
	if parts&PartAPI != 0 {
		return b.stopAPI()
	}
	return nil
}

// Start opens the parts again on the addresses that they had, with no calls.
// It fails if somebody else took an address meanwhile.
func (b *Bridge) Start(parts Part) error {
	b.mu.Lock()
	needSIP, needAPI := parts&PartSIP != 0 && b.sip == nil, parts&PartAPI != 0 && b.api == nil
	sipAddr, apiAddr := b.sipAddr.String(), b.apiAddr
	b.mu.Unlock()
	if needSIP {
		if err := b.startSIP(sipAddr); err != nil {
			return err
		}
	}
	if needAPI {
		return b.startAPI(apiAddr)
	}
	return nil
}

// Name is the bridge's uniqueName.
func (b *Bridge) Name() string { return b.opts.Name }

// ID is the bridge's GUID in /callBridges.
func (b *Bridge) ID() string { return b.id }

// SIPAddr is the "host:port" on which the bridge takes SIP over UDP and TCP.
func (b *Bridge) SIPAddr() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sipAddr.String()
}

// APIURL is the Web Admin's base, e.g. "https://127.0.0.1:44501", without
// path and closing slash.
func (b *Bridge) APIURL() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cert != nil {
		return "https://" + b.apiAddr
	}
	return "http://" + b.apiAddr
}

// Username is the API user's name.
func (b *Bridge) Username() string { return b.opts.Username }

// Password is the API user's password.
func (b *Bridge) Password() string { return b.opts.Password }

// CertPEM is the self-signed certificate of the HTTPS API, nil for plain HTTP.
func (b *Bridge) CertPEM() []byte {
	if b.cert == nil {
		return nil
	}
	return slices.Clone(b.cert.pem)
}

// Fingerprint is the certificate's SHA-256 as "sha256:<hex>", "" for plain HTTP.
func (b *Bridge) Fingerprint() string {
	if b.cert == nil {
		return ""
	}
	return b.cert.fingerprint
}

// line writes a line of the event log.
func (b *Bridge) line(format string, args ...any) {
	b.group.opts.Log(Line{Bridge: b.opts.Name, At: time.Now(), Text: fmt.Sprintf(format, args...)})
}
