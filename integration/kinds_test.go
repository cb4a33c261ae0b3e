package integration

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// partner is a domain that no inbound rule has and a forwarding rule matches.
const partner = "partner.example.org"

// TestGatewayCalls calls a user, and a domain that only a forwarding rule
// matches: no conference meets there, and who finds no room hears 486.
func TestGatewayCalls(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{
		group: sim.Options{
			Users: []string{"alice@" + domain, "bob@elsewhere.example.com"},
			ForwardingRules: []sim.ForwardingRule{
				{Pattern: "*.example.org", Priority: 10},
				{Pattern: "closed.example.org", Priority: 20, Reject: true},
			},
		},
		domains: []string{partner, "closed.example.org"},
	})
	s.known(t, "users")
	gateway := []string{user("alice"), user("ALICE"), user("%61lice"), "sip:anybody@" + partner}

	// A call of this user is up there: nobody has to join it.
	first := s.start(t, manner{hold: time.Minute}, gateway[0], gateway[3])
	for _, o := range first.answered(t) {
		require.Equal(t, 200, o.status)
		require.Equal(t, "gateway", s.decision(t, o).Kind, o)
		s.group.Bridge(o.bridge).SetLoad(60_000) // level 1: for running conferences only
	}
	s.refreshed(t)
	taken := hosts(first.answered(t))
	for _, o := range s.dial(t, manner{}, gateway...) {
		require.Equal(t, 200, o.status)
		require.NotContains(t, taken, o.bridge, "%s: level 0 is better, whoever runs where", o.uri)
	}

	// The callee's word goes up at once, and no other bridge is asked.
	invites := s.invites()
	mode := func(kind sim.SIPModeKind) {
		for _, b := range s.group.Bridges() {
			b.SetSIPMode(sim.SIPMode{Kind: kind})
		}
	}
	mode(sim.SIPBusy)
	for i, uri := range gateway {
		o := s.one(t, uri)
		require.Equal(t, 486, o.status)
		require.Empty(t, o.final.get("Warning"), "the bridge's own answer")
		require.Equal(t, invites+i+1, s.invites(), "one bridge was asked")
	}
	mode(sim.SIPDecline)
	require.Equal(t, 603, s.one(t, user("alice")).status)
	mode(sim.SIPOK)

	// A domain whose rule rejects is CMS's to refuse.
	require.Equal(t, 403, s.one(t, "sip:anybody@closed.example.org").status)

	// No room anywhere: 486 for a gateway call, 488 for a space.
	for _, name := range names() {
		s.group.Bridge(name).SetLoad(90_000)
	}
	s.refreshed(t)
	invites = s.invites()
	for _, uri := range gateway {
		o := s.one(t, uri)
		require.Equal(t, 486, o.status, uri)
		require.Regexp(t, `^399 \S+ ".+"$`, o.final.get("Warning"), "a warning for the operator")
		require.Empty(t, o.final.get("Reason"))
	}
	require.Equal(t, 488, s.one(t, roomURI).status)
	require.Equal(t, invites, s.invites(), "no bridge is troubled")
}

// TestIVR calls an IVR: the least loaded bridge answers, whoever has such calls
// already.
func TestIVR(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{group: sim.Options{IVRs: []string{"welcome"}}})
	loads := func(units ...int) {
		t.Helper()
		for i, name := range names() {
			s.group.Bridge(name).SetLoad(units[i])
		}
		s.refreshed(t)
	}
	s.known(t, "ivrs")
	for _, c := range []struct {
		what  string
		loads []int
		want  string
	}{
		{"the most room", []int{30_000, 10_000, 20_000}, "cluster2"},
		{"not where the last one is", []int{20_000, 30_000, 10_000}, "cluster3"},
		{"the lowest level", []int{49_000, 55_000, 55_000}, "cluster1"},
		{"the most room of level 1", []int{70_000, 75_000, 60_000}, "cluster3"},
		{"the only one with room", []int{90_000, 70_000, 90_000}, "cluster2"},
	} {
		loads(c.loads...)
		o := s.start(t, manner{hold: time.Minute}, user("WelCome")).answered(t)[0]
		require.Equal(t, c.want, o.bridge, c.what)
		d := s.decision(t, o)
		require.Equal(t, "ivr", d.Kind)
		for _, b := range d.Candidates {
			require.False(t, b.Running, "an IVR is no conference")
		}
	}
	require.Empty(t, s.conferences(t))
	loads(90_000, 90_000, 90_000)
	o := s.one(t, user("welcome"))
	require.Equal(t, 488, o.status)
	require.Regexp(t, `^399 \S+ ".+"$`, o.final.get("Warning"))
}

