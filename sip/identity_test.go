package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// R9: which bridge a Request-URI names.
func TestBridgeByHost(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for uri, want := range map[string]lb.BridgeID{
			"sip:a@192.0.2.21":               0,
			"sip:a@192.0.2.21:5060;x":        0,
			"sip:a@192.0.2.21:7777":          0, // the only bridge there
			"sip:a@CLUSTER2":                 1,
			"sip:a@cluster2:5060":            1,
			"sip:a@Bridge3.Example.COM":      2,
			"sip:a@[2001:db8::23]":           3,
			"sip:a@[2001:DB8:0::23]:5060":    3,
			"sip:a@192.0.2.30:5061":          4, // two on one address: the port tells
			"sip:a@192.0.2.30:5062":          5,
			"sip:a@192.0.2.30":               4,
			"sip:a@192.0.2.1:6000":           6, // one on our own address
			"sip:a@192.0.2.1":                lb.NoBridge,
			"sip:a@192.0.2.1:5060":           lb.NoBridge,
			"sip:a@192.0.2.99":               lb.NoBridge,
			"sip:a@cluster":                  lb.NoBridge,
			"sip:a@meet.example.com":         lb.NoBridge,
			"sip:a@[2001:db8::24]":           lb.NoBridge,
			"sip:cluster1@elsewhere.example": lb.NoBridge,
		} {
			u, err := wire.ParseURI([]byte(uri))
			require.NoError(t, err, uri)
			id, ok := e.p.bridgeByHost(&u)
			require.Equal(t, want, id, uri)
			require.Equal(t, want != lb.NoBridge, ok, uri)
		}
	}, func(s *Settings) {
		s.Bridges[2].SIP.Host = "bridge3.example.com"
		for i, a := range []string{"[2001:db8::23]:5060", "192.0.2.30:5061", "192.0.2.30:5062", "192.0.2.1:6000"} {
			s.Bridges = append(s.Bridges, Bridge{Name: fmt.Sprint("other", i), SIP: dest(a)})
		}
	})
}

// R14: what is us, by address, advertised name and port.
func TestIsUs(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for host, want := range map[string][3]bool{ // any port, 5060, 5070
			"192.0.2.1":        {true, true, false},
			"edge.example.com": {true, true, false},
			"EDGE.example.com": {true, true, false},
			"192.0.2.2":        {},
			"edge.example":     {},
			"":                 {},
			"[2001:db8::1]":    {true, true, false},
			"[2001:db8::2]":    {},
		} {
			got := [3]bool{e.p.isUs([]byte(host), 0), e.p.isUs([]byte(host), 5060), e.p.isUs([]byte(host), 5070)}
			require.Equal(t, want, got, host)
		}
	})
}

func TestSplitAdvertise(t *testing.T) {
	for text, want := range map[string]ownListener{
		"":                           {},
		"edge.example.com":           {host: "edge.example.com"},
		"edge.example.com:5099":      {host: "edge.example.com", port: 5099},
		"192.0.2.7:5099":             {host: "192.0.2.7", port: 5099},
		"[2001:db8::1]":              {host: "[2001:db8::1]"},
		"[2001:db8::1]:5099":         {host: "[2001:db8::1]", port: 5099},
		"2001:db8::1":                {host: "[2001:db8::1]"},
		"edge.example.com:":          {host: "edge.example.com:"},
		"edge.example.com:99999999x": {host: "edge.example.com:99999999x"},
	} {
		host, port := splitAdvertise(text)
		require.Equal(t, want, ownListener{host: host, port: port}, text)
	}
}

// 16.6 step 4: Record-Route names the listener that the request came in on, as
// the peer reaches that one, and the one that the next hop sees on top.
func TestRecordRouteOfArrival(t *testing.T) {
	for _, tc := range []struct {
		name  string
		at    wire.Hop
		sides []string
	}{
		{"as routed", wire.Hop{Listener: 0, Local: netip.MustParseAddrPort(edgeAddr)}, []string{"192.0.2.1:5060"}},
		{"another port", wire.Hop{Listener: 2, Local: netip.MustParseAddrPort("192.0.2.1:5070")}, []string{"192.0.2.1:5060", "192.0.2.1:5070"}},
		{"another address of a wildcard", wire.Hop{Listener: 3, Local: netip.MustParseAddrPort("203.0.113.5:5080")}, []string{"192.0.2.1:5060", "203.0.113.5:5080"}},
		{"IPv6 on a wildcard", wire.Hop{Listener: 3, Local: netip.MustParseAddrPort("[2001:db8::1%eth0]:5080")}, []string{"192.0.2.1:5060", "[2001:db8::1]:5080"}},
		{"a wildcard that cannot tell", wire.Hop{Listener: 3}, []string{"192.0.2.1:5060", "192.0.2.1:5080"}},
		{"advertised, over TCP", wire.Hop{Transport: wire.TCP, Listener: 1, Local: netip.MustParseAddrPort(edgeAddr)}, []string{"192.0.2.1:5060", "edge.example.com:5060;transport=tcp"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				tc.at.Remote = netip.MustParseAddrPort(cucmAddr)
				e.p.receive([]byte(newCall("rr", "sip:pinned@meet.example.com").invite()), tc.at, e)
				inv := e.take()[1]
				var sides []string
				for _, rr := range inv.headers("Record-Route") {
					_, side, _ := strings.Cut(strings.TrimSuffix(rr, ";lr>"), "@")
					sides = append(sides, side)
				}
				require.Equal(t, tc.sides, sides)
				require.True(t, strings.HasPrefix(inv.headers("Via")[0], "SIP/2.0/UDP 192.0.2.1:5060;"), "Via is the next hop's side")
			})
		})
	}
}
