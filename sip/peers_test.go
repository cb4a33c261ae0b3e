package sip

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// hosts is a Lookup over a table that may change.
type hosts struct {
	mu    sync.Mutex
	table map[string][]netip.Addr
}

// set gives a name addresses, or none.
func (h *hosts) set(host string, to ...string) *hosts {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.table == nil {
		h.table = map[string][]netip.Addr{}
	}
	h.table[host] = addrs(to...)
	return h
}

func (h *hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.table[host]; len(a) > 0 {
		return a, nil
	}
	return nil, errors.New("no such host")
}

func addrs(list ...string) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

// DESIGN 5, trust: who a source is. The exact address and port decides first,
// then a single address, then the longest network; call control wins a tie.
func TestIdentify(t *testing.T) {
	prefix := netip.MustParsePrefix
	withEdge(t, func(e *testEdge) {
		for _, tc := range []struct {
			from    string
			want    peer
			trusted bool
		}{
			{"192.0.2.10:5060", peer{fromControl, 0}, true},
			{"192.0.2.10:40000", peer{fromControl, 0}, true}, // any port of an address
			{"192.0.2.21:5060", peer{fromBridge, 0}, true},
			{"192.0.2.21:33333", peer{fromBridge, 0}, true},
			{"10.1.2.3:5060", peer{fromControl, 1}, true}, // the network around it
			{"10.1.9.9:5060", peer{fromBridge, 2}, true},  // a longer one
			{"10.1.9.200:5060", peer{fromControl, 1}, true},
			{"192.0.2.22:5060", peer{fromBridge, 1}, true},  // its own port, though shared
			{"192.0.2.22:5099", peer{fromControl, 2}, true}, // a tie is call control's
			{"192.0.2.50:5060", peer{fromControl, 1}, true}, // where its requests go
			{"192.0.2.50:5061", peer{}, true},               // its sources say otherwise; answers are read
			{"192.0.2.99:5060", peer{}, false},
			{"[2001:db8::1]:5060", peer{}, false},
			{"[2001:db8:1::1]:5060", peer{fromControl, 1}, true},
		} {
			from := netip.MustParseAddrPort(tc.from)
			require.Equal(t, tc.want, e.p.peers.Load().identify(from), tc.from)
			require.Equal(t, tc.trusted, e.p.Trusted(from.Addr()), tc.from)
		}
	}, func(s *Settings) {
		s.CallControls = append(s.CallControls,
			CallControl{Name: "wide", URIs: []Destination{dest("192.0.2.50:5060")}, Sources: []netip.Prefix{prefix("10.1.0.0/16"), prefix("2001:db8:1::/48")}},
			CallControl{Name: "shared", Sources: []netip.Prefix{prefix("192.0.2.22/32")}})
		s.Bridges[2].Sources = []netip.Prefix{prefix("10.1.9.0/25")}
	})
}

// A peer that is configured by name is known by every address of the name; its
// requests go to one that a listener can reach, and stay there while it is one.
func TestEndpointByName(t *testing.T) {
	table := new(hosts).set("cms.example.com", "2001:db8::5", "::ffff:192.0.2.31", "192.0.2.32")
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		require.Equal(t, "192.0.2.31:5060", e.establish(newCall("n1", "sip:pinned@meet.example.com")).invite.to.Remote.String())
		for _, a := range []string{"192.0.2.31:5060", "192.0.2.32:7000", "[2001:db8::5]:5060"} {
			require.Equal(t, peer{fromBridge, 0}, e.p.peers.Load().identify(netip.MustParseAddrPort(a)), a)
		}
		require.Equal(t, "sip:pinned@meet.example.com", e.requestURI(newCall("n2", "sip:pinned@192.0.2.1")))
		require.Equal(t, "sip:pinned@192.0.2.32", e.requestURI(newCall("n3", "sip:pinned@192.0.2.32")), "R14: the chosen bridge itself")

		table.set("cms.example.com", "192.0.2.33", "192.0.2.31")
		e.after(refreshNames)
		require.Equal(t, "192.0.2.31:5060", e.establish(newCall("n4", "sip:pinned@meet.example.com")).invite.to.Remote.String())
		require.Equal(t, stranger, e.p.peers.Load().identify(netip.MustParseAddrPort("192.0.2.32:5060")).origin)

		table.set("cms.example.com", "192.0.2.34")
		e.after(refreshNames)
		require.Equal(t, "192.0.2.34:5060", e.establish(newCall("n5", "sip:pinned@meet.example.com")).invite.to.Remote.String())

		table.set("cms.example.com")
		e.after(refreshNames)
		require.Equal(t, "192.0.2.34:5060", e.establish(newCall("n6", "sip:pinned@meet.example.com")).invite.to.Remote.String(), "a failed lookup changes nothing")
	}, func(s *Settings) {
		s.Lookup = addressesOnly{table}
		s.Bridges[0].SIP.Host = "cms.example.com"
	})
}

func (e *testEdge) requestURI(c *testCall) string {
	m := e.establish(c).invite.msg
	return string(m.Text(m.RequestURI))
}

// A name that does not resolve at the start is asked for again soon; until then
// calls go elsewhere.
func TestEndpointResolvesLater(t *testing.T) {
	table := new(hosts)
	withEdge(t, func(e *testEdge) {
		require.Equal(t, cms2Addr, e.establish(newCall("n7", "sip:pinned@meet.example.com")).invite.to.Remote.String())
		table.set("cms.example.com", "192.0.2.31")
		e.after(retryNames)
		e.p.hangUp([]byte("n7@192.0.2.10"), time.Now()) // its conference would keep the next one there
		e.bal.Reach(0, true, time.Now())
		require.Equal(t, "192.0.2.31:5060", e.place(newCall("n8", "sip:pinned@meet.example.com")).to.Remote.String())
	}, func(s *Settings) {
		s.Lookup = addressesOnly{table}
		s.Bridges[0].SIP.Host = "cms.example.com"
	})
}

// A Contact with the name of a configured peer needs no name server.
func TestConfiguredNameIsKnown(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		d := e.establish(newCall("n9", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "CUCM2.example.com:5062;transport=tcp"))
		bye := e.one()
		require.Equal(t, "192.0.2.12:5062", bye.to.Remote.String())
		require.Equal(t, wire.TCP, bye.to.Transport)
	}, func(s *Settings) {
		s.Lookup = addressesOnly{new(hosts).set("cucm2.example.com", "192.0.2.12")}
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, Destination{Host: "cucm2.example.com", Port: 5060})
	})
}

// A token cannot tell two bridges apart whose names have one hash.
func TestNamesThatLookAlikeAreRefused(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		s := e.p.set
		s.Bridges = append(s.Bridges, s.Bridges[0])
		_, err := New(s)
		require.ErrorContains(t, err, "rename one")
	})
}
