package app

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
	"bridgehead/sip"
)

// Every key of the file arrives where it counts.
func TestSettings(t *testing.T) {
	c := parse(t, strings.NewReplacer(
		"policy: {options: off}", `policy: {options: off, mode: observe, landing: native, uriQueryWait: 100ms, optionsWhenFull: 503, reject: {exhausted: 487}}
log: {redact: numbers}`,
		`uri: "sip:127.0.0.2:5060"}]`, `uri: "sip:127.0.0.2:5060"}, {name: skype, kind: lync, sources: [127.0.0.9], landing: only, reject: {exhausted: 480, unavailable: 500}}]`,
	).Replace(minimal))
	topology, err := topologyOf(c, nil)
	require.NoError(t, err)
	s := settingsOf(c, topology)
	require.Equal(t, lb.LandingNative, s.Rules.Landing)
	require.Equal(t, sip.Policy{
		TimerC: 185 * time.Second, Reject: sip.Reject{Exhausted: 487, Gateway: 486, Unavailable: 503},
		Mode: sip.Observe, URIQueryWait: 100 * time.Millisecond, OptionsWhenFull: 503, Redact: true,
	}, s.Policy)
	require.Len(t, s.CallControls, 2)
	require.Equal(t, sip.KindOther, s.CallControls[0].Kind)
	require.Equal(t, lb.LandingDefault, s.CallControls[0].Landing, "as the policy says")
	require.Equal(t, sip.Reject{}, s.CallControls[0].Reject)
	require.Equal(t, sip.KindLync, s.CallControls[1].Kind)
	require.Equal(t, lb.LandingOnly, s.CallControls[1].Landing)
	require.Equal(t, sip.Reject{Exhausted: 480, Unavailable: 500}, s.CallControls[1].Reject)

	require.Equal(t, sip.Destination{Host: "127.0.0.2", Port: 5060}, s.CallControls[0].URIs[0], "TCP for large requests")
	fixed := settingsOf(parse(t, strings.Replace(minimal, "sip:127.0.0.2:5060", "sip:127.0.0.2:5060;transport=udp", 1)), topology)
	require.Equal(t, sip.Destination{Host: "127.0.0.2", Port: 5060, Fixed: true}, fixed.CallControls[0].URIs[0], "fragments, if need be")

	s = settingsOf(parse(t, minimal), topology)
	require.Equal(t, sip.Balance, s.Policy.Mode)
	require.Equal(t, 300*time.Millisecond, s.Policy.URIQueryWait)
	require.Equal(t, 200, s.Policy.OptionsWhenFull)
	require.False(t, s.Policy.Redact)
}
