package sip

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bridgehead/sip/wire"
)

// FuzzReceive throws any datagram at an edge that has a call up and one being
// set up, from call control, a bridge and a stranger. It must not panic; what it
// sends must parse (testEdge.Send sees to that), go to a peer and never to the
// stranger; and nothing may be left of it in the end. In the input, BRANCH
// stands for the branch of the INVITE that is under way, ROUTE for the
// Record-Route of the call that is up.
func FuzzReceive(f *testing.F) {
	up := newCall("up", "sip:pinned@meet.example.com")
	under := newCall("under", "sip:room@meet.example.com")
	route := "Route: ROUTE\r\n"
	response := func(status, method string) string {
		return "SIP/2.0 " + status + " X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=BRANCH, SIP/2.0/UDP " + cucmAddr + ";branch=z9hG4bKinv-under\r\n" +
			"From: <sip:alice@example.com>;tag=from-under\r\nTo: <sip:room@meet.example.com>;tag=t\r\n" +
			"Call-ID: under@192.0.2.10\r\nCSeq: 1 " + method + "\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
	}
	for _, seed := range []string{
		newCall("new", "sip:pinned@192.0.2.1;maddr=192.0.2.1").invite(),
		newCall("bad", "sip:pinned@meet.example.com").request("INVITE", "sip:a@b", "x", "", "Max-Forwards: x\r\n", ""),
		strings.Replace(under.invite(), "Content-Length", "Proxy-Require: a, b\r\nContent-Length", 1),
		under.cancel("Reason: SIP;cause=487\r\n"),
		under.request("OPTIONS", "sip:192.0.2.1", "o", "", "", ""),
		under.request("MESSAGE", "sip:pinned@cluster2", "m", "", "Route: <sip:192.0.2.1;lr>\r\n", "hello"),
		up.request("ACK", "sip:"+cms1Addr, "a", "t1", route, offer),
		up.request("BYE", "sip:"+cms1Addr, "b", "t1", route, ""),
		up.request("INVITE", "sip:token@192.0.2.1", "r", "t1", route+"Route: <sip:192.0.2.10>,<sip:x@far;lr>\r\n", offer),
		strings.ReplaceAll(up.request("REFER", "sip:alice@phone.example.com", "f", "t1", route, ""), cucmAddr, cms1Addr),
		strings.ReplaceAll(newCall("out", "sip:bob@example.com").invite(), cucmAddr, cms1Addr),
		strings.ReplaceAll(newCall("rep", "sip:bob@example.com").request("INVITE", "sip:bob@example.com", "q", "", "Replaces: up@192.0.2.10;to-tag=a;from-tag=b\r\n", ""), cucmAddr, cms1Addr),
		response("100", "INVITE"), response("180", "INVITE"), response("200", "INVITE"), response("488", "INVITE"), response("503", "INVITE"), response("200", "CANCEL"),
		"\r\n\r\n", "\x00", "INVITE", "SIP/2.0 200 OK\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		withEdge(t, func(e *testEdge) {
			e.lenient = true
			d := e.establish(up)
			inv := e.place(under)
			b = bytes.ReplaceAll(b, []byte("BRANCH"), inv.msg.Text(inv.msg.Via.Branch))
			b = bytes.ReplaceAll(b, []byte("ROUTE"), []byte(d.route))
			for _, from := range []string{cucmAddr, cms1Addr, "198.51.100.66:5060"} {
				e.in(from, string(b))
			}
			e.after(10 * time.Minute)
			for _, s := range e.take() {
				if to := s.to.Remote.Addr(); !e.p.Trusted(to) && s.msg.IsRequest() && s.msg.ToTag.Empty() {
					t.Fatalf("a new request went to %s: %s", to, s.text)
				}
			}
			st := e.p.layer.Stats()
			if st.Open != 0 || st.Orphaned != 0 || e.p.OpenInvites() != 0 || e.p.parked.Load() != 0 {
				t.Fatalf("left: %d transactions, %d INVITEs, %d parked; %d orphaned", st.Open, e.p.OpenInvites(), e.p.parked.Load(), st.Orphaned)
			}
		})
	})
}

// What the core is handed on a hop that it does not know must not bring it
// down either.
func TestReceiveFromOddHops(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for _, hop := range []wire.Hop{
			{},
			{Listener: 99, Remote: netip.MustParseAddrPort(cucmAddr)},
			{Transport: wire.TLS, Remote: netip.MustParseAddrPort(cucmAddr), Conn: 9},
			{Remote: netip.MustParseAddrPort("[2001:db8::10]:5060")},
		} {
			e.p.receive([]byte(newCall("odd", "sip:pinned@meet.example.com").invite()), hop, e)
		}
	})
}
