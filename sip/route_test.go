package sip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// 16.4: our own Route values are removed, and only these: by token, by address
// and port, by name in any letter case, with or without port and parameters.
func TestOwnRouteRemoved(t *testing.T) {
	for i, route := range []string{
		"<sip:192.0.2.1;lr>",
		"<sip:192.0.2.1:5060;transport=udp;lr;x=y>;z",
		"<sip:edge.example.com:5060;lr>",
		"<sip:EDGE.Example.COM;lr>",
		"\"the edge, ours\" <sip:somebody@192.0.2.1;lr>",
		"<sip:192.0.2.1;lr>, <sip:192.0.2.1;lr>",
		"<sip:192.0.2.1;lr>\r\nRoute: <sip:edge.example.com;lr>",
	} {
		withEdge(t, func(e *testEdge) {
			c := newCall(fmt.Sprint("ro", i), "sip:room@meet.example.com")
			e.in(cucmAddr, c.request("INVITE", c.uri, "x", "", "Route: "+route+"\r\n", offer))
			all := e.take()
			require.Len(t, all, 2, "%s: %v", route, texts(all))
			require.Empty(t, all[1].headers("Route"), route)
		})
	}
}

// Never an open relay: a new request with a Route past us goes nowhere,
// whoever sends it.
func TestForeignRouteRefused(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for i, route := range []string{"<sip:198.51.100.7;lr>", "<sip:192.0.2.1;lr>, <sip:198.51.100.7>", "<sip:192.0.2.1:5099;lr>"} {
			c := newCall(fmt.Sprint("rf", i), "sip:room@meet.example.com")
			e.in(cucmAddr, c.request("INVITE", c.uri, fmt.Sprint("x", i), "", "Route: "+route+"\r\n", offer))
			require.Equal(t, 403, e.one().msg.Status, route)
		}
		e.in(cms1Addr, bridgeInvite(cms1Addr, "rfb", "sip:bob@example.com", "Route: <sip:198.51.100.7;lr>\r\n"))
		require.Equal(t, 403, e.one().msg.Status)
	})
}

// 16.4: a strict router before us put our Record-Route into the Request-URI.
func TestStrictRouterBefore(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h6", "sip:pinned@meet.example.com"))
		ours := strings.TrimSuffix(strings.TrimPrefix(d.route, "<"), ">")
		e.in(cucmAddr, d.call.request("BYE", ours, "x", "t1", "Route: <sip:"+cms1Addr+";x=1>\r\n", ""))
		bye := e.one()
		require.Equal(t, cms1Addr, bye.to.Remote.String())
		require.True(t, strings.HasPrefix(bye.text, "BYE sip:"+cms1Addr+";x=1 SIP/2.0"), bye.text)
		require.Empty(t, bye.headers("Route"))
	})
}

// 16.4: when Request-URI and every Route are ours there is no target to put
// back.
func TestStrictRouterWithoutTarget(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h6b", "sip:pinned@meet.example.com"))
		ours := strings.TrimSuffix(strings.TrimPrefix(d.route, "<"), ">")
		e.in(cucmAddr, d.call.request("BYE", ours, "x", "t1", "Route: "+d.route+"\r\n", ""))
		require.Equal(t, 400, e.one().msg.Status)
	})
}

// 16.6 step 6: a strict router after us gets its URI as the Request-URI.
func TestStrictRouterAfter(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h7", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.fromBridge("BYE", "x", d.route+", <sip:192.0.2.10>, <sip:far.example.com;lr>"))
		bye := e.one()
		require.Equal(t, cucmAddr, bye.to.Remote.String())
		require.True(t, strings.HasPrefix(bye.text, "BYE sip:192.0.2.10 SIP/2.0"), bye.text)
		require.Equal(t, []string{"<sip:far.example.com;lr>", "<sip:alice@" + cucmAddr + ">"}, bye.headers("Route"))
	})
}

