package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// The duties of RFC 3261 section 18 that the core has, in its order. Package
// transport has the others; TestStampVia of package wire and TestResponseHop of
// package transaction tell of received, rport and maddr in every form, and
// pathmtu_test.go of what follows from 18.1.1.

// large is an offer of n bytes.
func large(n int) string {
	s := offer + "a="
	return s + strings.Repeat("x", n-len(s)-2) + "\r\n"
}

// callOf writes the INVITE of a call with a body of n bytes.
func (c *testCall) inviteOf(n int) string {
	return c.request("INVITE", c.uri, "inv-"+c.id, "", "", large(n))
}

// bodyFor is the size of a body with which the request goes out over UDP with
// exactly n bytes.
func (e *testEdge) bodyFor(n int) int {
	e.t.Helper()
	e.mtu.Store(65536)
	body := n - 800 // as many digits as it will have in the end
	e.in(cucmAddr, newCall("m000", "sip:pinned@meet.example.com").inviteOf(body))
	all := e.take()
	require.Len(e.t, all, 2)
	return body + n - len(all[1].text)
}

// 18.1.1: a request goes over TCP if it comes within 200 bytes of the path MTU,
// or has more than 1300 bytes where that is not known.
func TestLargeRequestGoesOverTCP(t *testing.T) {
	for mtu, limit := range map[int]int{0: 1300, 1500: 1300, 1280: 1080, 9000: 8800} {
		t.Run(fmt.Sprint(mtu), func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				body := e.bodyFor(limit)
				e.mtu.Store(int64(mtu))
				e.in(cucmAddr, newCall("m001", "sip:pinned@meet.example.com").inviteOf(body))
				fits := e.take()[1]
				require.Equal(t, limit, len(fits.text))
				require.Equal(t, wire.UDP, fits.to.Transport)
				require.Len(t, fits.headers("Record-Route"), 1)
				require.Zero(t, e.p.Stats().LargeTCP)

				e.in(cucmAddr, newCall("m002", "sip:pinned@meet.example.com").inviteOf(body+1))
				moved := e.take()[1]
				require.Equal(t, wire.TCP, moved.to.Transport)
				require.Equal(t, fits.to.Remote, moved.to.Remote)
				require.Equal(t, uint64(1), e.p.Stats().LargeTCP)
			})
		})
	}
}

// 18.1.1, 16.6 steps 4 and 8: Via names the transport that is used, and so does
// the Record-Route value on that side (RFC 5658).
func TestLargeRequestSaysTCP(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, newCall("m003", "sip:pinned@meet.example.com").inviteOf(1500))
		inv := e.take()[1]
		require.Contains(t, inv.headers("Via")[0], "SIP/2.0/TCP edge.example.com:5060;branch=")
		require.Equal(t, uint16(1), inv.to.Listener, "the listener that Via and Record-Route name")
		rr := inv.headers("Record-Route")
		require.Len(t, rr, 2)
		require.Contains(t, rr[0], "@edge.example.com:5060;transport=tcp;lr>")
		require.Contains(t, rr[1], "@192.0.2.1:5060;lr>")
	})
}

// 18.1.1: ACK, CANCEL and responses are no requests that choose their way: a
// CANCEL and the ACK of a refusal go the way of their INVITE.
func TestCancelAndACKFollowLargeInvite(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("m004", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.inviteOf(1500))
		inv := e.take()[1]
		e.in(cms1Addr, answer(inv, 180, "t1"))
		e.in(cucmAddr, c.cancel(""))
		cancel := e.take()[2]
		require.Equal(t, wire.CANCEL, cancel.msg.Method)
		require.Equal(t, inv.to, cancel.to)
		require.Equal(t, inv.headers("Via")[0], cancel.headers("Via")[0])
		e.in(cms1Addr, answer(cancel, 200, ""))
		e.in(cms1Addr, answer(inv, 487, "t1"))
		ack := e.take()[0]
		require.Equal(t, wire.ACK, ack.msg.Method)
		require.Equal(t, inv.to, ack.to)
		require.Equal(t, inv.headers("Via")[0], ack.headers("Via")[0])
	})
}

// 18.1.1: inside a dialog each request is judged by itself, and so is the ACK
// of a 2xx.
func TestLargeRequestInDialog(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("m005", "sip:pinned@meet.example.com"))
		route := "Route: " + d.route + "\r\n"
		for i, body := range []string{"", large(1500)} {
			want := []wire.Transport{wire.UDP, wire.TCP}[i]
			for _, method := range []string{"ACK", "INFO"} {
				e.in(cucmAddr, d.call.request(method, "sip:"+cms1Addr, fmt.Sprint(method, i), "t1", route, body))
				m := e.one()
				require.Equal(t, want, m.to.Transport, method)
				require.Contains(t, m.headers("Via")[0], "SIP/2.0/"+want.String()+" ")
				require.Equal(t, body, string(m.msg.Text(m.msg.Body)))
			}
		}
		require.Equal(t, uint64(2), e.p.Stats().LargeTCP)
		require.Zero(t, e.p.Stats().LostACK)
	})
}

