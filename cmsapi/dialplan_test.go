package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const tenantOne = "91d0c7b2-0001-4c07-b7be-3d1e6a1f0001"

func TestInboundRules(t *testing.T) {
	p, err := decodeInboundRules(fixture(t, "inbound-rules.xml"))
	require.NoError(t, err)
	id := "5d2a0001-9c1e-4f35-8d25-0a4c1b7f000"
	require.Equal(t, page[inboundRule]{total: 3, received: 3, items: []inboundRule{
		{id: id + "1", domain: "meet.example.com", priority: 100, users: true, spaces: true, ivrs: true, flagged: true},
		{id: id + "2", domain: "lync.example.com", priority: 7, tenant: tenantOne, lync: true, flagged: true},
		{id: id + "3", domain: "bare.example.com", users: true, spaces: true, ivrs: true},
	}}, p)
	refusesBad(t, "inboundDialPlanRules", fixture(t, "inbound-rules.xml"), decodeInboundRules)
	r, err := decodeInboundRule(fixture(t, "inbound-rule.xml"))
	require.NoError(t, err)
	require.Equal(t, inboundRule{id: id + "3", domain: "bare.example.com", priority: 5, spaces: true, flagged: true}, r)
	refusesBad(t, "inboundDialPlanRule", fixture(t, "inbound-rule.xml"), decodeInboundRule)
}

func TestForwardingRules(t *testing.T) {
	p, err := decodeForwardingRules(fixture(t, "forwarding-rules.xml"))
	require.NoError(t, err)
	id := "77b3c001-0b55-4f0a-9e11-00000000000"
	require.Equal(t, page[forwardingRule]{total: 2, received: 2, items: []forwardingRule{
		{id: id + "1", pattern: "*.partner.example", priority: 50},
		{id: id + "2", pattern: "*", reject: true},
	}}, p)
	refusesBad(t, "forwardingDialPlanRules", fixture(t, "forwarding-rules.xml"), decodeForwardingRules)
}

func TestIVRs(t *testing.T) {
	p, err := decodeIVRs(fixture(t, "ivrs.xml"))
	require.NoError(t, err)
	id := "c0ffee01-6f11-4d1e-b5ad-000000000001"
	require.Equal(t, page[listedIVR]{total: 1, received: 1, items: []listedIVR{{id: id, uri: "lobby"}}}, p)
	refusesBad(t, "ivrs", fixture(t, "ivrs.xml"), decodeIVRs)
	v, err := decodeIVR(fixture(t, "ivr.xml"))
	require.NoError(t, err)
	require.Equal(t, listedIVR{id: id, uri: "lobby", tenant: tenantOne, known: true}, v)
	refusesBad(t, "ivr", fixture(t, "ivr.xml"), decodeIVR)
}

func TestUsers(t *testing.T) {
	p, err := decodeUsers(fixture(t, "users.xml"))
	require.NoError(t, err)
	id := "0a1b2c3d-0000-4000-8000-00000000000"
	require.Equal(t, page[listedUser]{total: 2, received: 2, items: []listedUser{
		{id + "1", "ann@meet.example.com", ""}, {id + "2", "bob@lync.example.com", tenantOne},
	}}, p)
	refusesBad(t, "users", fixture(t, "users.xml"), decodeUsers)
}

func TestSpaceDetails(t *testing.T) {
	s, err := decodeSpace(fixture(t, "cospace.xml"))
	require.NoError(t, err)
	require.Equal(t, spaceDetails{
		listedSpace:   listedSpace{id: "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e001", uri: "board.room", secondary: "5001"},
		accessMethods: 2,
	}, s)
	refusesBad(t, "coSpace", fixture(t, "cospace.xml"), decodeSpace)
	s, err = decodeSpace([]byte("<coSpace><numAccessMethods>many</numAccessMethods></coSpace>"))
	require.NoError(t, err)
	require.Equal(t, -1, s.accessMethods)

	p, err := decodeAccessMethods(fixture(t, "access-methods.xml"))
	require.NoError(t, err)
	id := "aa000000-0000-4000-8000-00000000000"
	require.Equal(t, page[listedMethod]{total: 2, received: 2, items: []listedMethod{{id + "1", "Board.Host"}, {id + "2", ""}}}, p)
	refusesBad(t, "accessMethods", fixture(t, "access-methods.xml"), decodeAccessMethods)
}

func TestUsage(t *testing.T) {
	u, err := decodeUsage(fixture(t, "uri-usage.xml"))
	require.NoError(t, err)
	require.Equal(t, usage{space: "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e001"}, u)
	refusesBad(t, "uriUsageQuery", fixture(t, "uri-usage.xml"), decodeUsage)
	for body, want := range map[string]usage{
		"<uriUsageQuery/>": {},
		"<uriUsageQuery><coSpaceId/></uriUsageQuery>":          {},
		"<uriUsageQuery><cospace>7</cospace></uriUsageQuery>":  {space: "7"},
		"<uriUsageQuery><ivrId>7</ivrId></uriUsageQuery>":      {ivr: true},
		"<uriUsageQuery><userId>7</userId></uriUsageQuery>":    {user: true},
		"<uriUsageQuery><novelty>7</novelty></uriUsageQuery>":  {},
		"<uriUsageQuery>text<a><b>7</b></a>\n</uriUsageQuery>": {},
	} {
		u, err := decodeUsage([]byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want, u, body)
	}
}

func TestMatchPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, domain string
		want            bool
	}{
		{"*", "", true},
		{"*", "a.example", true},
		{"", "", false},
		{"a.example", "a.example", true},
		{"a.example", "b.a.example", false},
		{"*.example", "a.b.example", true},
		{"*.example", ".example", true},
		{"*.example", "example", false},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*a", "a", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"**", "x", true},
	} {
		require.Equal(t, c.want, matchPattern(c.pattern, c.domain), "%s %s", c.pattern, c.domain)
	}
}

// naiveMatch is matchPattern by definition.
func naiveMatch(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return naiveMatch(pattern[1:], s) || s != "" && naiveMatch(pattern, s[1:])
	default:
		return s != "" && s[0] == pattern[0] && naiveMatch(pattern[1:], s[1:])
	}
}

func TestMatchPatternIsNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{1,6}`).Draw(t, "pattern")
		domain := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "domain")
		if matchPattern(pattern, domain) != naiveMatch(pattern, domain) {
			t.Fatalf("%q on %q", pattern, domain)
		}
	})
}

func FuzzInboundRules(f *testing.F)    { fuzzDecoder(f, decodeInboundRules, "inbound-rules.xml") }
func FuzzForwardingRules(f *testing.F) { fuzzDecoder(f, decodeForwardingRules, "forwarding-rules.xml") }
func FuzzIVRs(f *testing.F)            { fuzzDecoder(f, decodeIVRs, "ivrs.xml") }
func FuzzUsers(f *testing.F)           { fuzzDecoder(f, decodeUsers, "users.xml") }
func FuzzSpaceDetails(f *testing.F)    { fuzzDecoder(f, decodeSpace, "cospace.xml") }
func FuzzAccessMethods(f *testing.F)   { fuzzDecoder(f, decodeAccessMethods, "access-methods.xml") }
func FuzzUsage(f *testing.F)           { fuzzDecoder(f, decodeUsage, "uri-usage.xml") }
