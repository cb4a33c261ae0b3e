package sip

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// zone is a Lookup with records. Names in mute are never answered.
type zone struct {
	naptr map[string][]NAPTR
	srv   map[string][]SRV
	hosts map[string][]string
	life  time.Duration
	mute  map[string]bool

	mu    sync.Mutex
	asked []string
}

func (z *zone) ask(ctx context.Context, kind, name string) error {
	z.mu.Lock()
	z.asked = append(z.asked, kind+" "+name)
	mute := z.mute[kind+" "+name]
	z.mu.Unlock()
	if mute {
		<-ctx.Done()
		return errors.New("no answer")
	}
	return nil
}

func (z *zone) NAPTR(ctx context.Context, name string) ([]NAPTR, time.Duration, error) {
	err := z.ask(ctx, "NAPTR", name)
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.naptr[name]), z.life, err
}

func (z *zone) SRV(ctx context.Context, name string) ([]SRV, time.Duration, error) {
	err := z.ask(ctx, "SRV", name)
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.srv[name]), z.life, err
}

func (z *zone) Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	if err := z.ask(ctx, "A", host); err != nil {
		return nil, 0, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	return addrs(z.hosts[host]...), z.life, nil
}

// swallow makes these questions all that are never answered.
func (z *zone) swallow(questions ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.mute = map[string]bool{}
	for _, q := range questions {
		z.mute[q] = true
	}
}

// empty takes all records away.
func (z *zone) empty() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.naptr, z.srv, z.hosts = nil, nil, nil
}

// siteZone is a domain with a transport that it prefers, two servers each, and an
// address of its own.
func siteZone() *zone {
	return &zone{
		naptr: map[string][]NAPTR{"x.example": {
			{20, 5, "s", "SIP+D2U", "_sip._udp.x.example."},
			{10, 9, "s", "SIPS+D2T", "_sips._tcp.x.example."},
			{10, 10, "S", "sip+d2t", "_SIP._tcp.x.example."},
			{5, 1, "u", "E2U+sip", "."},
		}},
		srv: map[string][]SRV{
			"_sip._udp.x.example": {{1, 0, 5060, "u1.x.example."}},
			"_sip._tcp.x.example": {{2, 0, 5070, "t2.x.example."}, {1, 0, 5061, "t1.x.example."}},
		},
		hosts: map[string][]string{
			"x.example": {"192.0.2.100", "2001:db8::100"}, "u1.x.example": {"192.0.2.1"},
			"t1.x.example": {"192.0.2.2", "2001:db8::2"}, "t2.x.example": {"192.0.2.3"},
		},
	}
}

var (
	viaUDP     = []string{"UDP 192.0.2.1:5060"}
	viaTCP     = []string{"TCP 192.0.2.2:5061", "TCP [2001:db8::2]:5061", "TCP 192.0.2.3:5070"}
	viaAddress = []string{"UDP 192.0.2.100:5060", "UDP [2001:db8::100]:5060"}
)

