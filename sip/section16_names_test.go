package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// A Contact that has a name without a port is asked about by SRV, even where its
// host is configured with one; what is configured still helps where DNS does not.
func TestContactWithoutPort(t *testing.T) {
	z := &zone{
		srv:   map[string][]SRV{"_sip._tcp.cucm.example.com": {{1, 1, 5099, "n1.example.com"}}},
		hosts: map[string][]string{"n1.example.com": {"192.0.2.41"}, "cucm.example.com": {"192.0.2.12"}},
	}
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		d := e.establish(newCall("s12", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "CUCM.example.com"))
		bye := e.request()
		require.Equal(t, wire.TCP, bye.to.Transport)
		require.Equal(t, "192.0.2.41:5099", bye.to.Remote.String())
		e.in("192.0.2.41:5099", answer(bye, 200, ""))
		e.take()

		z.empty()
		e.after(nameLife)
		d = e.establish(newCall("s13", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "cucm.example.com"))
		require.Equal(t, "192.0.2.12:5060", e.request().to.Remote.String())
	}, withZone(z, func(s *Settings) {
		s.CallControls[0].URIs = append(s.CallControls[0].URIs, Destination{Host: "cucm.example.com", Port: 5062})
		s.CallControls[0].Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32"), netip.MustParsePrefix("192.0.2.41/32")}
	}))
}

// An ACK for a name that is not known yet is lost, as it has nowhere to wait; its
// repetition finds the answer.
func TestACKToNewName(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("s14", "sip:pinned@meet.example.com"))
		for i := range 2 {
			e.in(cms1Addr, d.toPhone("ACK", "x", "phone.example.com"))
			require.Len(t, e.take(), i)
		}
	}, withZone(&zone{hosts: map[string][]string{"phone.example.com": {"192.0.2.98"}}}, phones))
}

// A name server that does not answer for SRV makes no bridge move to the default
// port, and no name of a message either: what was known holds until there is an
// answer.
func TestDNSFailureMovesNobody(t *testing.T) {
	z := twoWays()
	z.hosts["cms.example.com"] = []string{"192.0.2.31"}
	z.srv["_sip._udp.phone.example.com"] = []SRV{{1, 1, 5099, "phone1.example.com"}}
	z.hosts["phone1.example.com"], z.hosts["phone.example.com"] = []string{"192.0.2.98"}, []string{"192.0.2.97"}
	bye := func(e *testEdge, id string) string {
		d := e.establish(newCall(id, "sip:pinned@meet.example.com"))
		e.in(d.invite.to.Remote.String(), strings.Replace(d.toPhone("BYE", id, "phone.example.com"), "SIP/2.0/TCP", "SIP/2.0/UDP", 1))
		if e.p.parked.Load() > 0 {
			e.after(recordTimeout + 100*time.Millisecond)
		}
		s := e.request()
		e.in(s.to.Remote.String(), answer(s, 200, ""))
		e.take()
		return d.invite.to.Remote.String() + " " + s.to.Remote.String()
	}
	withEdge(t, func(e *testEdge) {
		e.after(time.Millisecond)
		require.Equal(t, "192.0.2.31:5062 192.0.2.98:5099", bye(e, "s16"))
		z.swallow("SRV _sip._tcp.cms.example.com", "SRV _sip._udp.phone.example.com", "NAPTR phone.example.com")
		e.after(nameLife)
		require.Equal(t, "192.0.2.31:5062 192.0.2.98:5099", bye(e, "s17"))
		z.swallow()
		e.after(nameLife)
		require.Equal(t, "192.0.2.31:5062 192.0.2.98:5099", bye(e, "s18"))
	}, withZone(z, bridgeNamed("cms.example.com"), phones))
}
