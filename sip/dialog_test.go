package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// dialog is a call that is up: what each side needs to speak inside it.
type dialog struct {
	call   *testCall
	invite sent
	route  string // Record-Route as it came
}

func (e *testEdge) establish(c *testCall) dialog {
	e.t.Helper()
	inv := e.place(c)
	e.in(inv.to.Remote.String(), answer(inv, 200, "t1"))
	ok := e.one()
	require.Equal(e.t, 200, ok.msg.Status)
	return dialog{c, inv, ok.header("Record-Route")}
}

// fromBridge writes a request of the bridge's side inside the dialog.
func (d dialog) fromBridge(method, branch, route string) string {
	s := method + " sip:alice@" + cucmAddr + " SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP " + d.invite.to.Remote.String() + ";branch=z9hG4bK" + branch + "\r\n"
	if route != "" {
		s += "Route: " + route + "\r\n"
	}
	return s + "From: <" + d.call.uri + ">;tag=t1\r\nTo: \"Alice\" <sip:alice@example.com>;tag=from-" + d.call.id + "\r\n" +
		"Call-ID: " + d.call.id + "@192.0.2.10\r\nCSeq: 7 " + method + "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
}

// 16.4, 16.6: in-dialog requests of the caller go to the bridge by the token,
// with our Route removed and the Request-URI as it came; those of the bridge
// go to the remote target.
func TestInDialogBothWays(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h1", "sip:pinned@meet.example.com"))
		contact := "sip:" + cms1Addr
		e.in(cucmAddr, d.call.request("ACK", contact, "ack", "t1", "Route: "+d.route+"\r\n", ""))
		ack := e.one()
		require.Equal(t, cms1Addr, ack.to.Remote.String())
		require.Empty(t, ack.headers("Route"))
		require.Len(t, ack.headers("Via"), 2)
		require.Equal(t, "69", ack.header("Max-Forwards"))
		require.True(t, strings.HasPrefix(ack.text, "ACK "+contact+" SIP/2.0"))

		d.call.cseq++
		e.in(cucmAddr, d.call.request("INVITE", contact, "re", "t1", "Route: "+d.route+"\r\n", offer))
		all := e.take()
		require.Len(t, all, 2)
		re := all[1]
		require.Equal(t, cms1Addr, re.to.Remote.String())
		require.Empty(t, re.headers("Route"))
		require.Equal(t, d.route, re.header("Record-Route"), "a refresh names the same bridge")
		e.in(cms1Addr, answer(re, 488, "t1"))
		all = e.take()
		require.Equal(t, 488, all[len(all)-1].msg.Status, "inside a dialog there is no next candidate")

		e.in(cms1Addr, d.fromBridge("INVITE", "bre", d.route))
		all = e.take()
		require.Equal(t, cucmAddr, all[1].to.Remote.String())
		require.Equal(t, wire.INVITE, all[1].msg.Method)

		require.Equal(t, 1, e.p.Stats().Calls)
		e.in(cms1Addr, d.fromBridge("BYE", "bye", d.route))
		bye := e.one()
		require.Equal(t, cucmAddr, bye.to.Remote.String())
		require.Zero(t, e.p.Stats().Calls, "a BYE ends what the call held")
		e.in(cucmAddr, answer(bye, 200, ""))
		require.Equal(t, cms1Addr, e.one().to.Remote.String())
	})
}

// DESIGN 5: the same edge after a restart, and any edge with the key, routes
// requests inside a dialog with no state; another key does not.
func TestInDialogAfterRestart(t *testing.T) {
	var d dialog
	withEdge(t, func(e *testEdge) { d = e.establish(newCall("h2", "sip:room@meet.example.com")) })
	bye := func(e *testEdge) sent {
		e.in(cucmAddr, d.call.request("BYE", "sip:contact.invalid", "bye", "t1", "Route: "+d.route+"\r\n", ""))
		return e.one()
	}
	withEdge(t, func(e *testEdge) { require.Equal(t, d.invite.to.Remote, bye(e).to.Remote) })
	withEdge(t, func(e *testEdge) { require.Equal(t, d.invite.to.Remote, bye(e).to.Remote) },
		func(s *Settings) { s.RouteKeys = append([][]byte{[]byte("a newer key, 16+")}, s.RouteKeys...) })
	withEdge(t, func(e *testEdge) { require.Equal(t, 481, bye(e).msg.Status) },
		func(s *Settings) { s.RouteKeys = [][]byte{[]byte("another key entirely")} })
}