// RFC 3263 sections 4.1 and 4.2, and RFC 2782.
func TestDiscover(t *testing.T) {
	for name, tc := range map[string]struct {
		q     query
		zone  func(z *zone)
		noTCP bool
		want  []string
		takes time.Duration
		asks  int // questions, if that matters
		fails string
	}{
		"a port: addresses alone":                   {q: query{port: 5080, transport: wire.TCP, named: true}, want: []string{"TCP 192.0.2.100:5080", "TCP [2001:db8::100]:5080"}, asks: 1},
		"a port and no transport: UDP":              {q: query{port: 5080}, want: []string{"UDP 192.0.2.100:5080", "UDP [2001:db8::100]:5080"}, asks: 1},
		"NAPTR: the best that we speak":             {want: viaTCP},
		"NAPTR: nothing of TCP without a listener":  {noTCP: true, want: viaUDP},
		"NAPTR without servers: the next":           {zone: func(z *zone) { delete(z.srv, "_sip._tcp.x.example") }, want: viaUDP},
		"NAPTR to another domain":                   {zone: otherDomain, want: []string{"UDP 192.0.2.9:5099"}},
		"a transport: its SRV, no NAPTR":            {q: query{transport: wire.UDP, named: true}, want: viaUDP, asks: 3},
		"no NAPTR: UDP before TCP":                  {zone: func(z *zone) { z.naptr = nil }, want: viaUDP},
		"no NAPTR: TCP if it alone has SRV":         {zone: func(z *zone) { z.naptr = nil; delete(z.srv, "_sip._udp.x.example") }, want: viaTCP},
		"neither: addresses, default port":          {zone: func(z *zone) { z.naptr, z.srv = nil, nil }, want: viaAddress},
		"neither, a transport":                      {q: query{transport: wire.TCP, named: true}, zone: func(z *zone) { z.srv = nil }, want: []string{"TCP 192.0.2.100:5060", "TCP [2001:db8::100]:5060"}},
		"SRV targets without addresses: addresses":  {zone: func(z *zone) { delete(z.hosts, "u1.x.example") }, noTCP: true, want: viaAddress},
		"SRV without a port is none":                {zone: func(z *zone) { z.srv["_sip._udp.x.example"][0].Port = 0 }, noTCP: true, want: viaAddress},
		"SRV says that there is no such service":    {zone: notOffered, fails: errNotOffered.Error()},
		"sips: the default port of TLS":             {q: query{transport: wire.TLS, named: true}, want: []string{"TLS 192.0.2.100:5061", "TLS [2001:db8::100]:5061"}, asks: 1},
		"nothing at all":                            {q: query{host: "nowhere.example"}},
		"NAPTR swallowed on the way: SRV":           {zone: func(z *zone) { z.mute = map[string]bool{"NAPTR x.example": true} }, want: viaUDP, takes: recordTimeout},
		"SRV swallowed as well: addresses":          {zone: deafToSRV, want: viaAddress, takes: recordTimeout},
		"an SRV target swallowed: the other target": {zone: func(z *zone) { z.mute = map[string]bool{"A t1.x.example": true} }, want: viaTCP[2:], takes: lookupTimeout},
		"all swallowed":                             {zone: func(z *zone) { deafToSRV(z); z.mute["A x.example"] = true }, takes: lookupTimeout, fails: "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := siteZone()
				if tc.zone != nil {
					tc.zone(z)
				}
				n := newNames(z, func(x wire.Transport) bool { return x == wire.UDP || x == wire.TCP && !tc.noTCP }, nil)
				defer n.close()
				if tc.q.host == "" {
					tc.q.host = "x.example"
				}
				began := time.Now()
				f, err := n.discover(t.Context(), tc.q)
				require.Equal(t, tc.takes, time.Since(began))
				if tc.fails != "" {
					require.ErrorContains(t, err, tc.fails)
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, len(z.mute) > 0, f.unsure && err == nil || err != nil && len(z.mute) > 0, "what could not be asked is told")
				var got []string
				for _, s := range f.servers {
					got = append(got, s.transport.String()+" "+s.at.String())
				}
				require.Equal(t, tc.want, got)
				if tc.asks > 0 {
					require.Len(t, z.asked, tc.asks, "%v", z.asked)
				}
			})
		})
	}
}

func otherDomain(z *zone) {
	z.naptr["x.example"] = []NAPTR{{1, 1, "s", "SIP+D2U", "_sip._udp.host.example."}}
	z.srv["_sip._udp.host.example"] = []SRV{{1, 1, 5099, "h.host.example"}}
	z.hosts["h.host.example"] = []string{"192.0.2.9"}
}

func notOffered(z *zone) {
	for name := range z.srv {
		z.srv[name] = []SRV{{0, 0, 0, "."}}
	}
}

func deafToSRV(z *zone) {
	z.mute = map[string]bool{"NAPTR x.example": true, "SRV _sip._udp.x.example": true, "SRV _sip._tcp.x.example": true}
}

// DESIGN 5: names are cached by their TTL; the shortest of all that led to the
// servers counts.
func TestLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := siteZone()
		z.life = 90 * time.Second
		n := newNames(z, func(wire.Transport) bool { return true }, func([]server) *servers { return ranked([2]uint16{}) })
		defer n.close()
		n.resolve(asked("x.example"), func(*servers) {})
		synctest.Wait()
		_, fresh := n.cached(asked("x.example"), time.Now().Add(90*time.Second-1))
		require.True(t, fresh)
		_, fresh = n.cached(asked("x.example"), time.Now().Add(90*time.Second))
		require.False(t, fresh)
	})
	for said, want := range map[time.Duration]time.Duration{0: nameLife, 1: shortestLife, time.Minute: time.Minute, 48 * time.Hour: longestLife} {
		require.Equal(t, want, lifeOf(said))
	}
	require.Equal(t, time.Second, shorter(time.Second, time.Minute))
	require.Equal(t, time.Second, shorter(time.Minute, time.Second))
	require.Equal(t, time.Second, shorter(0, time.Second))
	require.Equal(t, time.Second, shorter(time.Second, 0))
}

// Locate is the same for a command: in order of priority, and an error for nothing.
func TestLocate(t *testing.T) {
	at, err := Locate(t.Context(), siteZone(), Destination{Host: "x.example"})
	require.NoError(t, err)
	require.Len(t, at, 3)
	require.Equal(t, wire.Hop{Transport: wire.TCP, Remote: netip.MustParseAddrPort("192.0.2.2:5061")}, at[0])
	_, err = Locate(t.Context(), siteZone(), Destination{Host: "nowhere.example"})
	require.ErrorContains(t, err, "no such host")
}
