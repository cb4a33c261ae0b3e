package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// noProbes keeps OPTIONS away from a bridge that is played by a caller.
var noProbes = []string{"options: off"}

// outwardPlays are calls that a bridge makes: out to call control, or to another
// bridge of its group.
func outwardPlays() []play {
	return []play{{
		name:    "a bridge calls a user of call control",
		outward: true,
		policy:  noProbes,
		uri:     func(*stage) string { return "sip:alice@example.com" },
		verdict: answeredBy(callControl, "sip:alice@example.com"),
	}, {
		name:    "a bridge calls a user of call control, who changes and ends the call",
		outward: true,
		policy:  noProbes,
		caller:  "reinvited",
		bridges: map[string]string{callControl: "reinvite"},
		uri:     func(*stage) string { return "sip:alice@example.com" },
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{callControl}, s.took(t))
			require.Len(t, responses(s.at(t, callControl), "BYE", 200), 1)
		},
	}, {
		name:    "a bridge calls another bridge: exactly that one",
		outward: true,
		policy:  noProbes,
		uri:     at("cluster2"),
		group:   state{load: full("cluster2")}.set, // distribution links are not refused for load
		verdict: func(t *testing.T, s *stage) { answeredBy("cluster2", at("cluster2")(s))(t, s) },
	}}
}