// DESIGN 5: without a token a request is still routed if it names a bridge;
// otherwise 481, and an ACK is dropped.
func TestInDialogWithoutToken(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("h3", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.request("BYE", "sip:"+cms2Addr, "x", "t1", "", ""))
		require.Equal(t, cms2Addr, e.one().to.Remote.String())
		require.EqualValues(t, 1, e.p.Stats().NoToken)
		e.in(cucmAddr, c.request("BYE", "sip:198.51.100.1", "y", "t1", "", ""))
		require.Equal(t, 481, e.one().msg.Status)
		e.in(cucmAddr, c.request("ACK", "sip:198.51.100.1", "z", "t1", "", ""))
		require.Empty(t, e.take())
		require.EqualValues(t, 1, e.p.Stats().LostACK)
	})
}

// A caller that ignores Record-Route is still served by the edge that placed
// its call.
func TestInDialogOfRememberedCall(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("h3b", "sip:room@meet.example.com")
		d := e.establish(c)
		e.in(cucmAddr, c.request("ACK", "sip:room@192.0.2.1:5060", "ack", "t1", "", ""))
		require.Equal(t, d.invite.to.Remote, e.one().to.Remote)
		c.cseq++
		e.in(cucmAddr, c.request("BYE", "sip:room@192.0.2.1:5060", "bye", "t1", "", ""))
		require.Equal(t, d.invite.to.Remote, e.one().to.Remote)
	})
}

// A token is bound to its Call-ID: it opens no other dialog.
func TestTokenOfAnotherCall(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h4", "sip:pinned@meet.example.com"))
		other := newCall("h5", "sip:pinned@meet.example.com")
		e.in(cucmAddr, other.request("BYE", "sip:198.51.100.1", "y", "t1", "Route: "+d.route+"\r\n", ""))
		require.Equal(t, 481, e.one().msg.Status)
	})
}

// DESIGN 5, parking: a host name in a Contact is resolved off the path; the
// request waits, and a CANCEL of it is answered by us.
func TestNextHopByName(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h8", "sip:pinned@meet.example.com"))
		text := strings.Replace(d.fromBridge("INVITE", "x", d.route), "sip:alice@"+cucmAddr, "sip:alice@phone.example.com:5070", 1)
		e.in(cms1Addr, text)
		all := e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 100, all[0].msg.Status)
		require.Equal(t, "192.0.2.99:5070", all[1].to.Remote.String())

		text = strings.Replace(d.fromBridge("BYE", "y", d.route), "sip:alice@"+cucmAddr, "sip:alice@nowhere.example.com", 1)
		e.in(cms1Addr, text)
		require.Equal(t, 480, e.one().msg.Status)
	})
}

// RFC 6026: a repeated INVITE after the 2xx is absorbed.
func TestRepeatedInviteAfter200(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("h9", "sip:pinned@meet.example.com")
		e.establish(c)
		e.in(cucmAddr, c.invite())
		require.Empty(t, e.take())
	})
}

// Everything ends: after the longest timer no transaction and no promise is
// left of a call that was made, answered and hung up.
func TestNothingIsLeft(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("h10", "sip:pinned@meet.example.com"))
		e.in(cucmAddr, d.call.request("BYE", "sip:"+cms1Addr, "bye", "t1", "Route: "+d.route+"\r\n", ""))
		e.in(cms1Addr, answer(e.one(), 200, ""))
		e.after(70 * time.Second)
		require.Zero(t, e.p.layer.Stats().Open)
		require.Zero(t, e.p.OpenInvites())
		for _, b := range e.bal.Bridges(time.Now()) {
			require.Zero(t, b.Reserved, b.Name)
		}
	})
}

// Distribution links: what follows in a dialog between two bridges goes to the
// other one's Contact, from either side, the ACK too; nobody is selected and
// nothing is held.
func TestInDialogBetweenBridges(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cms1Addr, bridgeInvite(cms1Addr, "bb", "sip:link@"+cms2Addr, ""))
		inv := e.take()[1]
		e.in(cms2Addr, answer(inv, 200, "t1"))
		route := "Route: " + e.one().header("Record-Route") + "\r\n"
		c := newCall("bb", "sip:link@"+cms2Addr)
		for _, method := range []string{"ACK", "UPDATE", "BYE"} {
			c.cseq++
			e.in(cms1Addr, strings.ReplaceAll(c.request(method, "sip:link@"+cms2Addr, "a"+method, "t1", route, ""), cucmAddr, cms1Addr))
			got := e.one()
			require.Equal(t, cms2Addr, got.to.Remote.String(), method)
			require.Empty(t, got.headers("Route"))
			e.in(cms2Addr, strings.ReplaceAll(c.request(method, "sip:link@"+cms1Addr, "b"+method, "t1", route, ""), cucmAddr, cms2Addr))
			require.Equal(t, cms1Addr, e.one().to.Remote.String(), method)
		}
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
	})
}

