package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// back is a request that was sent to a bridge as it comes back from there, the
// bridge being a proxy that changed nothing but what a proxy must.
func back(out sent, change func(string) string) string {
	s := string(out.msg.Bytes)
	s = strings.Replace(s, "\r\nVia: ", "\r\nVia: SIP/2.0/UDP "+cms1Addr+";branch=z9hG4bKcms1\r\nVia: ", 1)
	if change != nil {
		s = change(s)
	}
	return s
}

// 16.3 step 4, RFC 5393 section 4: what comes back unchanged is a loop; what
// was changed on its way is a spiral and passes.
func TestLoops(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("loop", "sip:pinned@meet.example.com"))
		e.take()
		// Call control has it back from the bridge, and sends it here again.
		e.in(cucmAddr, back(inv, nil))
		r := e.one()
		require.Equal(t, 482, r.msg.Status)
		require.Contains(t, r.header("Warning"), "loop")
		require.EqualValues(t, 1, e.p.Stats().Loops)

		for name, change := range map[string]func(string) string{
			"another user": func(s string) string { return strings.Replace(s, "sip:pinned@", "sip:other@", 1) },
			"another CSeq": func(s string) string { return strings.Replace(s, "CSeq: 1 ", "CSeq: 2 ", 1) },
		} {
			e.in(cucmAddr, strings.Replace(back(inv, change), "z9hG4bKcms1", "z9hG4bK"+strings.ReplaceAll(name, " ", ""), 1))
			for _, out := range e.take() {
				require.NotEqual(t, 482, out.msg.Status, name)
			}
		}
		require.EqualValues(t, 1, e.p.Stats().Loops)
	})
}

// An edge before or behind us is not taken for us: what it forwarded is new here.
func TestLoopOfAnotherEdge(t *testing.T) {
	var passed string
	withEdge(t, func(e *testEdge) {
		passed = back(e.place(newCall("two", "sip:pinned@meet.example.com")), nil)
	})
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, passed)
		require.True(t, e.take()[1].msg.IsRequest())
	})
}

func TestViaMark(t *testing.T) {
	made := appendMarked(nil, []byte("z9hG4bKx"), 0x0012abcd)
	require.Equal(t, "z9hG4bKx.0012abcd", string(made))
	for via, want := range map[string]uint32{
		"SIP/2.0/UDP h;branch=" + string(made):               0x12abcd,
		"SIP/2.0/UDP h;branch=z9hG4bKX.0012ABCD;received=::": 0x12abcd,
		"SIP/2.0/UDP h;branch=" + string(made) + " ;x":       0x12abcd,
		"SIP/2.0/UDP h;branch=z9hG4bK.0012abcd;rport":        0x12abcd,
	} {
		got, ok := viaMark([]byte(via))
		require.True(t, ok, via)
		require.Equal(t, want, got, via)
	}
	for _, via := range []string{"SIP/2.0/UDP h", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h;branch=z9hG4bK12345678", "SIP/2.0/UDP h;branch=.1234567", "SIP/2.0/UDP h;branch=x.1234567g"} {
		_, ok := viaMark([]byte(via))
		require.False(t, ok, via)
	}
}

// newInvite is the INVITE to a place other than before among what was sent.
func newInvite(e *testEdge, before ...sent) (found sent) {
	for _, out := range e.take() {
		known := !out.msg.IsRequest() || out.msg.Method != wire.INVITE
		for _, b := range before {
			known = known || out.to.Remote == b.to.Remote
		}
		if !known {
			require.True(e.t, found.msg == nil, "one at a time")
			found = out
		}
	}
	return found
}

func withBreadth(c *testCall, breadth string) string {
	return c.request("INVITE", c.uri, "mb", "", "Max-Breadth: "+breadth+"\r\n", offer)
}

