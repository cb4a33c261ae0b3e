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

func (e *testEdge) PathMTU(netip.Addr) int { return int(e.mtu.Load()) }

func (e *testEdge) TooLarge(_ netip.Addr, n int) bool {
	limit := 1300
	if mtu := int(e.mtu.Load()); mtu > 0 {
		limit = mtu - 200
	}
	return n > limit
}

func (e *testEdge) Refused(t wire.Transport, a netip.AddrPort) bool {
	return t == wire.TCP && e.refused[a.String()]
}

func (e *testEdge) Connected(t wire.Transport, a netip.AddrPort) bool {
	return t == wire.TCP && e.connected[a.String()]
}

// placeLarge sends a large INVITE and returns it as it left.
func (e *testEdge) placeLarge(c *testCall) sent {
	e.t.Helper()
	e.in(cucmAddr, c.inviteOf(1500))
	all := e.take()
	require.Len(e.t, all, 2, "want 100 up and INVITE down: %v", texts(all))
	return all[1]
}

// refuse fails the connect for a message that left over TCP.
func (e *testEdge) refuse(s sent) {
	e.t.Helper()
	require.Equal(e.t, wire.TCP, s.to.Transport)
	e.p.layer.Undelivered(time.Now(), s.token, nil, e)
}

// A large request stays with UDP where its target's URI says transport=udp,
// where it refused TCP not long ago, and where we have no TCP.
func TestLargeRequestThatStaysWithUDP(t *testing.T) {
	fixed := func(s *Settings) {
		for i := range s.Bridges {
			s.Bridges[i].SIP.Fixed = true
		}
		s.CallControls[0].URIs[0].Fixed = true
	}
	toControl := func(e *testEdge) {
		e.in(cms1Addr, bridgeInvite(cms1Addr, "n1", "sip:bob@example.com", "X-Long: "+strings.Repeat("x", 1300)+"\r\n"))
	}
	toBridge := func(e *testEdge) { e.in(cucmAddr, newCall("n2", "sip:pinned@meet.example.com").inviteOf(1500)) }
	byURI := func(uri string) func(e *testEdge) {
		return func(e *testEdge) {
			d := e.establish(newCall("n3", "sip:pinned@meet.example.com"))
			info := strings.Replace(d.fromBridge("INFO", "i", d.route), "sip:alice@"+cucmAddr+" SIP", uri+" SIP", 1)
			e.in(cms1Addr, strings.Replace(info, "Max-Forwards", "X-Long: "+strings.Repeat("x", 1300)+"\r\nMax-Forwards", 1))
		}
	}
	ack := func(e *testEdge) {
		d := e.establish(newCall("n4", "sip:pinned@meet.example.com"))
		e.in(cucmAddr, d.call.request("ACK", "sip:"+cms1Addr, "a", "t1", "Route: "+d.route+"\r\n", large(1500)))
	}
	for _, c := range []struct {
		name  string
		with  option
		setup func(e *testEdge)
		send  func(e *testEdge)
		want  wire.Transport
	}{
		{"bridge", nil, nil, toBridge, wire.TCP},
		{"bridge with transport=udp", fixed, nil, toBridge, wire.UDP},
		{"bridge that refused", nil, func(e *testEdge) { e.refused = map[string]bool{cms1Addr: true} }, toBridge, wire.UDP},
		{"another bridge refused", nil, func(e *testEdge) { e.refused = map[string]bool{cms2Addr: true} }, toBridge, wire.TCP},
		{"no TCP listener", nil, func(e *testEdge) { e.noTCP = true }, toBridge, wire.UDP},
		{"call control", nil, nil, toControl, wire.TCP},
		{"call control with transport=udp", fixed, nil, toControl, wire.UDP},
		{"URI", nil, nil, byURI("sip:alice@192.0.2.10:5062"), wire.TCP},
		{"URI with transport=udp", nil, nil, byURI("sip:alice@192.0.2.10:5062;transport=udp"), wire.UDP},
		{"URI of a target with transport=udp", fixed, nil, byURI("sip:alice@" + cucmAddr), wire.UDP},
		{"ACK", nil, nil, ack, wire.TCP},
		{"ACK with transport=udp", fixed, nil, ack, wire.UDP},
		{"ACK to a bridge that refused", nil, func(e *testEdge) { e.refused = map[string]bool{cms1Addr: true} }, ack, wire.UDP},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.with == nil {
				c.with = func(*Settings) {}
			}
			withEdge(t, func(e *testEdge) {
				if c.setup != nil {
					c.setup(e)
				}
				c.send(e)
				all := e.take()
				last := all[len(all)-1]
				require.True(t, last.msg.IsRequest())
				require.Greater(t, len(last.text), 1300)
				require.Equal(t, c.want, last.to.Transport)
				moved := uint64(0)
				if c.want == wire.TCP {
					moved = 1
				}
				s := e.p.Stats()
				require.Equal(t, moved, s.LargeTCP)
				require.Equal(t, 1-moved, s.LargeUDP)
				require.Zero(t, s.BackToUDP+s.Unreachable)
			}, c.with)
		})
	}
}