// DESIGN 5: a token whose bridge has left the configuration leads nowhere: 481,
// and an ACK is dropped; a Request-URI that names another bridge still does.
func TestInDialogOfVanishedBridge(t *testing.T) {
	var d dialog
	withEdge(t, func(e *testEdge) { d = e.establish(newCall("vb", "sip:pinned@meet.example.com")) })
	withEdge(t, func(e *testEdge) {
		route := "Route: " + d.route + "\r\n"
		e.in(cucmAddr, d.call.request("BYE", "sip:198.51.100.7", "x", "t1", route, ""))
		require.Equal(t, 481, e.one().msg.Status)
		e.in(cucmAddr, d.call.request("ACK", "sip:198.51.100.7", "y", "t1", route, ""))
		require.Empty(t, e.take())
		e.in(cucmAddr, d.call.request("BYE", "sip:"+cms2Addr, "z", "t1", route, ""))
		require.Equal(t, cms2Addr, e.one().to.Remote.String())
	}, func(s *Settings) { s.Bridges[0].Name, s.Bridges[0].SIP = "renamed", dest("192.0.2.77:5060") })
}

// 12.1, RFC 3262, RFC 3311: inside an early dialog both sides speak along the
// route of the provisional response, before any final one.
func TestEarlyDialog(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("ed", "sip:pinned@meet.example.com")
		inv := e.place(c)
		e.in(cms1Addr, answer(inv, 183, "t1", "Require: 100rel\r\nRSeq: 1\r\n"))
		ring := e.one()
		d := dialog{c, inv, ring.header("Record-Route")}
		for _, method := range []string{"PRACK", "UPDATE"} {
			c.cseq++
			e.in(cucmAddr, c.request(method, "sip:"+cms1Addr, "e"+method, "t1", "Route: "+d.route+"\r\nRAck: 1 1 INVITE\r\n", ""))
			got := e.one()
			require.Equal(t, cms1Addr, got.to.Remote.String(), method)
			require.Equal(t, method == "UPDATE", len(got.headers("Record-Route")) > 0, "what may refresh a target is recorded")
			e.in(cms1Addr, answer(got, 200, "t1"))
			require.Equal(t, 200, e.one().msg.Status)
		}
		e.in(cms1Addr, d.fromBridge("UPDATE", "bu", d.route))
		require.Equal(t, cucmAddr, e.one().to.Remote.String())
		require.Equal(t, []int64{50, 0, 0}, e.reserved())
		e.in(cms1Addr, answer(inv, 200, "t1"))
		require.Equal(t, 200, e.one().msg.Status)
	})
}

// RFC 6665, RFC 3515: a subscription is a dialog of its own: the SUBSCRIBE goes
// where an INVITE would, the NOTIFY back, each recorded; REFER within a call.
func TestSubscriptionAndRefer(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("sub", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.request("SUBSCRIBE", c.uri, "s", "", "Event: conference\r\n", ""))
		sub := e.one()
		require.Equal(t, cms1Addr, sub.to.Remote.String())
		e.in(cms1Addr, answer(sub, 200, "t1"))
		d := dialog{c, sub, e.one().header("Record-Route")}
		e.in(cms1Addr, d.fromBridge("NOTIFY", "n", d.route))
		notify := e.one()
		require.Equal(t, cucmAddr, notify.to.Remote.String())
		require.NotEmpty(t, notify.headers("Record-Route"))
		require.Equal(t, []int64{0, 0, 0}, e.reserved())

		d = e.establish(newCall("ref", "sip:pinned@meet.example.com"))
		d.call.cseq++
		e.in(cucmAddr, d.call.request("REFER", "sip:"+cms1Addr, "r", "t1", "Route: "+d.route+"\r\nRefer-To: <sip:bob@example.com>\r\n", ""))
		refer := e.one()
		require.Equal(t, cms1Addr, refer.to.Remote.String())
		require.NotEmpty(t, refer.headers("Record-Route"))
		e.in(cms1Addr, d.fromBridge("NOTIFY", "rn", d.route))
		require.Equal(t, cucmAddr, e.one().to.Remote.String())
	})
}
