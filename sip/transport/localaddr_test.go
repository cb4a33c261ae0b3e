package transport

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// layout is a stack that binds nothing: lines "transport bind [advertise]" as
// if bound, with routes "remote" → "source".
func layout(t *testing.T, routes map[string]string, listeners ...Listener) *Stack {
	t.Helper()
	o, err := Options{Handler: newRecorder(), Listeners: make([]Listener, 1)}.withDefaults()
	require.NoError(t, err)
	s := newStack(o)
	t.Cleanup(s.endDial)
	for i, l := range listeners {
		advert, err := parseAdvertise(l.Advertise)
		require.NoError(t, err)
		s.listeners = append(s.listeners, &listener{Listener: l, index: uint16(i), addr: l.Bind, host: viaHost(l.Bind.Addr()), advert: advert})
	}
	s.routes.lookup = func(remote netip.Addr) (route, error) {
		source, ok := routes[remote.String()]
		if !ok {
			return route{}, errors.New("network is unreachable")
		}
		return route{source: netip.MustParseAddr(source), mtu: 1400}, nil
	}
	return s
}

func TestLocalFor(t *testing.T) {
	named := line("udp 0.0.0.0:5060")
	named.Advertise = "edge.example.com:5099"
	dual := line("tcp [::]:5060")
	dual.DualStack = true
	routes := map[string]string{"10.0.0.9": "10.0.0.1", "10.1.0.9": "10.1.0.1", "2001:db8::9": "2001:db8::1"}
	at := func(listener uint16, addr, host string, port uint16) LocalAddress {
		return LocalAddress{Listener: listener, Addr: netip.MustParseAddrPort(addr), Host: host, Port: port}
	}
	for _, c := range []struct {
		name   string
		lines  []Listener
		t      wire.Transport
		remote string
		want   LocalAddress
		err    string
	}{
		{"one address", []Listener{line("udp 10.0.0.1:5060")}, wire.UDP, "10.0.0.9", at(0, "10.0.0.1:5060", "10.0.0.1", 5060), ""},
		{"one address, no route known", []Listener{line("udp 10.0.0.1:5060")}, wire.UDP, "10.9.0.9", at(0, "10.0.0.1:5060", "10.0.0.1", 5060), ""},
		{"wildcard", []Listener{line("udp 0.0.0.0:5060")}, wire.UDP, "10.1.0.9", at(0, "10.1.0.1:5060", "10.1.0.1", 5060), ""},
		{"wildcard, mapped remote", []Listener{line("udp 0.0.0.0:5060")}, wire.UDP, "::ffff:10.1.0.9", at(0, "10.1.0.1:5060", "10.1.0.1", 5060), ""},
		{"wildcard, no route", []Listener{line("udp 0.0.0.0:5060")}, wire.UDP, "10.9.0.9", LocalAddress{}, "no route to 10.9.0.9"},
		{"advertised", []Listener{named}, wire.UDP, "10.1.0.9", at(0, "10.1.0.1:5060", "edge.example.com", 5099), ""},
		{"the routed one of two", []Listener{line("udp 10.0.0.1:5060"), line("udp 10.1.0.1:5070")}, wire.UDP, "10.1.0.9", at(1, "10.1.0.1:5070", "10.1.0.1", 5070), ""},
		{"address before wildcard", []Listener{line("udp 0.0.0.0:5060"), line("udp 10.1.0.1:5070")}, wire.UDP, "10.1.0.9", at(1, "10.1.0.1:5070", "10.1.0.1", 5070), ""},
		{"wildcard where no address fits", []Listener{line("udp 10.1.0.1:5070"), line("udp 0.0.0.0:5060")}, wire.UDP, "10.0.0.9", at(1, "10.0.0.1:5060", "10.0.0.1", 5060), ""},
		{"first where nothing fits", []Listener{line("udp 10.5.0.1:5060"), line("udp 10.6.0.1:5060")}, wire.UDP, "10.0.0.9", at(0, "10.5.0.1:5060", "10.5.0.1", 5060), ""},
		{"first where no route", []Listener{line("udp 10.5.0.1:5060"), line("udp 10.6.0.1:5060")}, wire.UDP, "10.9.0.9", at(0, "10.5.0.1:5060", "10.5.0.1", 5060), ""},
		{"other transport", []Listener{line("udp 0.0.0.0:5060"), line("tcp 10.0.0.1:5062")}, wire.TCP, "10.0.0.9", at(1, "10.0.0.1:5062", "10.0.0.1", 5062), ""},
		{"IPv6", []Listener{line("udp 0.0.0.0:5060"), line("udp [::]:5061")}, wire.UDP, "2001:db8::9", at(1, "[2001:db8::1]:5061", "[2001:db8::1]", 5061), ""},
		{"dual stack", []Listener{dual}, wire.TCP, "10.0.0.9", at(0, "10.0.0.1:5060", "10.0.0.1", 5060), ""},
		{"no family", []Listener{line("udp [::]:5060")}, wire.UDP, "10.0.0.9", LocalAddress{}, "no UDP listener for IPv4, which 10.0.0.9 needs; add one, for example udp://0.0.0.0:5060"},
		{"no transport", []Listener{line("udp [::]:5060")}, wire.TCP, "2001:db8::9", LocalAddress{}, "no TCP listener for IPv6, which 2001:db8::9 needs; add one, for example tcp://[::]:5060"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := layout(t, routes, c.lines...).LocalFor(c.t, netip.MustParseAddr(c.remote))
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	_, err := layout(t, routes, line("udp 0.0.0.0:5060")).LocalFor(wire.UDP, netip.Addr{})
	require.Error(t, err)
}

func TestLocalForAsksTheKernel(t *testing.T) {
	s := listen(t, newRecorder(), nil, "udp 0.0.0.0:0", "tcp [::]:0")
	got, err := s.LocalFor(wire.UDP, netip.MustParseAddr("127.0.0.1"))
	require.NoError(t, err)
	require.Equal(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at(s, 0).Port()), got.Addr)
	got, err = s.LocalFor(wire.TCP, netip.MustParseAddr("::1"))
	require.NoError(t, err)
	require.Equal(t, LocalAddress{Listener: 1, Addr: netip.AddrPortFrom(netip.MustParseAddr("::1"), at(s, 1).Port()), Host: "[::1]", Port: at(s, 1).Port()}, got)
	require.Greater(t, s.PathMTU(netip.MustParseAddr("127.0.0.1")), 1280)
	require.Zero(t, s.PathMTU(netip.Addr{}))
}

func TestRouteCache(t *testing.T) {
	now := time.Unix(1000, 0)
	asked := 0
	var c routeCache
	c.init(func() time.Time { return now })
	c.lookup = func(remote netip.Addr) (route, error) { asked++; return route{source: remote}, nil }
	remote := netip.MustParseAddr("10.0.0.1")
	for range 3 {
		r, err := c.to(remote)
		require.NoError(t, err)
		require.Equal(t, "10.0.0.1", r.host)
	}
	require.Equal(t, 1, asked)
	now = now.Add(routeTTL)
	_, _ = c.to(remote)
	require.Equal(t, 2, asked, "an old answer is asked for again")
	for range 3 * maxRoutes {
		remote = remote.Next()
		_, _ = c.to(remote)
		require.LessOrEqual(t, len(c.routes), maxRoutes)
	}
}

func TestIsLocal(t *testing.T) {
	s := layout(t, nil, line("udp 0.0.0.0:5060"), line("tcp 10.0.0.1:5062"), Listener{Transport: wire.TCP, Bind: netip.MustParseAddrPort("10.0.0.1:5063"), Advertise: "192.0.2.7:5099"})
	eth := netip.MustParseAddr("10.1.1.1")
	s.interfaces.stack = s
	s.interfaces.table.Store(&interfaceTable{read: time.Now(), addrs: map[netip.Addr]struct{}{eth: {}}, order: []netip.Addr{eth, netip.MustParseAddr("2001:db8::1")}})
	for _, c := range []struct {
		addr string
		port uint16
		want bool
	}{
		{"10.1.1.1", 5060, true},
		{"10.1.1.1", 0, true},
		{"::ffff:10.1.1.1", 5060, true},
		{"10.1.1.1", 5062, false},
		{"10.1.1.2", 5060, false},
		{"127.0.0.5", 5060, true},
		{"::1", 5060, false}, // no IPv6 listener
		{"10.0.0.1", 5062, true},
		{"10.0.0.1", 5060, false}, // no interface has it
		{"10.0.0.1", 0, true},
		{"192.0.2.7", 5099, true},
		{"192.0.2.7", 5063, false},
		{"192.0.2.7", 0, true},
	} {
		require.Equal(t, c.want, s.IsLocal(netip.MustParseAddr(c.addr), c.port), "%s %d", c.addr, c.port)
	}
	require.False(t, s.IsLocal(netip.Addr{}, 0))
	var all []string
	for _, a := range s.LocalAddrs() {
		all = append(all, a.String())
	}
	require.Equal(t, []string{"10.1.1.1:5060", "10.0.0.1:5062", "10.0.0.1:5063", "192.0.2.7:5099"}, all)
}

func TestInterfacesAreRenewedInTheBackground(t *testing.T) {
	now := time.Unix(1000, 0)
	s := listen(t, newRecorder(), func(o *Options) { o.now = func() time.Time { return now } }, "udp 0.0.0.0:0")
	loop := netip.MustParseAddr("127.0.0.1")
	require.Contains(t, s.LocalAddrs(), netip.AddrPortFrom(loop, at(s, 0).Port()))
	s.interfaces.table.Store(&interfaceTable{read: now})
	require.Empty(t, s.LocalAddrs(), "young enough")
	s.interfaces.table.Store(&interfaceTable{read: now.Add(-interfacesTTL - 1)})
	eventually(t, "renewed", func() bool { return len(s.LocalAddrs()) > 0 })
}
