package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Addresses of the test site.
const (
	edgeAddr = "192.0.2.1:5060"
	cucmAddr = "192.0.2.10:5060"
	cms1Addr = "192.0.2.21:5060"
	cms2Addr = "192.0.2.22:5060"
	cms3Addr = "192.0.2.23:5060"
)

var cmsAddrs = []string{cms1Addr, cms2Addr, cms3Addr}

// sent is one message that the proxy sent.
type sent struct {
	to    wire.Hop
	text  string
	msg   *wire.Message
	token uint64
}

func (s sent) header(name string) string {
	for _, h := range s.msg.Headers {
		if strings.EqualFold(string(s.msg.Text(h.Name)), name) {
			return string(s.msg.Text(h.Value))
		}
	}
	return ""
}

func (s sent) headers(name string) (out []string) {
	for _, h := range s.msg.Headers {
		if strings.EqualFold(string(s.msg.Text(h.Name)), name) {
			out = append(out, string(s.msg.Text(h.Value)))
		}
	}
	return out
}

// testEdge is a proxy without sockets: what it sends lands in a list.
type testEdge struct {
	mute bool // what timers send is not kept
	t    testing.TB
	p    *Proxy
	bal  *lb.Balancer
	v6   bool // IPv6 is there too

	mtu       atomic.Int64    // of every path; 0: unknown
	refused   map[string]bool // addresses that take no TCP
	connected map[string]bool // addresses with a TCP connection
	noTCP     bool            // there is no TCP listener

	lenient bool // a response may repeat what is malformed in it below our part

	mu  sync.Mutex
	out []sent
}

// Send records a message; the edge is its own transport.
func (e *testEdge) Send(to wire.Hop, token uint64, p []byte) {
	if e.mute {
		return
	}
	m := &wire.Message{}
	b := append([]byte(nil), p...)
	if err := m.Parse(b); err != nil && !(e.lenient && m.Status > 0) {
		require.NoError(e.t, err, "the edge sent what it could not read itself: %s", b)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out = append(e.out, sent{to, string(b), m, token})
}

func (e *testEdge) Flush() {}

func (e *testEdge) NewBatch() transaction.Flusher { return e }

func (e *testEdge) LocalFor(t wire.Transport, remote netip.Addr) (transport.LocalAddress, error) {
	switch {
	case remote.Is6() && !e.v6 || t == wire.TLS || t == wire.TCP && e.noTCP:
		return transport.LocalAddress{}, errors.New("no listener for it")
	case remote.Is6():
		return transport.LocalAddress{Listener: 4, Addr: netip.MustParseAddrPort("[2001:db8::1]:5060"), Host: "[2001:db8::1]", Port: 5060}, nil
	}
	at := transport.LocalAddress{Addr: netip.MustParseAddrPort(edgeAddr), Host: "192.0.2.1", Port: 5060}
	if t == wire.TCP {
		at.Listener, at.Host = 1, "edge.example.com"
	}
	return at, nil
}

func (e *testEdge) IsLocal(a netip.Addr, port uint16) bool {
	at := netip.MustParseAddrPort(edgeAddr)
	return (a == at.Addr() || a == netip.MustParseAddr("2001:db8::1")) && (port == 0 || port == at.Port())
}

func (e *testEdge) Listeners() []transport.BoundListener {
	return []transport.BoundListener{
		{Transport: wire.UDP, Addr: netip.MustParseAddrPort(edgeAddr)},
		{Transport: wire.TCP, Addr: netip.MustParseAddrPort(edgeAddr), Advertise: "edge.example.com"},
		{Transport: wire.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5070")},
		{Transport: wire.UDP, Addr: netip.MustParseAddrPort("0.0.0.0:5080")},
		{Transport: wire.UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:5060")},
	}
}

// spaces is a Resolver.
type spaces map[string]string

func (s spaces) Classify(_, user string) (Target, bool) {
	if id, ok := s[user]; ok {
		return Target{Kind: TargetSpace, Space: id}, true
	}
	return Target{}, false
}

func (s spaces) Query(_, _ string, _ func(Target)) bool { return false }

// addressesOnly is a Lookup that has neither SRV nor NAPTR records.
type addressesOnly struct {
	hosts interface {
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}
}

func (a addressesOnly) Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	addrs, err := a.hosts.LookupNetIP(ctx, "ip", host)
	return addrs, 0, err
}

func (addressesOnly) SRV(context.Context, string) ([]SRV, time.Duration, error) { return nil, 0, nil }

func (addressesOnly) NAPTR(context.Context, string) ([]NAPTR, time.Duration, error) {
	return nil, 0, nil
}

// noNames knows one name.
type noNames struct{}

func (noNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host == "phone.example.com" {
		return []netip.Addr{netip.MustParseAddr("192.0.2.99")}, nil
	}
	return nil, errors.New("no such host")
}

// reprobing is an OptionsInterval that leaves only the probes of suspects on.
const reprobing = -1

// option changes the settings of a test edge.
type option func(*Settings)

// withEdge runs f with an edge in front of three bridges, in virtual time.
func withEdge(t *testing.T, f func(e *testEdge), options ...option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newTestEdge(t, options...)
		defer e.p.Close()
		f(e)
	})
}

