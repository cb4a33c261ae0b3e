package sip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// 16.11: an ACK that is repeated goes out alike, with the same branch, so that
// the next hop knows it again; the ACK of another transaction has another one.
func TestRepeatedACK(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("k1", "sip:pinned@meet.example.com"))
		ack := d.call.request("ACK", "sip:"+cms1Addr, "ack", "t1", "Route: "+d.route+"\r\n", "")
		e.in(cucmAddr, ack)
		first := e.one()
		e.in(cucmAddr, ack)
		require.Equal(t, first.text, e.one().text)
		require.True(t, first.msg.Via.Magic)
		e.in(cucmAddr, strings.Replace(ack, "z9hG4bKack", "z9hG4bKack2", 1))
		other := e.one()
		require.NotEqual(t, first.msg.Text(first.msg.Via.Branch), other.msg.Text(other.msg.Via.Branch))
		require.Zero(t, e.p.Stats().LostACK)
	})
}

// 17.1.1.3: the ACK of a refusal that was made without state ends here, though
// its Request-URI names a bridge.
func TestACKOfStatelessRefusal(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("k2", "sip:pinned@"+cms1Addr)
		e.in(cucmAddr, c.request("INVITE", c.uri, "x", "", "Max-Forwards: many\r\n", offer))
		r := e.one()
		require.Equal(t, 400, r.msg.Status)
		tag := string(r.msg.Text(r.msg.ToTag))
		e.in(cucmAddr, c.request("ACK", c.uri, "x", tag, "", ""))
		require.Empty(t, e.take())
		require.Zero(t, e.p.Stats().LostACK)
		e.in(cucmAddr, c.request("ACK", c.uri, "y", tag, "", ""))
		require.Equal(t, cms1Addr, e.one().to.Remote.String(), "another branch is another transaction")
	})
}

// R10: a delayed offer costs what is unknown, then what the bridge offers, then
// what the caller answers in its ACK.
func TestCostOfDelayedOffer(t *testing.T) {
	video := offer + "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=428028\r\n"
	withEdge(t, func(e *testEdge) {
		c := newCall("k3", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.request("INVITE", c.uri, "inv", "", "", ""))
		inv := e.take()[1]
		require.Equal(t, []int64{1000, 0, 0}, e.reserved())
		ok := strings.Replace(answer(inv, 200, "t1"), "Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\n\r\n"+video, 1)
		e.in(cms1Addr, ok)
		up := e.one()
		require.True(t, strings.HasSuffix(up.text, video))
		require.Equal(t, []int64{2000, 0, 0}, e.reserved())
		e.in(cucmAddr, c.request("ACK", "sip:"+cms1Addr, "ack", "t1", "Route: "+up.header("Record-Route")+"\r\n", offer))
		require.Equal(t, wire.ACK, e.one().msg.Method)
		require.Equal(t, []int64{50, 0, 0}, e.reserved())
	})
}

// An ACK is never answered, whatever is wrong with it.
func TestACKIsNeverAnswered(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("k4", "sip:pinned@meet.example.com"))
		route := "Route: " + d.route + "\r\n"
		for i, ack := range []string{
			d.call.request("ACK", "sip:"+cms1Addr, "a", "t1", route+"Max-Forwards: 0\r\n", ""),
			d.call.request("ACK", "sip:"+cms1Addr, "b", "", route, ""),
			d.call.request("ACK", "tel:+44", "c", "t1", route, ""),
			d.call.request("ACK", "sip:", "d", "t1", route, ""),
			d.call.request("ACK", "sip:198.51.100.7", "e", "t1", "Route: <sip:198.51.100.7;lr>\r\n", ""),
			strings.Replace(d.call.request("ACK", "sip:"+cms1Addr, "f", "t1", route, ""), "CSeq: 1 ACK", "CSeq: 1 BYE", 1),
		} {
			if i >= 4 { // a call that nobody knows
				ack = strings.Replace(ack, "k4@", "k4-@", 1)
			}
			e.in(cucmAddr, ack)
			require.Empty(t, e.take(), ack)
		}
		require.EqualValues(t, 5, e.p.Stats().LostACK)
		require.EqualValues(t, 1, e.p.Stats().Malformed)
	})
}

// An ACK to a host name that is not known yet is lost, but asks for the name:
// the repeated 2xx brings the next one.
func TestACKToName(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("k5", "sip:pinned@meet.example.com"))
		ack := d.toPhone("ACK", "x", "phone.example.com")
		e.in(cms1Addr, ack)
		require.Empty(t, e.take())
		require.EqualValues(t, 1, e.p.Stats().LostACK)
		e.in(cms1Addr, ack)
		require.Equal(t, "192.0.2.99:5060", e.one().to.Remote.String())
	})
}
