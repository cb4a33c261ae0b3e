package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// undelivered is what a transport reports that could not send, at once.
func (e *testEdge) undelivered(s sent) {
	e.p.layer.Undelivered(time.Now(), s.token, nil, e)
}

// request is the only request among what was sent, ACKs aside.
func (e *testEdge) request() sent {
	e.t.Helper()
	var out []sent
	for _, s := range e.take() {
		if s.msg.IsRequest() && s.msg.Method != wire.ACK {
			out = append(out, s)
		}
	}
	require.Len(e.t, out, 1, "%v", texts(out))
	return out[0]
}

func withZone(z *zone, more ...option) option {
	return func(s *Settings) {
		s.Lookup = z
		for _, o := range more {
			o(s)
		}
	}
}

// phones lets the addresses of phone.example.com answer.
func phones(s *Settings) {
	s.CallControls[0].Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32"), netip.MustParsePrefix("192.0.2.88/29"), netip.MustParsePrefix("192.0.2.96/29")}
}

func bridgeNamed(host string) option {
	return func(s *Settings) { s.Bridges[0].SIP = Destination{Host: host} }
}

// twoWays is a zone with a bridge that has two servers by SRV.
func twoWays() *zone {
	return &zone{
		srv:   map[string][]SRV{"_sip._tcp.cms.example.com": {{1, 0, 5062, "a.cms.example.com."}, {2, 0, 5063, "b.cms.example.com."}}},
		hosts: map[string][]string{"a.cms.example.com": {"192.0.2.31"}, "b.cms.example.com": {"192.0.2.32"}},
	}
}

// 16.6 step 7, RFC 3263 section 4.3: a server that cannot be sent to makes room
// for the next one of the same bridge, in a branch of its own, over the transport
// that SRV says. The bridge is not at fault for it, and later calls go to the
// server that works, until the other one has had its rest.
func TestNextServerOfBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		first := e.place(newCall("s1", "sip:pinned@meet.example.com"))
		require.Equal(t, wire.TCP, first.to.Transport)
		require.Equal(t, "192.0.2.31:5062", first.to.Remote.String())
		require.Equal(t, peer{fromBridge, 0}, e.p.peers.Load().identify(first.to.Remote))
		e.undelivered(first)
		second := e.one()
		require.Equal(t, wire.TCP, second.to.Transport)
		require.Equal(t, "192.0.2.32:5063", second.to.Remote.String())
		require.NotEqual(t, first.header("Via"), second.header("Via"))
		require.False(t, e.bal.Suspect(0), "it may well be alive")
		e.in("192.0.2.32:5063", answer(second, 200, "t1"))
		require.Equal(t, 200, e.one().msg.Status)

		require.Equal(t, "192.0.2.32:5063", e.establish(newCall("s2", "sip:pinned@meet.example.com")).invite.to.Remote.String())
		e.after(downFor)
		require.Equal(t, "192.0.2.31:5062", e.establish(newCall("s3", "sip:pinned@meet.example.com")).invite.to.Remote.String())
	}, withZone(twoWays(), bridgeNamed("cms.example.com")))
}

// R12: with no server left the bridge has failed, and the next bridge is tried.
func TestLastServerOfBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		e.undelivered(e.place(newCall("s4", "sip:pinned@meet.example.com")))
		e.undelivered(e.one())
		require.Equal(t, cms2Addr, e.one().to.Remote.String())
		require.True(t, e.bal.Suspect(0))
	}, withZone(twoWays(), bridgeNamed("cms.example.com")))
}

// R12 before RFC 3263: a silent server costs seconds, so that another bridge is
// the better bet. The bridge's other server is asked next whether it is alive.
func TestSilentServerOfBridge(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		e.place(newCall("s5", "sip:pinned@meet.example.com"))
		e.after(e.p.set.Rules.AttemptTimeout + 100*time.Millisecond)
		var invite, probe string
		for _, s := range e.take() {
			switch s.msg.Method {
			case wire.INVITE:
				invite = s.to.Remote.String()
			case wire.OPTIONS:
				probe = s.to.Remote.String()
			}
		}
		require.Equal(t, cms2Addr, invite)
		require.Equal(t, "192.0.2.32:5063", probe)
		require.True(t, e.bal.Suspect(0))
	}, withZone(twoWays(), bridgeNamed("cms.example.com"), func(s *Settings) { s.Policy.OptionsInterval = reprobing }))
}