func newTestEdge(t testing.TB, options ...option) *testEdge {
	e := newUnboundEdge(t, options...)
	if e.p.set.Policy.OptionsInterval != reprobing {
		e.p.reprobe = 0
	}
	e.p.Start(e)
	e.load(0, 0, 0)
	return e
}

// newStillEdge makes an edge for which no time passes and that resolves no names:
// all that it ever sends is sent while it takes a message. It needs no bubble.
func newStillEdge(t testing.TB, options ...option) *testEdge {
	e := newUnboundEdge(t, options...)
	e.p.names.stop()
	e.p.Bind(e)
	e.p.layer = transaction.New(transaction.Options{User: e.p, Shards: 1, MaxTransactions: 16})
	e.load(0, 0, 0)
	return e
}

// newUnboundEdge makes an edge that has no sockets yet.
func newUnboundEdge(t testing.TB, options ...option) *testEdge {
	topology, err := lb.NewTopology([]lb.GroupConfig{{
		Name: "london", Bridges: []lb.BridgeConfig{{Name: "cluster1"}, {Name: "cluster2"}, {Name: "cluster3"}},
	}}, []lb.Pin{{Conference: "pinned", Order: []string{"cluster1", "cluster2", "cluster3"}}})
	require.NoError(t, err)
	e := &testEdge{t: t}
	s := Settings{
		CallControls: []CallControl{{Name: "cucm", URIs: []Destination{dest(cucmAddr)}}},
		Routes: []Route{{
			Name: "meet.example.com", Domains: []string{"meet.example.com"}, Groups: []lb.GroupID{0},
			Default: true, Listener: Any, CallControl: Any,
		}},
		RouteKeys: [][]byte{[]byte("0123456789abcdef")},
		Rules:     lb.DefaultPolicy(),
		Policy:    Policy{TimerC: 185 * time.Second, Reject: Reject{Exhausted: 488, Gateway: 486, Unavailable: 503}},
		Resolver:  spaces{"pinned": "space-pinned", "room": "space-room"},
		Lookup:    addressesOnly{noNames{}},
	}
	for i, a := range cmsAddrs {
		s.Bridges = append(s.Bridges, Bridge{Name: fmt.Sprintf("cluster%d", i+1), SIP: dest(a)})
	}
	for _, o := range options {
		o(&s)
	}
	if own, ok := s.Selector.(*lb.Balancer); ok {
		e.bal = own // of an option that wants another site
	} else {
		e.bal = lb.New(topology, s.Rules, time.Now())
	}
	s.Selector = e.bal
	e.p, err = New(s)
	require.NoError(t, err)
	return e
}

func dest(addr string) Destination {
	a := netip.MustParseAddrPort(addr)
	return Destination{Host: a.Addr().String(), Port: a.Port()}
}

// load reports loads of the bridges, whose limits are 8000 of 10000.
func (e *testEdge) load(loads ...int) {
	for i, l := range loads {
		now := time.Now()
		e.bal.Report(lb.Reading{
			Bridge: lb.BridgeID(i), Endpoint: lb.ReadLimits, BeganAt: now, At: now,
			Limits: lb.Limits{LoadLimit: 10000, NewBasisPoints: 5000, ExistingBasisPoints: 8000},
		})
		e.bal.Report(lb.Reading{Bridge: lb.BridgeID(i), Endpoint: lb.ReadLoad, BeganAt: now, At: now, Load: l})
		e.bal.Report(lb.Reading{Bridge: lb.BridgeID(i), Endpoint: lb.ReadCalls, BeganAt: now, At: now})
	}
}

// reserved is what each bridge has promised, in load units.
func (e *testEdge) reserved() (units []int64) {
	for _, b := range e.bal.Bridges(time.Now()) {
		units = append(units, b.Reserved)
	}
	return units
}

// in delivers a message from an address, over UDP.
func (e *testEdge) in(from, text string) {
	e.p.receive([]byte(text), wire.Hop{Remote: netip.MustParseAddrPort(from), Local: netip.MustParseAddrPort(edgeAddr)}, e)
	synctest.Wait()
}

// take returns what was sent since the last call.
func (e *testEdge) take() []sent {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.out
	e.out = nil
	return out
}

// one returns the only message sent.
func (e *testEdge) one() sent {
	e.t.Helper()
	all := e.take()
	require.Len(e.t, all, 1, "messages: %v", texts(all))
	return all[0]
}

// lastStatus is the status of the last response among what was sent.
func (e *testEdge) lastStatus() (status int) {
	for _, s := range e.take() {
		if !s.msg.IsRequest() {
			status = s.msg.Status
		}
	}
	return status
}

func texts(all []sent) (out []string) {
	for _, s := range all {
		line, _, _ := strings.Cut(s.text, "\r\n")
		out = append(out, s.to.Remote.String()+" "+line)
	}
	return out
}

// after lets virtual time pass.
func (e *testEdge) after(d time.Duration) { time.Sleep(d); synctest.Wait() } // virtual: costs nothing
