package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// One test per duty of RFC 3261 section 16, in its order.

// 16.3 step 1: a request that cannot be read is refused, not forwarded.
func TestMalformedRequestIs400(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("a1", "sip:room@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.invite(), "CSeq: 1 INVITE", "CSeq: 1 BYE", 1))
		require.Equal(t, 400, e.one().msg.Status)
	})
}

// 16.3 step 2: an unknown scheme is 416.
func TestUnknownSchemeIs416(t *testing.T) {
	for _, uri := range []string{"nosuch:room@meet.example.com", "tel:+4412345", "sips:room@meet.example.com"} {
		withEdge(t, func(e *testEdge) {
			e.in(cucmAddr, newCall("a2", uri).invite())
			require.Equal(t, 416, e.one().msg.Status, uri)
		})
	}
}

// 16.3 step 3: Max-Forwards 0 is 483, but OPTIONS may be answered here.
func TestMaxForwardsZero(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("a3", "sip:room@meet.example.com")
		e.in(cucmAddr, c.request("INVITE", c.uri, "x", "", "Max-Forwards: 0\r\n", offer))
		require.Equal(t, 483, e.one().msg.Status)
		e.in(cucmAddr, newCall("a3o", c.uri).request("OPTIONS", c.uri, "y", "", "Max-Forwards: 0\r\n", ""))
		require.Equal(t, 200, e.one().msg.Status)
	})
}

// 16.3 step 5: Proxy-Require names what is not supported; Require is not ours.
func TestProxyRequireIs420(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("a4", "sip:room@meet.example.com")
		e.in(cucmAddr, c.request("INVITE", c.uri, "x", "", "Proxy-Require: foo, bar\r\nProxy-Require: baz\r\n", offer))
		r := e.one()
		require.Equal(t, 420, r.msg.Status)
		require.Equal(t, "foo, bar, baz", r.header("Unsupported"))

		c = newCall("a4b", "sip:room@meet.example.com")
		e.in(cucmAddr, c.request("INVITE", c.uri, "y", "", "Require: foo\r\n", offer))
		require.Equal(t, "foo", e.take()[1].header("Require"))
	})
}

// 16.3: a method or a header that nobody here knows is no reason to refuse, and
// reaches the bridge as it came.
func TestUnknownMethodAndHeadersPass(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("um", "sip:pinned@meet.example.com")
		odd := "NewFangled-Header: \xc3\xa4 ;;==\"\r\n  folded, \r\nDate: not a date\r\n"
		e.in(cucmAddr, c.request("FROBNICATE", c.uri, "um", "", odd, ""))
		m := e.one()
		require.Equal(t, cms1Addr, m.to.Remote.String())
		require.True(t, strings.HasPrefix(m.text, "FROBNICATE "))
		require.Contains(t, m.text, odd)
		e.in(cms1Addr, answer(m, 501, "t1"))
		require.Equal(t, 501, e.one().msg.Status)
	})
}

// 16.5: a domain that is none of ours is 404; strangers get nothing.
func TestForeignDomainAndStranger(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("c1", "sip:room@elsewhere.example.net").invite())
		r := e.one()
		require.Equal(t, 404, r.msg.Status)
		require.Contains(t, r.header("Warning"), "399 192.0.2.1 \"domain elsewhere.example.net")

		e.in("198.51.100.99:5060", newCall("c2", "sip:room@meet.example.com").invite())
		require.Empty(t, e.take())
		require.EqualValues(t, 1, e.p.Stats().Strangers)
	})
}