// Probes find the server that works as well.
func TestProbeOfNextServer(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		e.p.sendProbe(0, e)
		first := e.request()
		require.Equal(t, "192.0.2.31:5062", first.to.Remote.String())
		require.Contains(t, first.text, "OPTIONS sip:cms.example.com SIP/2.0\r\n", "as it is configured, without a port")
		e.undelivered(first)
		e.p.sendProbe(0, e)
		second := e.request()
		require.Equal(t, "192.0.2.32:5063", second.to.Remote.String())
		e.after(e.p.set.Rules.AttemptTimeout + 100*time.Millisecond)
		e.take()
		e.p.sendProbe(0, e)
		require.Equal(t, "192.0.2.31:5062", e.request().to.Remote.String(), "both are down: as if none were")
	}, withZone(twoWays(), bridgeNamed("cms.example.com")))
}

// 16.6 step 7 inside a dialog: nobody else can take the request, so that silence
// and 503 lead on as well.
func TestNextServerInsideDialog(t *testing.T) {
	phone := func() *zone {
		return &zone{hosts: map[string][]string{"phone.example.com": {"192.0.2.98", "192.0.2.99"}}}
	}
	for name, fail := range map[string]func(e *testEdge, s sent){
		"transport error": func(e *testEdge, s sent) { e.undelivered(s) },
		"503":             func(e *testEdge, s sent) { e.in(s.to.Remote.String(), answer(s, 503, "x")) },
		"silence":         func(e *testEdge, _ sent) { e.after(e.p.set.Rules.AttemptTimeout + 100*time.Millisecond) },
	} {
		for _, method := range []string{"INVITE", "BYE"} {
			t.Run(method+" "+name, func(t *testing.T) {
				withEdge(t, func(e *testEdge) {
					d := e.establish(newCall("s6", "sip:pinned@meet.example.com"))
					e.in(cms1Addr, d.toPhone(method, "x", "phone.example.com"))
					first := e.request()
					require.Equal(t, "192.0.2.98:5060", first.to.Remote.String())
					fail(e, first)
					var second sent
					for _, s := range e.take() {
						if s.msg.IsRequest() && s.to.Remote.String() == "192.0.2.99:5060" {
							second = s
						}
					}
					require.NotNil(t, second.msg, "the other address")
					e.in("192.0.2.99:5060", answer(second, 200, ""))
					require.Equal(t, 200, e.lastStatus())
				}, withZone(phone(), phones))
			})
		}
	}
}

// ... and when they are used up the caller hears of it as of one.
func TestNoServerLeft(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("s7", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "phone.example.com"))
		e.undelivered(e.request())
		second := e.request()
		e.in("192.0.2.99:5060", answer(second, 503, ""))
		require.Equal(t, 500, e.lastStatus(), "a lone 503 becomes 500")

		e.in(cms1Addr, strings.Replace(d.toPhone("BYE", "y", "phone.example.com"), "CSeq: 7", "CSeq: 8", 1))
		third := e.request()
		require.Equal(t, "192.0.2.99:5060", third.to.Remote.String(), "the one that answered")
		e.in("192.0.2.99:5060", answer(third, 481, ""))
		require.Equal(t, 481, e.lastStatus(), "the callee's word ends the search")
	}, withZone(&zone{hosts: map[string][]string{"phone.example.com": {"192.0.2.98", "192.0.2.99"}}}, phones))
}

// A caller who gives up while servers are tried is tried nowhere else.
func TestCancelEndsTheServers(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("s8", "sip:pinned@meet.example.com"))
		first := d.toPhone("INVITE", "x", "phone.example.com")
		e.in(cms1Addr, first)
		out := e.request()
		e.in(cms1Addr, strings.NewReplacer("INVITE", "CANCEL").Replace(first))
		e.take()
		e.undelivered(out)
		all := e.take()
		require.Len(t, all, 1, "%v", texts(all))
		require.Equal(t, 487, all[0].msg.Status)
	}, withZone(&zone{hosts: map[string][]string{"phone.example.com": {"192.0.2.98", "192.0.2.99"}}}, phones))
}