// 18.1.2: a response whose topmost Via bears another sent-by than ours is
// discarded, though its branch is one of ours.
func TestResponseWithForeignVia(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("m006", "sip:pinned@meet.example.com"))
		ringing := answer(inv, 180, "t1")
		for i, sentBy := range []string{"255.255.255.255", "192.0.2.1:5999", "192.0.2.77:5060", "edge.example.org:5060", "[2001:db8::77]:5060"} {
			e.in(cms1Addr, strings.Replace(ringing, "192.0.2.1:5060", sentBy, 1))
			require.Empty(t, e.take(), sentBy)
			require.Equal(t, uint64(i+1), e.p.Stats().ForeignVia)
		}
		// What names the same listener in other words is ours.
		for _, sentBy := range []string{"192.0.2.1", "EDGE.example.COM:5060"} {
			e.in(cms1Addr, strings.Replace(ringing, "192.0.2.1:5060", sentBy, 1))
			require.Equal(t, 180, e.one().msg.Status, sentBy)
		}
	})
}

// 18.1.1: the response may come on any connection, and over any transport.
func TestResponseOnAnotherConnection(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("m007", "sip:pinned@meet.example.com"))
		from := wire.Hop{Transport: wire.TCP, Listener: 1, Conn: 99,
			Remote: netip.MustParseAddrPort("192.0.2.21:40000"), Local: netip.MustParseAddrPort(edgeAddr)}
		e.p.receive([]byte(answer(inv, 180, "t1")), from, e)
		require.Equal(t, 180, e.one().msg.Status)
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

// 18.2.2: a response goes back on the connection of its request; its hop also
// says where to connect to if that has gone: the source and the sent-by port.
func TestResponseOverTheConnectionOfItsRequest(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		from := wire.Hop{Transport: wire.TCP, Listener: 1, Conn: 7,
			Remote: netip.MustParseAddrPort("192.0.2.10:40000"), Local: netip.MustParseAddrPort(edgeAddr)}
		for sentBy, port := range map[string]uint16{"192.0.2.10:5070": 5070, "192.0.2.10": 5060, "cucm.example.com:5080": 5080} {
			c := newCall("m008"+fmt.Sprint(port), "sip:pinned@meet.example.com")
			e.p.receive([]byte(strings.Replace(c.invite(), "UDP "+cucmAddr, "TCP "+sentBy, 1)), from, e)
			all := e.take()
			e.in(cms1Addr, answer(all[1], 180, "t1"))
			for _, up := range []sent{all[0], e.one()} {
				require.Equal(t, uint64(7), up.to.Conn)
				require.Equal(t, netip.AddrPortFrom(from.Remote.Addr(), port), up.to.Remote)
			}
		}
	})
}

// 18.3: what follows the body in a datagram is no part of the message and goes
// nowhere; no Content-Length means that the body ends with the datagram.
func TestBytesAfterTheBody(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("m009", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.invite()+"SURPLUS")
		inv := e.take()[1]
		require.True(t, strings.HasSuffix(inv.text, offer))
		e.in(cms1Addr, answer(inv, 180, "t1")+"SURPLUS")
		require.NotContains(t, e.one().text, "SURPLUS")

		c = newCall("m010", "sip:pinned@meet.example.com")
		e.in(cucmAddr, strings.Replace(c.invite(), "Content-Length: "+fmt.Sprint(len(offer))+"\r\n", "", 1))
		require.True(t, strings.HasSuffix(e.take()[1].text, offer))
	})
}

// 18.3: a datagram that ends before its body does is an error: a request gets
// 400, a response is discarded, an ACK too.
func TestBodyCutShort(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("m011", "sip:pinned@meet.example.com")
		whole := c.invite()
		e.in(cucmAddr, whole[:len(whole)-1])
		require.Equal(t, 400, e.one().msg.Status)

		inv := e.place(newCall("m012", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, strings.Replace(answer(inv, 180, "t1"), "Content-Length: 0", "Content-Length: 9", 1))
		require.Empty(t, e.take())
		e.in(cucmAddr, strings.Replace(c.request("ACK", "sip:"+cms1Addr, "a", "t1", "", ""), "Content-Length: 0", "Content-Length: 9", 1))
		require.Empty(t, e.take())
		require.Equal(t, uint64(3), e.p.Stats().Malformed)
	})
}