// 16.6 steps 1, 3, 4 and 8: the copy differs in Via, Max-Forwards and
// Record-Route; every other byte is as it came.
func TestForwardedCopy(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("d1", "sip:room@meet.example.com")
		got := e.place(c)
		vias := got.headers("Via")
		require.Len(t, vias, 2)
		require.True(t, strings.HasPrefix(vias[0], "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"), vias[0])
		require.Equal(t, "69", got.header("Max-Forwards"))
		rr := got.headers("Record-Route")
		require.Len(t, rr, 1)
		require.Regexp(t, `^<sip:[A-Za-z0-9_-]{24}@192\.0\.2\.1:5060;lr>$`, rr[0])

		rest := strings.Replace(got.text, "Via: "+vias[0]+"\r\n", "", 1)
		rest = strings.Replace(rest, "Record-Route: "+rr[0]+"\r\n", "", 1)
		rest = strings.Replace(rest, "Max-Forwards: 69", "Max-Forwards: 70", 1)
		require.Equal(t, c.invite(), rest)
	})
}

// 16.6 step 3: Max-Forwards is added where there is none.
func TestMaxForwardsAdded(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("d2", "sip:room@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.invite(), "Max-Forwards: 70\r\n", "", 1))
		require.Equal(t, "70", e.take()[1].header("Max-Forwards"))
	})
}

// 16.6 steps 1, 4 and 8: headers in compact form and joined by commas stay
// joined and in order, ours go before them.
func TestForwardedCopyOfJoinedHeaders(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("cj", "sip:pinned@meet.example.com")
		in := strings.NewReplacer(
			"Via: SIP/2.0/UDP "+cucmAddr+";branch=z9hG4bKinv-cj\r\n", "v: SIP/2.0/UDP "+cucmAddr+";branch=z9hG4bKinv-cj , SIP/2.0/TCP [2001:db8::9]:5062;branch=z9hG4bKx\r\nv:SIP/2.0/TLS far;branch=z9hG4bKy\r\n",
			"Call-ID:", "i:", "From:", "f :", "To:", "t:", "Contact:", "m:", "Content-Length:", "l:",
			"X-Odd:", "Record-Route: <sip:one.example;lr> ,<sip:two.example;lr>\r\nRecord-Route:<sip:three.example>\r\nX-Odd:",
		).Replace(c.invite())
		e.in(cucmAddr, in)
		all := e.take()
		got := all[1]
		_, rest, ok := strings.Cut(got.text, "\r\n")
		require.True(t, ok)
		require.True(t, strings.HasPrefix(rest, "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"), rest)
		ours := got.headers("Via")[0]
		require.Len(t, got.headers("Record-Route"), 3)
		rr := got.headers("Record-Route")[0]
		back := strings.Replace(got.text, "Via: "+ours+"\r\n", "", 1)
		back = strings.Replace(back, "Record-Route: "+rr+"\r\n", "", 1)
		back = strings.Replace(back, "Max-Forwards: 69", "Max-Forwards: 70", 1)
		require.Equal(t, in, back)
		require.Equal(t, 100, all[0].msg.Status)
	})
}