// 18.1.1: where TCP is refused the request goes over UDP after all, with Via
// and Record-Route to match and a branch of its own. That is one try, and tells
// nothing against the bridge.
func TestLargeRequestBackToUDP(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		c := newCall("n5", "sip:pinned@meet.example.com")
		over := e.placeLarge(c)
		e.refuse(over)
		inv := e.one()
		require.Equal(t, wire.UDP, inv.to.Transport)
		require.Equal(t, cms1Addr, inv.to.Remote.String())
		require.Contains(t, inv.headers("Via")[0], "SIP/2.0/UDP 192.0.2.1:5060;branch=")
		require.NotEqual(t, over.msg.Text(over.msg.Via.Branch), inv.msg.Text(inv.msg.Via.Branch))
		require.Len(t, inv.headers("Record-Route"), 1)
		require.Equal(t, large(1500), string(inv.msg.Text(inv.msg.Body)))
		e.after(600 * time.Millisecond)
		require.Equal(t, inv.text, e.one().text, "it is repeated as it is")
		require.False(t, e.bal.Suspect(0))
		require.Equal(t, uint64(1), e.p.Stats().BackToUDP)

		e.in(cms1Addr, answer(inv, 200, "t1"))
		require.Equal(t, 200, e.one().msg.Status)
		require.Equal(t, []int{200}, r.answersOf(0))
		require.Equal(t, 1, e.p.Stats().Calls)
	}, recording(&r))
}

// R12: what then fails over UDP is the bridge's, the next one is tried over
// TCP again, and each is named once.
func TestLargeRequestFailsOverUDPToo(t *testing.T) {
	var r records
	withEdge(t, func(e *testEdge) {
		inv := e.placeLarge(newCall("n6", "sip:pinned@meet.example.com"))
		for i, at := range cmsAddrs {
			require.Equal(t, at, inv.to.Remote.String())
			e.refuse(inv)
			inv = e.one()
			require.Equal(t, at, inv.to.Remote.String())
			require.Equal(t, wire.UDP, inv.to.Transport)
			require.False(t, e.bal.Suspect(lb.BridgeID(i)))
			e.p.layer.Undelivered(time.Now(), inv.token, nil, e)
			require.True(t, e.bal.Suspect(lb.BridgeID(i)))
			inv = e.one()
		}
		require.Equal(t, 500, inv.msg.Status)
		require.Contains(t, inv.header("Warning"), "success: cluster1, cluster2, cluster3\"")
		require.Equal(t, []int{503, 503, 503}, r.answersOf(0))
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
	}, recording(&r))
}

