package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// R14: what is dialled, and the Request-URI that reaches the bridge.
func TestRequestURI(t *testing.T) {
	for _, tc := range []struct {
		mode     RequestURIMode
		uri, out string
	}{
		{RequestURIDomain, "sip:pinned@meet.example.com", "sip:pinned@meet.example.com"},
		{RequestURIDomain, "sip:pinned@MEET.Example.com:5060;x=y", "sip:pinned@MEET.Example.com:5060;x=y"},
		{RequestURIDomain, "sip:pinned@192.0.2.1", "sip:pinned@meet.example.com"},
		{RequestURIDomain, "sip:pinned@192.0.2.1:5099;transport=udp?h=v", "sip:pinned@meet.example.com;transport=udp"},
		{RequestURIDomain, "sip:pinned@meet.example.com?Route=%3Csip:192.0.2.66%3E", "sip:pinned@meet.example.com"},
		{RequestURIDomain, "sip:pinned;a?b@meet.example.com?", "sip:pinned;a?b@meet.example.com"},
		{RequestURIKeep, "sip:pinned@192.0.2.1?h=v", "sip:pinned@192.0.2.1"},
		{RequestURIDomain, "sip:pinned@edge.example.com:5060", "sip:pinned@meet.example.com"},
		{RequestURIDomain, "sip:pinned@192.0.2.21:5060", "sip:pinned@192.0.2.21:5060"}, // the chosen bridge itself
		{RequestURIDomain, "sip:pinned@192.0.2.22", "sip:pinned@meet.example.com"},     // another bridge
		{RequestURIDomain, "sip:pinned@cluster3", "sip:pinned@meet.example.com"},       // by name
		{RequestURIBridge, "sip:pinned@192.0.2.22", "sip:pinned@192.0.2.21"},
		{RequestURIKeep, "sip:pinned@192.0.2.1", "sip:pinned@192.0.2.1"},
	} {
		t.Run(fmt.Sprint(tc.mode, tc.uri), func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				inv := e.place(newCall("r1", tc.uri))
				require.Equal(t, cms1Addr, inv.to.Remote.String())
				require.Equal(t, tc.out, string(inv.msg.Text(inv.msg.RequestURI)))
				require.Equal(t, "<"+tc.uri+">", inv.header("To"), "To stays")
			}, func(s *Settings) { s.Routes[0].RequestURI = tc.mode })
		})
	}
}

// R9: native landing refuses at once when the landing bridge is full, group
// landing goes to another one.
func TestLandingModes(t *testing.T) {
	uri := "sip:pinned@" + cms1Addr
	withEdge(t, func(e *testEdge) {
		e.load(9000, 0, 0)
		require.Equal(t, cms2Addr, e.place(newCall("l1", uri)).to.Remote.String())
	})
	withEdge(t, func(e *testEdge) {
		e.load(9000, 0, 0)
		e.in(cucmAddr, newCall("l2", uri).invite())
		require.Equal(t, 488, e.one().msg.Status)
	}, func(s *Settings) { s.Rules.Landing = lb.LandingNative })
}

// R7: full everywhere is 488 before any 18x, with a Warning 399 for people, no
// Reason, and never Warning 370.
func TestRefusalWhenFull(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.load(9000, 9000, 9000)
		e.in(cucmAddr, newCall("x1", "sip:room@meet.example.com").invite())
		r := e.one()
		require.Equal(t, 488, r.msg.Status)
		require.True(t, strings.HasPrefix(r.header("Warning"), "399 192.0.2.1 \""), r.text)
		require.Empty(t, r.header("Reason"))
		require.NotEmpty(t, r.msg.ToTag)
	})
	withEdge(t, func(e *testEdge) {
		for id := range 3 {
			e.bal.SetState(lb.BridgeID(id), lb.Maintenance)
		}
		e.in(cucmAddr, newCall("x2", "sip:room@meet.example.com").invite())
		r := e.one()
		require.Equal(t, 503, r.msg.Status)
		require.NotEmpty(t, r.header("Retry-After"))
	})
}

