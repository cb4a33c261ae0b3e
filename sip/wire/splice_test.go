package wire

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSplices edits the messages of testdata/edits as the section "do" says and compares every byte that comes out.
func TestSplices(t *testing.T) {
	eachScript(t, "edits", func(t *testing.T, s *script) {
		var m Message
		raw := crlf(s.sections["message"])
		require.NoError(t, m.Parse(raw))
		var e Edits
		for line := range strings.Lines(s.sections["do"]) {
			splice(t, &e, &m, strings.Fields(line))
		}
		out, applied := e.Apply([]byte("before"), m.Bytes)
		require.True(t, applied)
		require.Equal(t, "before", string(out[:6]))
		s.expect(t, "result", readable(out[6:]))

		var again Message
		require.NoError(t, again.Parse(out[6:]))
		require.Equal(t, string(m.Text(m.Body)), string(again.Text(again.Body)))
	})
}

// splice obeys one line of a script.
func splice(t *testing.T, e *Edits, m *Message, words []string) {
	switch words[0] {
	case "stamp":
		e.StampVia(m, netip.MustParseAddrPort(words[1]))
	case "push-via":
		e.PushVia(m, viaLine)
	case "pop-via":
		e.PopVia(m)
	case "push-record-route":
		e.PushRecordRoute(m, routeRec)
	case "max-forwards":
		n, err := strconv.Atoi(words[1])
		require.NoError(t, err)
		e.MaxForwards(m, n)
	case "pop-route":
		routes := slices.Collect(m.Values(Route))
		for _, word := range words[1:] {
			n, err := strconv.Atoi(word)
			require.NoError(t, err)
			e.PopRoute(m, routes[n-1])
		}
	default:
		t.Fatal("no such command: ", words[0])
	}
}

// TestPopRouteInAnyOrder pops every subset of a joined line in every order: what stays must not depend on the order.
func TestPopRouteInAnyOrder(t *testing.T) {
	const n = 4
	for _, line := range []string{"<sip:p0;lr>,<sip:p1;lr>,<sip:p2;lr>,<sip:p3;lr>", "<sip:p0;lr>  ,\n\t<sip:p1;lr>, ,<sip:p2;lr>\n ,  <sip:p3;lr>,"} {
		raw := crlf(strings.Replace(sound, "Max-Forwards: 70", "Route: "+line+"\nMax-Forwards: 70", 1))
		var m Message
		require.NoError(t, m.Parse(raw))
		routes := slices.Collect(m.Values(Route))
		require.Len(t, routes, n)
		for _, order := range permutations([]int{0, 1, 2, 3}) {
			for popped := 0; popped <= n; popped++ {
				var want []string
				for i := range n {
					if !slices.Contains(order[:popped], i) {
						want = append(want, "<sip:p"+strconv.Itoa(i)+";lr>")
					}
				}
				var e Edits
				for _, i := range order[:popped] {
					e.PopRoute(&m, routes[i])
				}
				out, applied := e.Apply(nil, m.Bytes)
				require.True(t, applied, order[:popped])
				var again Message
				require.NoError(t, again.Parse(out))
				var got []string
				for v := range again.Values(Route) {
					got = append(got, string(again.Text(v.Span)))
				}
				require.Equal(t, want, got, order[:popped])
				require.Equal(t, len(want) > 0, again.Has(Route))
				if popped == n {
					require.Equal(t, string(crlf(sound)), string(out))
				}
			}
		}
	}
}

func permutations(of []int) (all [][]int) {
	if len(of) == 0 {
		return [][]int{nil}
	}
	for i, first := range of {
		rest := slices.Concat(of[:i], of[i+1:])
		for _, tail := range permutations(rest) {
			all = append(all, append([]int{first}, tail...))
		}
	}
	return all
}

// TestPopRouteTwice shows that popping one value again changes nothing.
func TestPopRouteTwice(t *testing.T) {
	for _, line := range []string{"<sip:p0;lr>", "<sip:p0;lr>, <sip:p1;lr>"} {
		var m Message
		require.NoError(t, m.Parse(crlf(strings.Replace(sound, "Max-Forwards: 70", "Route: "+line, 1))))
		v := slices.Collect(m.Values(Route))[0]
		var once, twice Edits
		once.PopRoute(&m, v)
		twice.PopRoute(&m, v)
		twice.PopRoute(&m, v)
		want, _ := once.Apply(nil, m.Bytes)
		got, applied := twice.Apply(nil, m.Bytes)
		require.True(t, applied)
		require.Equal(t, string(want), string(got))
	}
}

