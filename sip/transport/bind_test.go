package transport

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecondListenIsRefused(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, host := range []string{"127.0.0.1", "0.0.0.0", "[::1]"} {
			t.Run(transport+" "+host, func(t *testing.T) {
				s := listen(t, newRecorder(), nil, transport+" "+host+":0")
				again := fmt.Sprintf("%s %s:%d", transport, host, at(s, 0).Port())
				_, err := Listen(Options{Handler: newRecorder(), Listeners: []Listener{line("udp 127.0.0.1:0"), line(again)}})
				require.ErrorContains(t, err, fmt.Sprintf("listener %s://%s:%d: port %d is taken by another process", transport, host, at(s, 0).Port(), at(s, 0).Port()))
			})
		}
	}
}

func TestBindErrors(t *testing.T) {
	badName := line("udp 127.0.0.1:0")
	badName.Advertise = "edge.example.com:0"
	for _, c := range []struct {
		name  string
		lines []Listener
		want  string
	}{
		{"none", nil, "name at least one"},
		{"TLS", []Listener{line("tls 127.0.0.1:5061")}, "TLS is not available in this version"},
		{"unknown transport", []Listener{{Transport: 9, Bind: netip.MustParseAddrPort("127.0.0.1:0")}}, "unknown transport"},
		{"no address", []Listener{{}}, "no address to bind"},
		{"not ours", []Listener{line("udp 192.0.2.1:0")}, "no interface of this host has the address 192.0.2.1"},
		{"advertise", []Listener{badName}, "the port is not a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Listen(Options{Handler: newRecorder(), Listeners: c.lines})
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := Listen(Options{Listeners: []Listener{line("udp 127.0.0.1:0")}})
	require.ErrorContains(t, err, "no handler")
}

// A listener that cannot be bound takes back those before it.
func TestBindAllOrNothing(t *testing.T) {
	s := listenOnOnePort(t, newRecorder(), "udp 127.77.0.1:%d")
	taken := at(s, 0)
	free := netip.AddrPortFrom(netip.MustParseAddr("127.77.0.2"), taken.Port())
	lines := []Listener{line("udp " + free.String()), line("udp " + taken.String())}
	_, err := Listen(Options{Handler: newRecorder(), Listeners: lines})
	require.ErrorContains(t, err, "listener udp://"+taken.String())
	s, err = Listen(Options{Handler: newRecorder(), Listeners: lines[:1]})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// Where two lines of one configuration collide, the error names the other.
func TestCollidingLines(t *testing.T) {
	dual := line("udp [::]:5060")
	dual.DualStack = true
	for _, c := range []struct {
		name          string
		first, second Listener
		collide       bool
	}{
		{"same", line("udp 10.0.0.1:5060"), line("udp 10.0.0.1:5060"), true},
		{"wildcard first", line("udp 0.0.0.0:5060"), line("udp 10.0.0.1:5060"), true},
		{"wildcard second", line("tcp 10.0.0.1:5060"), line("tcp 0.0.0.0:5060"), true},
		{"dual stack first", dual, line("udp 10.0.0.1:5060"), true},
		{"dual stack second", line("udp 0.0.0.0:5060"), dual, true},
		{"IPv6 wildcard", line("udp [::]:5060"), line("udp [2001:db8::1]:5060"), true},
		{"other family", line("udp [::]:5060"), line("udp 0.0.0.0:5060"), false},
		{"other transport", line("udp 10.0.0.1:5060"), line("tcp 10.0.0.1:5060"), false},
		{"other port", line("udp 0.0.0.0:5060"), line("udp 0.0.0.0:5061"), false},
		{"other address", line("udp 10.0.0.1:5060"), line("udp 10.0.0.2:5060"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := &listener{Listener: c.first, addr: c.first.Bind}
			err := (&listener{Listener: c.second}).check([]*listener{first})
			if !c.collide {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, fmt.Sprintf("already taken by the listener %s of this configuration", c.first))
		})
	}
}

func TestBindErrorSaysWhatToDo(t *testing.T) {
	l := &listener{Listener: line("udp 127.0.0.1:506")}
	require.ErrorContains(t, bindError(l, syscall.EADDRINUSE), "ss -lnp sport = :506")
	require.ErrorContains(t, bindError(l, syscall.EACCES), "CAP_NET_BIND_SERVICE")
	require.ErrorContains(t, bindError(l, syscall.EAFNOSUPPORT), "address family")
	require.Equal(t, syscall.EBADF, bindError(l, syscall.EBADF))
}

func TestNeighboursShareAPort(t *testing.T) {
	listenOnOnePort(t, newRecorder(), "udp 127.77.0.1:%d", "udp 127.77.0.2:%d", "udp [::1]:%d", "tcp 127.77.0.1:%d")
}

func TestAdvertise(t *testing.T) {
	for _, c := range []struct {
		text string
		want advertised
		err  string
	}{
		{"", advertised{}, ""},
		{"edge.example.com", advertised{host: "edge.example.com"}, ""},
		{"edge-b:5070", advertised{host: "edge-b", port: 5070}, ""},
		{"192.0.2.1", advertised{host: "192.0.2.1", addr: netip.MustParseAddr("192.0.2.1")}, ""},
		{"192.0.2.1:65535", advertised{host: "192.0.2.1", port: 65535, addr: netip.MustParseAddr("192.0.2.1")}, ""},
		{"2001:db8::1", advertised{host: "[2001:db8::1]", addr: netip.MustParseAddr("2001:db8::1")}, ""},
		{"[2001:db8::1]", advertised{host: "[2001:db8::1]", addr: netip.MustParseAddr("2001:db8::1")}, ""},
		{"[2001:db8::1]:5060", advertised{host: "[2001:db8::1]", port: 5060, addr: netip.MustParseAddr("2001:db8::1")}, ""},
		{"edge:", advertised{}, "port"},
		{"edge:65536", advertised{}, "port"},
		{"edge:+1", advertised{}, "port"},
		{":5060", advertised{}, "host name"},
		{"0.0.0.0", advertised{}, "wildcard"},
		{"[::]:5060", advertised{}, "wildcard"},
		{"[edge]:5060", advertised{}, "IPv6"},
		{"[192.0.2.1]", advertised{}, "IPv6"},
		{"fe80::1%eth0", advertised{}, "zone"},
		{"sip:edge", advertised{}, "port"},
		{"edge;lr", advertised{}, "host name"},
		{"edge example", advertised{}, "host name"},
		{"edge\r\nX: y", advertised{}, "port"},
		{".edge", advertised{}, "host name"},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := parseAdvertise(c.text)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzAdvertise(f *testing.F) {
	for _, seed := range []string{"edge.example.com:5060", "[2001:db8::1]:5060", "2001:db8::1", "192.0.2.1", ":", "[", "]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAdvertise(text)
		if err != nil || text == "" {
			return
		}
		again := a.host
		if a.port != 0 {
			again = fmt.Sprintf("%s:%d", a.host, a.port)
		}
		b, err := parseAdvertise(again)
		require.NoError(t, err)
		require.Equal(t, a, b)
	})
}