// Call control by one SRV name: its nodes in the order of their priority, for
// every answer that leads on (R12), then the next URI; none twice (16.5).
func TestNodesBySRV(t *testing.T) {
	z := &zone{
		srv: map[string][]SRV{"_sip._udp.cucm.example.com": {
			{20, 0, 5060, "n2.example.com"}, {10, 0, 5060, "n1.example.com"},
		}},
		hosts: map[string][]string{"n1.example.com": {"192.0.2.41"}, "n2.example.com": {"192.0.2.42"}},
	}
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		e.in(cms1Addr, bridgeInvite(cms1Addr, "s9", "sip:bob@example.com", ""))
		var tried []string
		for _, status := range []int{500, 504, 480} {
			out := e.request()
			tried = append(tried, out.to.Remote.String())
			e.in(out.to.Remote.String(), answer(out, status, "t"))
		}
		require.Equal(t, []string{"192.0.2.41:5060", "192.0.2.42:5060", cucmAddr}, tried)
		require.Equal(t, 480, e.lastStatus())

		for _, node := range []string{"192.0.2.41:5060", "192.0.2.42:5060"} {
			require.Equal(t, peer{fromControl, 0}, e.p.peers.Load().identify(netip.MustParseAddrPort(node)))
		}
		// A call that is moved goes to the node that it came from, then to the others.
		e.in("192.0.2.42:5060", strings.ReplaceAll(newCall("s10", "sip:pinned@meet.example.com").invite(), cucmAddr, "192.0.2.42:5060"))
		e.take()
		e.in(cms2Addr, bridgeInvite(cms2Addr, "mv", "sip:alice@example.com", "Replaces: s10@192.0.2.10;to-tag=a;from-tag=b\r\n"))
		out := e.request()
		tried = nil
		for out.msg.IsRequest() {
			tried = append(tried, out.to.Remote.String())
			e.undelivered(out)
			out = e.one()
		}
		require.Equal(t, []string{"192.0.2.42:5060", "192.0.2.41:5060", cucmAddr}, tried)
	}, withZone(z, func(s *Settings) {
		s.CallControls[0].URIs = []Destination{{Host: "cucm.example.com"}, dest(cucmAddr)}
	}))
}

// RFC 3263 section 4.4: what has no state goes the way of the rest of its dialog.
// So the ACK of a 2xx goes to the server that the INVITE went to, also where many
// weigh the same.
func TestACKFollowsInvite(t *testing.T) {
	z := &zone{hosts: map[string][]string{}, srv: map[string][]SRV{}}
	for _, host := range []string{"192.0.2.51", "192.0.2.52", "192.0.2.53", "192.0.2.54"} {
		name := "n" + host[len(host)-2:] + ".example.com"
		z.hosts[name] = []string{host}
		z.srv["_sip._udp.cms.example.com"] = append(z.srv["_sip._udp.cms.example.com"], SRV{1, 10, 5060, name})
	}
	seen := map[string]bool{}
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		for i := range 24 {
			d := e.establish(newCall("s11-"+string(rune('a'+i)), "sip:pinned@meet.example.com"))
			at := d.invite.to.Remote.String()
			seen[at] = true
			for _, method := range []string{"ACK", "BYE"} {
				e.in(cucmAddr, d.call.request(method, "sip:"+cms1Addr, method+d.call.id, "t1", "Route: "+d.route+"\r\n", ""))
				require.Equal(t, at, e.one().to.Remote.String(), method)
			}
		}
	}, withZone(z, bridgeNamed("cms.example.com")))
	require.Len(t, seen, 4, "calls are spread by weight")
}

// 16.6 step 7 bounds nothing, R12 does: so many tries, whatever DNS holds.
func TestServersAreBounded(t *testing.T) {
	z := &zone{hosts: map[string][]string{"phone.example.com": {"192.0.2.91", "192.0.2.92", "192.0.2.93", "192.0.2.94", "192.0.2.95"}}}
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("s15", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "phone.example.com"))
		tries := 0
		for s := e.one(); s.msg.IsRequest(); s = e.one() {
			tries++
			e.undelivered(s)
		}
		require.Equal(t, e.p.set.Rules.Attempts, tries)
		require.Less(t, tries, transaction.MaxBranches)
	}, withZone(z, phones))
}