// TestStampVia overwrites whatever the sender says of where it is (RFC 3261 section 18.2.1, RFC 3581).
func TestStampVia(t *testing.T) {
	const v4, v6 = "192.0.2.10:5060", "[2001:db8::9]:40000"
	cases := []struct{ via, src, want string }{
		{"SIP/2.0/UDP 192.0.2.10;branch=b", v4, "SIP/2.0/UDP 192.0.2.10;branch=b"},
		{"SIP/2.0/UDP 192.0.2.10:9;branch=b", v4, "SIP/2.0/UDP 192.0.2.10:9;branch=b"},
		{"SIP/2.0/UDP 192.0.2.11;branch=b", v4, "SIP/2.0/UDP 192.0.2.11;branch=b;received=192.0.2.10"},
		{"SIP/2.0/UDP host.example.com", v4, "SIP/2.0/UDP host.example.com;received=192.0.2.10"},
		{"SIP/2.0/UDP 192.0.2.10;rport;branch=b", v4, "SIP/2.0/UDP 192.0.2.10;rport=5060;branch=b;received=192.0.2.10"},
		{"SIP/2.0/UDP 192.0.2.10;branch=b;RPORT", v4, "SIP/2.0/UDP 192.0.2.10;branch=b;rport=5060;received=192.0.2.10"},
		{"SIP/2.0/UDP 192.0.2.10;rport = 7 ;branch=b", v4, "SIP/2.0/UDP 192.0.2.10;rport=5060 ;branch=b;received=192.0.2.10"},
		{"SIP/2.0/UDP 192.0.2.10;rport=none", v4, "SIP/2.0/UDP 192.0.2.10;rport=5060;received=192.0.2.10"},
		{"SIP/2.0/UDP 192.0.2.10;received=203.0.113.9", v4, "SIP/2.0/UDP 192.0.2.10;received=192.0.2.10"},
		{"SIP/2.0/UDP h;received=203.0.113.9;rport=9;x", v4, "SIP/2.0/UDP h;received=192.0.2.10;rport=5060;x"},
		{"SIP/2.0/UDP h;branch=b;", v4, "SIP/2.0/UDP h;branch=b;received=192.0.2.10"},
		{"SIP/2.0/UDP h , SIP/2.0/UDP i;rport", v4, "SIP/2.0/UDP h;received=192.0.2.10 , SIP/2.0/UDP i;rport"},
		{"SIP/2.0/UDP [2001:DB8:0::9]", v6, "SIP/2.0/UDP [2001:DB8:0::9]"},
		{"SIP/2.0/UDP [2001:db8::8];rport", v6, "SIP/2.0/UDP [2001:db8::8];rport=40000;received=2001:db8::9"},
		{"SIP/2.0/UDP [2001:db8::8];received=[2001:db8::1]", v6, "SIP/2.0/UDP [2001:db8::8];received=2001:db8::9"},
		{"SIP/2.0/UDP 192.0.2.10", "[::ffff:192.0.2.10]:5060", "SIP/2.0/UDP 192.0.2.10"},
		{"SIP/2.0/UDP h", "[fe80::1%eth0]:5060", "SIP/2.0/UDP h;received=fe80::1"},
	}
	for _, c := range cases {
		raw := crlf(strings.Replace(sound, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776a", c.via, 1))
		var m Message
		require.NoError(t, m.Parse(raw), c.via)
		var e Edits
		e.StampVia(&m, netip.MustParseAddrPort(c.src))
		out, applied := e.Apply(nil, m.Bytes)
		require.True(t, applied)
		var again Message
		require.NoError(t, again.Parse(out))
		require.Equal(t, c.want, string(again.Text(again.Headers[0].Value)), c.via)

		e.Reset()
		e.StampVia(&m, netip.AddrPort{})
		out, _ = e.Apply(nil, m.Bytes)
		require.Equal(t, string(raw), string(out), "no source, no stamp")
	}
}
