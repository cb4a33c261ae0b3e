package transport

import (
	"fmt"
	"net/netip"
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
	s := listen(t, newRecorder(), nil, "udp 127.0.0.1:0")
	free := at(s, 0).Port()
	require.NoError(t, s.Close())
	udp := func(bind string) Listener { return line(fmt.Sprintf("udp %s:%d", bind, free)) }
	dual := udp("[::]")
	dual.DualStack = true
	badName, tls := udp("127.0.0.1"), line("tls 127.0.0.1:5061")
	badName.Advertise = "edge.example.com:0"
	for _, c := range []struct {
		name  string
		lines []Listener
		want  string
	}{
		{"none", nil, "name at least one"},
		{"TLS", []Listener{tls}, "TLS is not available in this version"},
		{"unknown transport", []Listener{{Transport: 9, Bind: udp("127.0.0.1").Bind}}, "unknown transport"},
		{"no address", []Listener{{}}, "no address to bind"},
		{"not ours", []Listener{line("udp 192.0.2.1:0")}, "no interface of this host has the address 192.0.2.1"},
		{"advertise", []Listener{badName}, "the port is not a number"},
		{"twice", []Listener{udp("127.0.0.1"), udp("127.0.0.1")}, fmt.Sprintf("taken by the listener udp://127.0.0.1:%d of this configuration", free)},
		{"wildcard first", []Listener{udp("0.0.0.0"), udp("127.0.0.1")}, fmt.Sprintf("taken by the listener udp://0.0.0.0:%d", free)},
		{"wildcard second", []Listener{udp("127.0.0.1"), udp("0.0.0.0")}, fmt.Sprintf("taken by the listener udp://127.0.0.1:%d", free)},
		{"dual stack", []Listener{udp("127.0.0.1"), dual}, fmt.Sprintf("taken by the listener udp://127.0.0.1:%d", free)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Listen(Options{Handler: newRecorder(), Listeners: c.lines})
			require.ErrorContains(t, err, c.want)
			// Nothing stays bound.
			s, err := Listen(Options{Handler: newRecorder(), Listeners: []Listener{udp("127.0.0.1")}})
			require.NoError(t, err)
			require.NoError(t, s.Close())
		})
	}
	_, err := Listen(Options{Listeners: []Listener{udp("127.0.0.1")}})
	require.ErrorContains(t, err, "no handler")
}

func TestNeighboursShareAPort(t *testing.T) {
	s := listen(t, newRecorder(), nil, "udp 127.0.0.1:0")
	port := at(s, 0).Port()
	listen(t, newRecorder(), nil, fmt.Sprintf("udp 127.0.0.2:%d", port), fmt.Sprintf("udp [::1]:%d", port), fmt.Sprintf("tcp 127.0.0.1:%d", port))
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