// 16.6 steps 4 and 8, 18.2.1: everything with IPv6: brackets in Via and
// Record-Route, none in received, two Record-Routes where the family changes.
func TestIPv6(t *testing.T) {
	const caller = "[2001:db8::10]:5060"
	withEdge(t, func(e *testEdge) {
		e.v6 = true
		for i, tc := range []struct{ uri, out string }{
			{"sip:pinned@[2001:db8::1]", "sip:pinned@meet.example.com"},
			{"sip:pinned@[2001:DB8:0::1]:5060;transport=udp", "sip:pinned@meet.example.com;transport=udp"},
			{"sip:pinned@[2001:db8::23]:5060", "sip:pinned@meet.example.com"},
		} {
			id := fmt.Sprint("v6", i)
			text := strings.Replace(newCall(id, tc.uri).invite(), cucmAddr+";branch", "[2001:db8::99]:5060;rport;branch", 1)
			e.p.receive([]byte(text), wire.Hop{Listener: 4, Remote: netip.MustParseAddrPort(caller), Local: netip.MustParseAddrPort("[2001:db8::1]:5060")}, e)
			all := e.take()
			require.Len(t, all, 2, "%v", texts(all))
			require.Equal(t, caller, all[0].to.Remote.String())
			inv := all[1]
			require.Equal(t, tc.out, string(inv.msg.Text(inv.msg.RequestURI)))
			require.Contains(t, inv.headers("Via")[1], ";rport=5060;", inv.text)
			require.Contains(t, inv.headers("Via")[1], ";received=2001:db8::10", inv.text)
			rr := inv.headers("Record-Route")
			require.Len(t, rr, 2)
			require.Contains(t, rr[0], "@192.0.2.1:5060;lr>")
			require.Contains(t, rr[1], "@[2001:db8::1]:5060;lr>")

			e.in(cms1Addr, answer(inv, 200, "t1"))
			ok := e.one()
			require.Equal(t, caller, ok.to.Remote.String())
			d := dialog{newCall(id, tc.uri), inv, strings.Join(rr, ", ")}
			e.in(cms1Addr, strings.Replace(d.fromBridge("BYE", id, d.route), "BYE sip:alice@"+cucmAddr, "BYE sip:alice@[2001:db8::10]", 1))
			bye := e.one()
			require.Equal(t, caller, bye.to.Remote.String())
			require.True(t, strings.HasPrefix(bye.headers("Via")[0], "SIP/2.0/UDP [2001:db8::1]:5060;branch="), bye.text)
		}
	}, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, dest(caller))
		s.Bridges[2].SIP = dest("[2001:db8::23]:5060")
	})
	withEdge(t, func(e *testEdge) {
		e.v6 = true
		inv := e.place(newCall("v6b", "sip:pinned@192.0.2.1:5060"))
		require.Equal(t, "[2001:db8::21]:5061", inv.to.Remote.String())
		require.Equal(t, "sip:pinned@[2001:db8::21]", string(inv.msg.Text(inv.msg.RequestURI)))
	}, func(s *Settings) {
		s.Bridges[0].SIP = dest("[2001:db8::21]:5061")
		s.Routes[0].RequestURI = RequestURIBridge
	})
}

// 16.6 steps 4 and 9, RFC 5658: where the transport changes there are two
// Record-Route values, the side of the next hop on top, and a stream gets the
// Content-Length that a datagram may come without. Inside the dialog both of
// our Route values are removed, from either side.
func TestTransportChange(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("tcp", "sip:pinned@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.request("INVITE", c.uri, "inv-tcp", "", "", ""), "Content-Length: 0\r\n", "", 1))
		inv := e.take()[1]
		require.Equal(t, wire.TCP, inv.to.Transport)
		require.Equal(t, "0", inv.header("Content-Length"))
		require.True(t, strings.HasPrefix(inv.headers("Via")[0], "SIP/2.0/TCP "), inv.headers("Via")[0])
		rr := inv.headers("Record-Route")
		require.Len(t, rr, 2)
		require.Contains(t, rr[0], ";transport=tcp;lr>")
		require.NotContains(t, rr[1], "transport")

		e.in(cms1Addr, answer(inv, 200, "t1"))
		e.take()
		c.cseq++
		e.in(cucmAddr, c.request("BYE", "sip:"+cms1Addr+";transport=tcp", "bye", "t1", "Route: "+rr[1]+"\r\nRoute: "+rr[0]+"\r\n", ""))
		bye := e.one()
		require.Empty(t, bye.headers("Route"))
		require.Equal(t, wire.TCP, bye.to.Transport)

		d := dialog{c, inv, ""}
		e.in(cms1Addr, d.fromBridge("BYE", "bbye", rr[0]+", "+rr[1]))
		bye = e.one()
		require.Empty(t, bye.headers("Route"))
		require.Equal(t, cucmAddr, bye.to.Remote.String())
	}, func(s *Settings) {
		for i := range s.Bridges {
			s.Bridges[i].SIP.Transport = wire.TCP
		}
	})
}