// A silent TCP connect may use half of a try: the other half is UDP's, and the
// try does not take longer than any other.
func TestLargeRequestAndSilentConnect(t *testing.T) {
	for name, late := range map[string]func(t *testing.T, e *testEdge, over sent){
		"no connection": func(t *testing.T, e *testEdge, over sent) {
			e.p.layer.Undelivered(time.Now(), over.token, nil, e)
			require.Empty(t, e.take())
		},
		"a connection after all": func(t *testing.T, e *testEdge, over sent) {
			e.in(cms1Addr, answer(over, 180, "t1"))
			require.Equal(t, wire.CANCEL, e.one().msg.Method)
		},
		"a refusal, as the bridge got the request twice": func(t *testing.T, e *testEdge, over sent) {
			e.in(cms1Addr, answer(over, 482, "t1"))
			require.Equal(t, wire.ACK, e.one().msg.Method)
		},
	} {
		t.Run(name, func(t *testing.T) {
			withEdge(t, func(e *testEdge) {
				over := e.placeLarge(newCall("n7", "sip:pinned@meet.example.com"))
				e.after(1400 * time.Millisecond)
				require.Empty(t, e.take())
				e.after(200 * time.Millisecond)
				inv := e.one()
				require.Equal(t, wire.UDP, inv.to.Transport)
				require.Equal(t, cms1Addr, inv.to.Remote.String())
				late(t, e, over)
				require.False(t, e.bal.Suspect(0))

				e.after(1300 * time.Millisecond)
				for _, s := range e.take() {
					require.Equal(t, inv.text, s.text)
				}
				e.after(200 * time.Millisecond)
				all := e.take()
				require.Equal(t, cms2Addr, all[len(all)-1].to.Remote.String(), "3 s after the first sending")
				require.True(t, e.bal.Suspect(0))
			})
		})
	}
}

// The 2xx of the TCP side wins like any other, however late it comes.
func TestLargeRequestAnsweredLateOverTCP(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		over := e.placeLarge(newCall("n12", "sip:pinned@meet.example.com"))
		e.after(1600 * time.Millisecond)
		e.one()
		e.in(cms1Addr, answer(over, 200, "t1"))
		all := e.take()
		require.Equal(t, 200, all[len(all)-1].msg.Status)
		require.Equal(t, 1, e.p.Stats().Calls)
		require.Positive(t, e.reserved()[0], "it is the same bridge's call")
	})
}

// With a connection there is nothing to go round: the bridge has its whole
// time to answer.
func TestLargeRequestToSlowBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.connected = map[string]bool{cms1Addr: true}
		e.placeLarge(newCall("n8", "sip:pinned@meet.example.com"))
		e.after(2900 * time.Millisecond)
		require.Empty(t, e.take())
		require.False(t, e.bal.Suspect(0))
		e.after(200 * time.Millisecond)
		require.Equal(t, cms2Addr, e.one().to.Remote.String())
		require.True(t, e.bal.Suspect(0))
		require.Zero(t, e.p.Stats().BackToUDP)
	})
}

// 16.10: for a caller who has gone nothing is sent again, and the bridge is
// not blamed.
func TestCancelBeforeLargeRequestIsRefused(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("n9", "sip:pinned@meet.example.com")
		over := e.placeLarge(c)
		e.in(cucmAddr, c.cancel(""))
		require.Equal(t, 200, e.one().msg.Status)
		e.refuse(over)
		require.Equal(t, 487, e.one().msg.Status)
		require.False(t, e.bal.Suspect(0))
		require.Equal(t, []int64{0, 0, 0}, e.reserved())
		require.Zero(t, e.p.OpenInvites())
	})
}

// However many tries are allowed, their branches fit into one transaction.
func TestLargeRequestWithManyTries(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		inv := e.placeLarge(newCall("n10", "sip:pinned@meet.example.com"))
		branches := 0
		for ; inv.msg.IsRequest(); branches++ {
			e.p.layer.Undelivered(time.Now(), inv.token, nil, e)
			inv = e.one()
		}
		require.Equal(t, 500, inv.msg.Status)
		require.Equal(t, 6, branches)
	}, func(s *Settings) { s.Rules.Attempts = 8 })
}
