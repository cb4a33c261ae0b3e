package sip

import (
	"strings"
	"testing"
	"time"

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

// 18.2.1: received is added where the sent-by is not where it came from.
func TestReceivedAdded(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("d3", "sip:room@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.invite(), cucmAddr+";branch", "10.9.8.7:5060;rport;branch", 1))
		all := e.take()
		require.Contains(t, all[1].headers("Via")[1], "received=192.0.2.10")
		require.Contains(t, all[1].headers("Via")[1], "rport=5060")
		require.Equal(t, cucmAddr, all[0].to.Remote.String(), "the 100 goes to where it came from")
	})
}

// 16.7 steps 3, 5 and 9: Via is removed, 100 stays here, other 1xx and 2xx go
// up at once, also a repeated 2xx.
func TestResponsesGoUp(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("e1", "sip:room@meet.example.com"))
		from := inv.to.Remote.String()
		e.in(from, answer(inv, 100, ""))
		require.Empty(t, e.take())
		e.in(from, answer(inv, 180, "t1"))
		ring := e.one()
		require.Equal(t, 180, ring.msg.Status)
		require.Len(t, ring.headers("Via"), 1)
		require.Equal(t, cucmAddr, ring.to.Remote.String())
		for range 3 {
			e.in(from, answer(inv, 200, "t1"))
			require.Equal(t, 200, e.one().msg.Status)
			e.after(10 * time.Second)
		}
		e.after(10 * time.Second)
		e.in(from, answer(inv, 200, "t1"))
		require.Empty(t, e.take(), "RFC 6026: a stray response goes nowhere")
	})
}

// 16.7 step 6: 486 and 603 are the callee's word: up at once, nobody else is
// tried, and the bridge gets its ACK from us.
func TestBusyAndDeclineGoUpAtOnce(t *testing.T) {
	for _, status := range []int{480, 486, 404, 302, 603} {
		withEdge(t, func(e *testEdge) {
			inv := e.place(newCall("e2", "sip:pinned@meet.example.com"))
			e.in(inv.to.Remote.String(), answer(inv, status, "t1"))
			all := e.take()
			require.Len(t, all, 2, "%v", texts(all))
			require.Equal(t, wire.ACK, all[0].msg.Method)
			require.Equal(t, inv.to.Remote, all[0].to.Remote)
			require.Equal(t, status, all[1].msg.Status)
			e.in(cucmAddr, newCall("e2", "sip:pinned@meet.example.com").request("ACK", "sip:pinned@meet.example.com", "inv-e2", "t1", "", ""))
			require.Empty(t, e.take(), "the ACK of a failure ends here")
		})
	}
}

// R12: 408, 488, 500, 503, 504 lead to the next candidate, and after the last
// one the best response goes up, a 503 as 500 (16.7 step 6).
func TestNextCandidate(t *testing.T) {
	for _, tc := range []struct{ status, up int }{{408, 408}, {500, 500}, {503, 500}, {504, 504}} {
		withEdge(t, func(e *testEdge) {
			inv := e.place(newCall("f1", "sip:pinned@meet.example.com"))
			require.Equal(t, cms1Addr, inv.to.Remote.String())
			for _, next := range []string{cms2Addr, cms3Addr} {
				branch := string(inv.msg.Text(inv.msg.Via.Branch))
				e.in(inv.to.Remote.String(), answer(inv, tc.status, "t1"))
				all := e.take()
				require.Len(t, all, 2, "%v", texts(all))
				inv = all[1]
				require.Equal(t, next, inv.to.Remote.String())
				require.NotEqual(t, branch, string(inv.msg.Text(inv.msg.Via.Branch)), "16.6 step 10: a new branch")
			}
			e.in(inv.to.Remote.String(), answer(inv, tc.status, "t1"))
			all := e.take()
			require.Equal(t, tc.up, all[len(all)-1].msg.Status)
		})
	}
}

// R12: two roomy bridges that refuse one offer with 488: it goes up, with the
// bridge's own Warning.
func TestOfferAtFault(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("f2", "sip:pinned@meet.example.com"))
		e.in(inv.to.Remote.String(), answer(inv, 488, "t1", "Warning: 305 cms \"no codec\"\r\n"))
		inv = e.take()[1]
		e.in(inv.to.Remote.String(), answer(inv, 488, "t2", "Warning: 305 cms \"no codec\"\r\n"))
		all := e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 488, all[1].msg.Status)
		require.Equal(t, "305 cms \"no codec\"", all[1].header("Warning"))
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