// TestFourURIs calls one space by every address that it has, in any letter case
// and escaping, while the bridge that has it takes no new conferences: all meet
// there.
func TestFourURIs(t *testing.T) {
	t.Parallel()
	const id = "0b5d2c6e-83c4-4c9a-8d5f-0a4f5d1f9f10"
	s := openSite(t, siteOptions{group: sim.Options{Spaces: []sim.Space{
		{URI: "other", SecondaryURI: "other.too"},
		{ID: id, URI: "board", SecondaryURI: "board.room", CallID: "4711", AccessMethods: []sim.AccessMethod{
			{URI: "board.guest"}, {URI: "board.host", CallID: "4712", Passcode: "1"},
		}},
	}}})
	s.known(t, "coSpaces/"+id+"/accessMethods")
	s.refreshed(t)
	first := s.start(t, manner{hold: time.Minute}, user("board.guest")).answered(t)[0]
	require.Equal(t, 200, first.status)
	require.Equal(t, id, s.decision(t, first).Conference)
	s.group.Bridge(first.bridge).SetLoad(60_000)
	s.refreshed(t)
	all := []string{
		user("board"), user("board.room"), user("board.guest"), user("board.host"),
		user("BOARD.Room"), user("board%2Eguest"), user("%42oard%2ehost"), "sip:board.host@MEET.example.COM",
	}
	for _, o := range s.dial(t, manner{}, all...) {
		require.Equal(t, first.bridge, o.bridge, o)
	}
	for _, uri := range []string{user("4711"), user("4712")} {
		require.Equal(t, 404, s.one(t, uri).status, "a call id is no address")
	}
}

// TestTenants has spaces of three tenants with one URI: the domain says which
// one is meant, and each caller comes to where that one runs.
func TestTenants(t *testing.T) {
	t.Parallel()
	const red, blue = "5e6ac7ba-6c5d-4d4a-9d59-0f1e2d3c4b51", "5e6ac7ba-6c5d-4d4a-9d59-0f1e2d3c4b52"
	s := openSite(t, siteOptions{
		group: sim.Options{
			InboundRules: []sim.InboundRule{
				{Domain: domain, Priority: 5, ToUsers: true, ToSpaces: true, ToIVRs: true},
				{Domain: "red.example.com", Priority: 10, Tenant: red, ToSpaces: true},
				{Domain: "blue.example.com", Priority: 1, Tenant: blue, ToSpaces: true},
				{Domain: "people.example.com", Priority: 1, ToUsers: true},
			},
			Spaces: []sim.Space{{ID: roomSpace, URI: room}, {URI: room, Tenant: red}, {URI: room, Tenant: blue}},
		},
		domains: []string{"red.example.com", "blue.example.com", "people.example.com"},
		prepare: func(t *testing.T, g *sim.Group) {
			for i, space := range g.Spaces() { // the plain one on cluster1, red's on cluster2, blue's on cluster3
				_, err := g.Bridge(names()[i]).AddConference(sim.Conference{Space: space.ID, Participants: 1})
				require.NoError(t, err)
			}
		},
	})
	s.known(t, "inboundDialPlanRules")
	s.refreshed(t)
	for uri, host := range map[string]string{
		roomURI:                     "cluster1",
		"sip:ROOM@red.example.com":  "cluster2",
		"sip:room@Blue.example.com": "cluster3",
	} {
		require.Equal(t, host, s.one(t, uri).bridge, uri)
	}
	o := s.one(t, "sip:room@people.example.com")
	require.Equal(t, 404, o.status, "that domain leads to users alone, as CMS itself says")
	for _, b := range s.decision(t, o).Candidates {
		require.False(t, b.Running, "no room is meant")
	}
}

// decision is the edge's record of a call.
func (s *site) decision(t *testing.T, o outcome) decisionReport {
	t.Helper()
	for _, d := range s.edge.decisions(t) {
		if d.CallID == o.final.get("Call-ID") {
			return d
		}
	}
	require.Fail(t, "no decision", "%s", o)
	return decisionReport{}
}

// invites counts the calls that came to the bridges.
func (s *site) invites() int {
	n := 0
	for _, b := range s.group.Bridges() {
		n += b.Counters().Invites
	}
	return n
}
