package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// bridgeInvite is an INVITE that a bridge sends of its own accord.
func bridgeInvite(from, id, uri, extra string) string {
	c := newCall(id, uri)
	return strings.ReplaceAll(c.request("INVITE", uri, "inv-"+id, "", extra, offer), cucmAddr, from)
}

// Trust rule 1: bridge to bridge is exactly that bridge: no selection, no
// reservation, no refusal for load.
func TestBridgeToBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.load(9999, 9999, 9999)
		e.in(cms1Addr, bridgeInvite(cms1Addr, "b1", "sip:link@"+cms2Addr, ""))
		all := e.take()
		require.Len(t, all, 2)
		require.Equal(t, cms2Addr, all[1].to.Remote.String())
		require.Zero(t, e.p.Stats().Calls)
	})
}

// Trust rule 2: a moved call goes to the node of call control that it came
// from, not to the first.
func TestReplacesGoesToItsNode(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("b2", "sip:pinned@meet.example.com")
		const node = "192.0.2.11:5060"
		e.in(node, strings.ReplaceAll(c.invite(), cucmAddr, node))
		require.Len(t, e.take(), 2)
		e.in(cms2Addr, bridgeInvite(cms2Addr, "mv", "sip:alice@example.com", "Replaces: b2@192.0.2.10;to-tag=a;from-tag=b\r\n"))
		all := e.take()
		require.Equal(t, node, all[1].to.Remote.String())
		e.in(cms2Addr, bridgeInvite(cms2Addr, "mv2", "sip:alice@example.com", "Replaces: unknown;to-tag=a;from-tag=b\r\n"))
		require.Equal(t, cucmAddr, e.take()[1].to.Remote.String())
	}, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, dest("192.0.2.11:5060"))
	})
}

// Trust rule 3: a space that the directory knows is selected for, and never
// given back to the sender. What is told, remembered and
// reserved is the bridge that gets the call, and nothing else.
func TestBridgeCallsSpace(t *testing.T) {
	var told []lb.BridgeID
	withEdge(t, func(e *testEdge) {
		e.in(cms1Addr, bridgeInvite(cms1Addr, "b3", "sip:pinned@meet.example.com", ""))
		inv := e.take()[1]
		require.Equal(t, cms2Addr, inv.to.Remote.String())
		require.Equal(t, []lb.BridgeID{1}, told)
		remembered, ok := e.p.calls.find([]byte("b3@192.0.2.10"), false)
		require.True(t, ok)
		require.EqualValues(t, 1, remembered.bridge)
		require.Equal(t, []int64{0, 50, 0}, e.reserved())

		e.in(cms2Addr, answer(inv, 200, "t1"))
		bye := dialog{newCall("b3", "sip:pinned@meet.example.com"), inv, e.one().header("Record-Route")}
		e.in(cms2Addr, bye.fromBridge("BYE", "bye", bye.route))
		require.Equal(t, []int64{0, 0, 0}, e.reserved(), "a BYE ends what the call held")
	}, func(s *Settings) {
		s.Rules.Attempts = 1
		s.Decided = func(d *lb.Decision) { told = append(told, d.Chosen) }
	})
}

// ... even when nobody else is left.
func TestBridgeCallsSpaceOnlyItCouldTake(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.load(0, 9000, 9000)
		e.in(cms1Addr, bridgeInvite(cms1Addr, "b3l", "sip:pinned@meet.example.com", ""))
		require.Equal(t, 488, e.one().msg.Status)
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
		require.Zero(t, e.p.Stats().Calls)
	})
}

