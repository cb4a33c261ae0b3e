package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

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

// 16.7 steps 3 and 9: a response goes up without our Via and else as it came,
// whether our Via has a line of its own or not, body and tags included.
func TestResponseGoesUpUnchanged(t *testing.T) {
	for _, joined := range []bool{false, true} {
		withEdge(t, func(e *testEdge) {
			inv := e.place(newCall("ru", "sip:pinned@meet.example.com"))
			vias := inv.headers("Via")
			via := "Via: " + vias[0] + "\r\nVia: " + vias[1] + "\r\n"
			up := "Via: " + vias[1] + "\r\n"
			if joined {
				via = "v:  " + vias[0] + " ,\t" + vias[1] + "\r\n"
				up = "v:  " + vias[1] + "\r\n"
			}
			rest := "f: \"A\" <sip:alice@example.com>;tag=from-ru\r\nto: <sip:pinned@meet.example.com>;tag=t;x=\"y\"\r\n" +
				"Call-ID: ru@192.0.2.10\r\nCSeq: 1 INVITE\r\nRecord-Route: " + inv.header("Record-Route") + "\r\nWhat-ever:  z \r\n" +
				"Content-Type: application/sdp\r\nl: 6\r\n\r\n\x00\nab\r\n"
			e.in(cms1Addr, "SIP/2.0 200  Fine,  thanks\r\n"+via+rest)
			require.Equal(t, "SIP/2.0 200  Fine,  thanks\r\n"+up+rest, e.one().text)
		})
	}
}

// 16.7 step 3: a response in which no Via is left was ours to receive, and goes
// nowhere; RFC 6026: nor does one that matches nothing we sent.
func TestResponseThatIsNotForwarded(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("rn", "sip:pinned@meet.example.com"))
		ring := answer(inv, 180, "t1")
		second := "Via: " + inv.headers("Via")[1] + "\r\n"
		e.in(cms1Addr, strings.Replace(ring, second, "", 1))
		e.in(cms1Addr, strings.Replace(ring, "z9hG4bKbh", "z9hG4bKbx", 1))
		e.in(cms1Addr, strings.Replace(ring, "CSeq: 1 INVITE", "CSeq: 1 BYE", 1))
		require.Empty(t, e.take())
		e.in(cms1Addr, ring)
		require.Equal(t, 180, e.one().msg.Status)
	})
}

// 16.7 step 5: one final response goes up and no second one but a 2xx, no 1xx
// after it; 12.1: a 2xx of another fork is the caller's too.
func TestOneFinalResponse(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("of", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 486, "t1"))
		require.Len(t, e.take(), 2)
		for _, status := range []int{180, 603, 486} {
			e.in(cms1Addr, answer(inv, status, "t1"))
			for _, s := range e.take() {
				require.Equal(t, wire.ACK, s.msg.Method, "only the ACK again: %s", s.text)
			}
		}
	})
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("of2", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 200, "t1"))
		e.one()
		e.in(cms1Addr, answer(inv, 486, "t1"))
		e.in(cms1Addr, answer(inv, 180, "t2"))
		require.Empty(t, e.take())
		e.in(cms1Addr, answer(inv, 200, "t2"))
		fork := e.one().msg
		require.Equal(t, "t2", string(fork.Text(fork.ToTag)))
	})
}

// 16.7 step 7: a challenge goes up at once with all that is in it: nobody else
// was asked whose challenges could be missing.
func TestChallengeGoesUp(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("ch", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, answer(inv, 407, "t1", "Proxy-Authenticate: Digest realm=\"a\", nonce=\"1\"\r\n", "Proxy-Authenticate: Digest realm=\"b\", nonce=\"2\"\r\n"))
		all := e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 407, all[1].msg.Status)
		require.Len(t, all[1].headers("Proxy-Authenticate"), 2)
	})
}

// 16.7 step 6: of several final responses 6xx goes before all, then the lowest
// class; in 4xx those that tell the caller how to mend the request; in 5xx
// anything but 503; a tie is the first one's.
func TestBestResponse(t *testing.T) {
	order := [][]int{{600, 603}, {300, 302}, {401, 407, 415, 420, 484}, {404, 480, 486, 488}, {408}, {500, 504}, {503}}
	for i, class := range order {
		for j, later := range order {
			for _, a := range class {
				for _, b := range later {
					require.Equal(t, i < j || i == 1 && j == 1 && a < b, better(a, b), "%d before %d", a, b)
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var s saved
		seen := rapid.SliceOfN(rapid.IntRange(300, 699), 1, 8).Draw(t, "statuses")
		for i, status := range seen {
			s.keep(status, []byte{byte(i)})
		}
		for _, other := range seen {
			require.False(t, better(other, s.status))
		}
		require.Equal(t, s.status, seen[s.bytes[0]])
		s.drop()
		require.Zero(t, s.status)
	})
}