// 16.4 and 16.6 step 6 together: between two strict routers the remote target
// stays the last Route value.
func TestStrictRouterOnBothSides(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h7b", "sip:pinned@meet.example.com"))
		ours := strings.TrimSuffix(strings.TrimPrefix(d.route, "<"), ">")
		text := d.fromBridge("BYE", "x", "<sip:192.0.2.10>, <sip:alice@far.example.com>")
		e.in(cms1Addr, strings.Replace(text, "BYE sip:alice@"+cucmAddr, "BYE "+ours, 1))
		bye := e.one()
		require.Equal(t, cucmAddr, bye.to.Remote.String())
		require.True(t, strings.HasPrefix(bye.text, "BYE sip:192.0.2.10 SIP/2.0"), bye.text)
		require.Equal(t, []string{"<sip:alice@far.example.com>"}, bye.headers("Route"))
	})
}

// 16.4: a maddr that names us is stripped, with the port and transport that
// are not the default, if the request came in by these; any other maddr means
// somebody else, and we are no relay.
func TestMaddr(t *testing.T) {
	for i, tc := range []struct{ uri, out string }{
		{"sip:pinned@meet.example.com;maddr=192.0.2.1", "sip:pinned@meet.example.com"},
		{"sip:pinned@meet.example.com:5060;x=1;maddr=edge.example.com;y;transport=udp", "sip:pinned@meet.example.com:5060;x=1;y;transport=udp"},
		{"sip:pinned@192.0.2.1;MADDR=192.0.2.1;x?h=v", "sip:pinned@meet.example.com;x"},
		{"sip:pinned@meet.example.com:5099;maddr=192.0.2.1", "sip:pinned@meet.example.com:5099;maddr=192.0.2.1"},
		{"sip:pinned@meet.example.com;maddr=198.51.100.7", ""},
	} {
		withEdge(t, func(e *testEdge) {
			e.in(cucmAddr, newCall(fmt.Sprint("ma", i), tc.uri).invite())
			all := e.take()
			last := all[len(all)-1].msg
			if tc.out == "" {
				require.Equal(t, 404, last.Status, tc.uri)
				return
			}
			require.Equal(t, tc.out, string(last.Text(last.RequestURI)))
		})
	}
}

// 16.4 over TCP on another port: both are stripped with the maddr.
func TestMaddrTakesPortAndTransportAlong(t *testing.T) {
	var w work
	text := newCall("mt", "sip:room@meet.example.com:5070;maddr=192.0.2.1;transport=tcp;x").invite()
	require.NoError(t, w.msg.Parse([]byte(text)))
	c := &responseContext{state: state{routes: routing{maddr: true}}}
	c.spliceRequestURI(&w, &w.msg, &target{})
	out, ok := w.edits.Apply(nil, w.msg.Bytes)
	require.True(t, ok)
	require.True(t, strings.HasPrefix(string(out), "INVITE sip:room@meet.example.com;x SIP/2.0\r\n"), string(out))
}

// RFC 3263 section 4: maddr comes before the host.
func TestMaddrOfNextHop(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h8m", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "phone.invalid:5080;maddr=192.0.2.77"))
		require.Equal(t, "192.0.2.77:5080", e.one().to.Remote.String())
	})
}

// A request inside a dialog that would come back to this edge ends here.
func TestInDialogNeverToUs(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h9s", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "192.0.2.1"))
		require.Equal(t, 481, e.one().msg.Status)
		own := "<sip:192.0.2.1;lr>"
		e.in(cms1Addr, d.fromBridge("BYE", "y", strings.Join([]string{d.route, own, own, own, own, own}, ",")))
		require.Equal(t, 481, e.one().msg.Status)
		e.in(cms1Addr, d.toPhone("BYE", "z", "edge.example.com"))
		require.Equal(t, 481, e.one().msg.Status)
	})
}

// A next hop that wants TLS is not reached over anything less.
func TestSipsRouteIsNotDowngraded(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h9t", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.fromBridge("BYE", "x", d.route+", <sips:192.0.2.10;lr>"))
		r := e.one()
		require.Equal(t, 500, r.msg.Status)
		e.in(cms1Addr, d.fromBridge("BYE", "y", d.route+", <sip:192.0.2.10;transport=tls;lr>"))
		require.Equal(t, 500, e.one().msg.Status)
	})
	u, err := wire.ParseURI([]byte("sips:a@b"))
	require.NoError(t, err)
	require.EqualValues(t, 5061, portOf(&u))
}