// A bridge that asks whether we are there is told so by us, also where no
// route is open to it.
func TestOptionsOfBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		text := newCall("bo", "sip:192.0.2.1").request("OPTIONS", "sip:192.0.2.1", "bo", "", "", "")
		e.in(cms1Addr, strings.ReplaceAll(text, cucmAddr, cms1Addr))
		require.Equal(t, 200, e.one().msg.Status)
		text = newCall("bo2", "sip:"+cms2Addr).request("OPTIONS", "sip:"+cms2Addr, "bo2", "", "", "")
		e.in(cms1Addr, strings.ReplaceAll(text, cucmAddr, cms1Addr))
		require.Equal(t, cms2Addr, e.one().to.Remote.String(), "rule 1: exactly that bridge")
	}, func(s *Settings) { s.Routes[0].CallControl = 0 })
}

// Trust rule 4: all else goes to call control by domain, failing over in
// order, and its own dialogs come back to the bridge.
func TestBridgeCallsOut(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.in(cms1Addr, bridgeInvite(cms1Addr, "b4", "sip:bob@partner.example.net", ""))
		require.Equal(t, "192.0.2.50:5060", e.take()[1].to.Remote.String())

		e.in(cms1Addr, bridgeInvite(cms1Addr, "b5", "sip:bob@example.com", ""))
		out := e.take()[1]
		require.Equal(t, cucmAddr, out.to.Remote.String())
		e.in(cucmAddr, answer(out, 503, "x"))
		all := e.take()
		out = all[len(all)-1]
		require.Equal(t, "192.0.2.11:5060", out.to.Remote.String())
		e.in("192.0.2.11:5060", answer(out, 200, "bob"))
		ok := e.one()
		require.Equal(t, cms1Addr, ok.to.Remote.String())

		// Bob hangs up: his request carries our Record-Route as Route.
		bye := "BYE sip:" + cms1Addr + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKbye\r\n" +
			"Route: " + ok.header("Record-Route") + "\r\nFrom: <sip:bob@example.com>;tag=bob\r\n" +
			"To: <sip:alice@example.com>;tag=from-b5\r\nCall-ID: b5@" + strings.Split(cucmAddr, ":")[0] + "\r\n" +
			"CSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
		bye = strings.Replace(bye, "b5@192.0.2.10", "b5@192.0.2.10", 1)
		e.in("192.0.2.11:5060", bye)
		got := e.one()
		require.Equal(t, cms1Addr, got.to.Remote.String(), got.text)
		require.Empty(t, got.headers("Route"))
	}, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, dest("192.0.2.11:5060"))
		s.CallControls = append(s.CallControls, CallControl{
			Name: "partner", URIs: []Destination{dest("192.0.2.50:5060")}, Domains: []string{"partner.example.net"},
		})
	})
}

// Trust rule 4: a host of call control means that call control, where no
// domain says more.
func TestControlOf(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		for host, want := range map[string]int{
			"partner.example.net": 1, "PARTNER.example.net": 1, "192.0.2.50": 1, "sbc.example.org": 1,
			"192.0.2.10": 0, "example.com": 0, "anything.else": 0,
		} {
			require.Equal(t, want, e.p.controlOf([]byte(host)), host)
		}
	}, func(s *Settings) {
		s.CallControls = append(s.CallControls, CallControl{
			Name: "partner", URIs: []Destination{dest("192.0.2.50:5060"), {Host: "sbc.example.org", Port: 5060}},
			Domains: []string{"partner.example.net"},
		})
	})
}

// Trust rule 2: a node that is tried first is not tried again (16.5), and one
// that came over a connection is found by it, or at the default port.
func TestReplacedNode(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		const node = "192.0.2.11:5060"
		e.in(node, strings.ReplaceAll(newCall("rn", "sip:pinned@meet.example.com").invite(), cucmAddr, node))
		e.take()
		e.in(cms2Addr, bridgeInvite(cms2Addr, "rn1", "sip:alice@example.com", "Replaces: rn@192.0.2.10;to-tag=a;from-tag=b\r\n"))
		out := e.take()[1]
		var tried []string
		for out.msg.IsRequest() {
			tried = append(tried, out.to.Remote.String())
			e.p.layer.Undelivered(time.Now(), out.token, nil, e)
			out = e.one()
		}
		require.Equal(t, []string{node, cucmAddr}, tried)

		from := wire.Hop{Transport: wire.TCP, Conn: 7, Remote: netip.MustParseAddrPort("192.0.2.99:41234")}
		got := e.p.nodeOf(0, from)
		require.Equal(t, "192.0.2.99:5060", got.Remote.String())
		require.EqualValues(t, 7, got.Conn)
	}, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, dest("192.0.2.11:5060"))
	})
}