// DESIGN 2, R8: OPTIONS to us is answered here, 503 while we shut down.
func TestOptionsToUs(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for i, uri := range []string{"sip:192.0.2.1", "sip:192.0.2.1:5060", "sip:edge.example.com", "sip:meet.example.com", "sip:ping@192.0.2.1"} {
			e.in(cucmAddr, newCall(fmt.Sprint("o", i), uri).request("OPTIONS", uri, fmt.Sprint("o", i), "", "", ""))
			r := e.one()
			require.Equal(t, 200, r.msg.Status, uri)
			require.Contains(t, r.header("Allow"), "INVITE")
		}
		e.in(cucmAddr, newCall("reg", "sip:meet.example.com").request("REGISTER", "sip:meet.example.com", "reg", "", "", ""))
		require.Equal(t, 405, e.one().msg.Status)
		e.in(cucmAddr, newCall("reg2", "sip:meet.example.com").request("REGISTER", "sip:meet.example.com", "reg2", "again", "", ""))
		r := e.one()
		require.Equal(t, 405, r.msg.Status)
		require.Contains(t, r.header("Allow"), "INVITE", "21.4.6: a 405 says what is allowed")
		e.p.Drain()
		e.in(cucmAddr, newCall("od", "sip:192.0.2.1").request("OPTIONS", "sip:192.0.2.1", "od", "", "", ""))
		require.Equal(t, 503, e.one().msg.Status)
		e.in(cucmAddr, newCall("id", "sip:room@meet.example.com").invite())
		require.Equal(t, 503, e.one().msg.Status)
	})
}

// Other methods out of a dialog go where an INVITE would go, and hold nothing.
func TestOtherMethodsFollow(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("m1", "sip:pinned@meet.example.com")
		e.in(cucmAddr, c.request("OPTIONS", c.uri, "m1", "", "", ""))
		m := e.one()
		require.Equal(t, cms1Addr, m.to.Remote.String())
		require.Equal(t, wire.OPTIONS, m.msg.Method)
	})
}

// An unknown URI is placed under itself, so that CMS says 404 (R8): the same
// one always on the same bridge.
func TestUnknownURIIsPlaced(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		a := e.place(newCall("u1", "sip:Nobody%20Knows@meet.example.com"))
		b := e.place(newCall("u2", "sip:nobody%20knows;x=1@meet.example.com"))
		require.Equal(t, a.to.Remote, b.to.Remote)
	})
}

// R8: the directory knows a user part decoded, in lower case, without its
// parameters; a semicolon that is escaped is no parameter.
func TestConferenceKey(t *testing.T) {
	for _, tc := range []struct{ dialled, key string }{
		{"room", "room@r"},
		{"ROOM;phone-context=x", "room@r"},
		{"a%3Bb;x=1", "a;b@r"},
		{"%52oom%2", "room%2@r"},
		{"%C3%84rzte", "ärzte@r"},
		{strings.Repeat("A", 300), strings.Repeat("a", 300) + "@r"},
		{"", "@r"},
	} {
		key, user := conferenceKey([]byte(tc.dialled), "r")
		require.Equal(t, tc.key, key)
		require.Equal(t, strings.TrimSuffix(tc.key, "@r"), user)
	}
}

// DESIGN 6, drainTimeout: an INVITE is over when its ACK has had time to pass.
func TestSettingUp(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(2 * time.Second)
		require.False(t, e.p.SettingUp(time.Now()))
		inv := e.place(newCall("su1", "sip:room@meet.example.com"))
		e.p.Drain()
		require.True(t, e.p.Draining())
		require.True(t, e.p.SettingUp(time.Now()))
		e.in(inv.to.Remote.String(), answer(inv, 200, "x"))
		require.Zero(t, e.p.OpenInvites())
		require.True(t, e.p.SettingUp(time.Now()), "the ACK is still to come")
		e.after(ackGrace)
		require.False(t, e.p.SettingUp(time.Now()))
	})
}

// RFC 3891: an INVITE that replaces a call goes to the bridge that has it,
// whatever the selection would say, and holds nothing there; a call that nobody
// here knows is placed as usual.
func TestReplacesGoesToTheOwner(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		first := e.place(newCall("owned", "sip:pinned@meet.example.com"))
		require.Equal(t, cms1Addr, first.to.Remote.String())
		e.take()
		e.in(cms1Addr, answer(first, 200, "t1"))
		e.take()
		e.load(9900, 0, 0) // the selection would take another
		held := e.reserved()
		replace := func(id, callID string) sent {
			c := newCall(id, "sip:pinned@meet.example.com")
			e.in(cucmAddr, c.request("INVITE", c.uri, id, "", "Replaces: "+callID+" ;to-tag=t1;from-tag=from-owned\r\n", offer))
			out := e.take()
			require.Len(t, out, 2)
			return out[1]
		}
		got := replace("r1", "owned@192.0.2.10")
		require.Equal(t, cms1Addr, got.to.Remote.String())
		require.Equal(t, "owned@192.0.2.10 ;to-tag=t1;from-tag=from-owned", got.header("Replaces"))
		require.Equal(t, held, e.reserved())
		e.in(cms1Addr, answer(got, 481, "x"))
		require.Equal(t, 481, e.lastStatus(), "its word goes up")
		require.NotEqual(t, cms1Addr, replace("r2", "unknown@192.0.2.10").to.Remote.String())
	})
}