// RFC 5393 section 5.3.3: none is 440, and all pending branches together never
// have more than came in.
func TestMaxBreadth(t *testing.T) {
	for breadth, status := range map[string]int{"0": 440, "many": 400, "-1": 400} {
		withEdge(t, func(e *testEdge) {
			e.in(cucmAddr, withBreadth(newCall("mb", "sip:pinned@meet.example.com"), breadth))
			require.Equal(t, status, e.one().msg.Status, breadth)
		})
	}
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, withBreadth(newCall("mb", "sip:pinned@meet.example.com"), "60"))
		first := e.take()[1]
		require.Equal(t, "58", first.header("Max-Breadth"))
		e.after(3200 * time.Millisecond) // silent: given up, but it may still fork
		second := newInvite(e, first)
		require.Equal(t, "1", second.header("Max-Breadth"))
		e.in(second.to.Remote.String(), answer(second, 503, "x"))
		require.Equal(t, "2", newInvite(e, first, second).header("Max-Breadth"), "what has ended gives its share back")
	})
}

// With a breadth of one, a target that stays silent is the only one; one that
// answered makes room.
func TestMaxBreadthOfOne(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, withBreadth(newCall("one", "sip:pinned@meet.example.com"), "1"))
		first := e.take()[1]
		require.Equal(t, "1", first.header("Max-Breadth"))
		e.in(cms1Addr, answer(first, 503, "x"))
		require.Equal(t, "1", newInvite(e, first).header("Max-Breadth"))
	})
	withEdge(t, func(e *testEdge) {
		e.in(cucmAddr, withBreadth(newCall("one", "sip:pinned@meet.example.com"), "1"))
		first := e.take()[1]
		e.after(3200 * time.Millisecond)
		require.True(t, newInvite(e, first).msg == nil, "nobody else is asked")
	})
}

// A request with no Max-Breadth gets none (see the ADR).
func TestNoMaxBreadthIsAdded(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("nb", "sip:pinned@meet.example.com"))
		require.Empty(t, inv.header("Max-Breadth"))
	})
}

// sessionCall is an INVITE of a session, as a B2BUA makes it anew each time.
func sessionCall(n int, session, uri string) string {
	c := newCall(fmt.Sprintf("s%d", n), uri)
	return c.request("INVITE", uri, fmt.Sprintf("s%d", n), "", "Session-ID: "+session+";remote=00000000000000000000000000000000\r\n", offer)
}

// Four INVITEs that are open at once for one session and one Request-URI are a
// loop through a B2BUA; whatever else they have in common is not.
func TestSessionLoop(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	const uri = "sip:pinned@meet.example.com"
	withEdge(t, func(e *testEdge) {
		refused := func(n int, session, uri string) bool {
			e.in(cucmAddr, sessionCall(n, session, uri))
			for _, out := range e.take() {
				if out.msg.Status == 482 {
					require.Contains(t, out.header("Warning"), id)
					return true
				}
			}
			return false
		}
		for n := range maxSameSession {
			require.False(t, refused(n, id, uri))
		}
		require.True(t, refused(10, id, uri))
		require.True(t, refused(11, strings.ToUpper(id), uri))
		require.EqualValues(t, 2, e.p.Stats().SessionLoops)
		require.False(t, refused(12, id, "sip:other@meet.example.com"), "another Request-URI")
		for n := range 10 {
			require.False(t, refused(20+n, strings.Repeat("0", 32), uri), "nobody knows the session")
			require.False(t, refused(40+n, fmt.Sprintf("%032x", n+1), uri), "many callers at once")
			require.False(t, refused(60+n, "not a uuid", uri))
		}
		e.after(5 * time.Minute) // all have ended
		e.take()
		require.False(t, refused(90, id, uri))
	})
}

// What is counted is given back, however an INVITE ends.
func TestSessionsAreLeft(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for n := range 20 {
			e.in(cucmAddr, sessionCall(n, "0123456789abcdef0123456789abcdef", "sip:pinned@meet.example.com"))
		}
		e.after(10 * time.Minute)
		for i := range e.p.sessions {
			require.Empty(t, e.p.sessions[i].open)
		}
	})
}