// While we shut down, new calls are refused from bridges too, but for their own
// links, and what is up goes on.
func TestDrainRefusesBridges(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("dr", "sip:pinned@meet.example.com"))
		e.p.Drain()
		e.in(cms1Addr, bridgeInvite(cms1Addr, "dr1", "sip:bob@example.com", ""))
		r := e.one()
		require.Equal(t, 503, r.msg.Status)
		require.NotEmpty(t, r.header("Retry-After"))
		e.in(cms1Addr, bridgeInvite(cms1Addr, "dr2", "sip:link@"+cms2Addr, ""))
		require.Equal(t, cms2Addr, e.take()[1].to.Remote.String())
		e.in(cucmAddr, d.call.request("BYE", "sip:"+cms1Addr, "bye", "t1", "Route: "+d.route+"\r\n", ""))
		require.Equal(t, cms1Addr, e.one().to.Remote.String())
	})
}

// R11: bridges are probed, any answer is life, silence is not.
func TestProbes(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Second)
		first := e.take()
		seen := map[string]sent{}
		for _, s := range first {
			require.Equal(t, wire.OPTIONS, s.msg.Method)
			seen[s.to.Remote.String()] = s
		}
		require.Len(t, seen, 3)
		require.Zero(t, e.p.OptionsRTT(0))
		e.in(cms1Addr, answer(seen[cms1Addr], 405, "x"))
		require.Equal(t, time.Second, e.p.OptionsRTT(0))
		e.after(3 * time.Second)
		require.False(t, e.bal.Suspect(0))
		views := e.bal.Bridges(time.Now())
		require.NotEqual(t, views[0].SIP, views[1].SIP, "one answered, one was silent: %v", views)
	}, func(s *Settings) { s.Policy.OptionsInterval = 10 * time.Second })
}

// R12: a bridge that calls found silent gets no call before it answers an
// OPTIONS, so it is asked also where probes are off.
func TestSuspectsAreProbedWithProbesOff(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.place(newCall("su", "sip:pinned@meet.example.com"))
		e.after(3100 * time.Millisecond)
		require.True(t, e.bal.Suspect(0))
		e.take()
		e.after(10 * time.Second)
		asked := map[string]sent{}
		for _, s := range e.take() {
			if s.msg.Method == wire.OPTIONS {
				asked[s.to.Remote.String()] = s
			}
		}
		require.Contains(t, asked, cms1Addr)
		for from, probe := range asked {
			e.in(from, answer(probe, 200, "x"))
		}
		require.False(t, e.bal.Suspect(0))
		e.after(10 * time.Second)
		for _, s := range e.take() {
			require.NotEqual(t, wire.OPTIONS, s.msg.Method, "once it answers, no more")
		}
	}, func(s *Settings) { s.Policy.OptionsInterval = reprobing })
}

// R11: the silence after an old probe does not outweigh a newer answer.
func TestOldProbeDoesNotOutweighNewAnswer(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(2 * time.Second) // the first probes are out, and never answered
		e.take()
		inv := e.place(newCall("op", "sip:pinned@meet.example.com"))
		require.Equal(t, cms1Addr, inv.to.Remote.String())
		e.in(cms1Addr, answer(inv, 200, "x"))
		e.after(1500 * time.Millisecond)
		require.False(t, e.bal.Suspect(0), "it has just answered a call")
	}, func(s *Settings) { s.Policy.OptionsInterval = 10 * time.Second })
}
