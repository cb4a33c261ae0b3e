package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi"
	"bridgehead/config"
	"bridgehead/sip"
)

// known is a directory that knows some users, and others when it is asked.
type known struct {
	sure, asked map[string]cmsapi.Target
	guess       cmsapi.TargetKind
	silent      bool
	queries     int
}

func (k *known) Classify(_, user string) (cmsapi.Target, bool) {
	if t, ok := k.sure[user]; ok {
		return t, true
	}
	return cmsapi.Target{Kind: k.guess}, false
}

func (k *known) Query(_, user string, done func(cmsapi.Target)) bool {
	if k.silent {
		return false
	}
	k.queries++
	done(k.asked[user])
	return true
}

func spaceOf(id string) cmsapi.Target { return cmsapi.Target{Kind: cmsapi.TargetSpace, Space: id} }

// Each domain is looked up in the groups of its own routes, in their order.
func TestResolver(t *testing.T) {
	london := &known{sure: map[string]cmsapi.Target{"room": spaceOf("in-london")}, asked: map[string]cmsapi.Target{"new": spaceOf("new-in-london")}}
	paris := &known{
		sure: map[string]cmsapi.Target{"room": spaceOf("in-paris"), "lobby": {Kind: cmsapi.TargetIVR}}, guess: cmsapi.TargetForwarded,
		asked: map[string]cmsapi.Target{"late": {Kind: cmsapi.TargetUser}},
	}
	c := &config.Config{
		Groups: []config.Group{{Name: "london"}, {Name: "paris"}},
		Routes: []config.Route{
			{Domains: []string{"meet.example.com", "meet"}, Groups: []string{"london", "paris"}},
			{Domains: []string{"paris.example.com"}, Groups: []string{"paris"}},
			{Domains: []string{"meet"}, Groups: []string{"paris", "london"}},
		},
	}
	h := &cmsHalf{all: []directory{london, paris}}
	h.domains = directoriesOf(c, h.all)
	require.Equal(t, []directory{london, paris}, h.domains["meet"], "each once")

	for _, x := range []struct {
		domain, user string
		want         sip.Target
		sure         bool
	}{
		{"meet.example.com", "room", sip.Target{Kind: sip.TargetSpace, Space: "in-london"}, true},
		{"paris.example.com", "room", sip.Target{Kind: sip.TargetSpace, Space: "in-paris"}, true},
		{"meet.example.com", "lobby", sip.Target{Kind: sip.TargetIVR}, true},
		{"meet.example.com", "nobody", sip.Target{Kind: sip.TargetForwarded}, false},
		{"elsewhere.example.com", "room", sip.Target{Kind: sip.TargetSpace, Space: "in-london"}, true},
	} {
		got, sure := h.Classify(x.domain, x.user)
		require.Equal(t, x.want, got, x)
		require.Equal(t, x.sure, sure, x)
	}

	ask := func(domain, user string) (got sip.Target, times int, asked bool) {
		asked = h.Query(domain, user, func(t sip.Target) { got = t; times++ })
		return got, times, asked
	}
	got, times, _ := ask("meet.example.com", "new")
	require.Equal(t, sip.Target{Kind: sip.TargetSpace, Space: "new-in-london"}, got)
	require.Equal(t, 1, times)
	require.Zero(t, paris.queries, "london knew it")
	got, times, _ = ask("meet.example.com", "late")
	require.Equal(t, sip.Target{Kind: sip.TargetUser}, got, "the next group knows it")
	require.Equal(t, 1, times)
	got, times, _ = ask("meet.example.com", "nobody")
	require.Equal(t, sip.Target{}, got)
	require.Equal(t, 1, times, "once, whatever the answers")
	london.silent = true
	got, _, asked := ask("meet.example.com", "late")
	require.True(t, asked)
	require.Equal(t, sip.TargetUser, got.Kind)
	paris.silent = true
	_, times, asked = ask("meet.example.com", "late")
	require.False(t, asked)
	require.Zero(t, times)
}
