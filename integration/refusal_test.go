package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// refusalPlays are requests that the edge answers itself. No bridge hears of
// them.
func refusalPlays() []play {
	return []play{{
		name:   "OPTIONS to the edge",
		caller: "options",
		uri:    func(s *stage) string { return "sip:" + s.front.address().String() },
		verdict: func(t *testing.T, s *stage) {
			require.Len(t, responses(s.caller().packets(t), "OPTIONS", 200), 1)
			require.NotEmpty(t, tag(s.caller().packets(t)[1].get("To")))
		},
		pure: true,
	}, {
		name:     "OPTIONS to the edge as the last hop",
		caller:   "options",
		forwards: "0",
		uri:      func(s *stage) string { return "sip:" + s.front.address().String() },
	}, {
		name:    "unknown scheme: 416",
		caller:  "refused",
		uri:     func(*stage) string { return "nosuch:room" },
		verdict: refusedByEdge(416),
	}, {
		name:     "Max-Forwards 0: 483",
		caller:   "refused",
		forwards: "0",
		verdict:  refusedByEdge(483),
		pure:     true,
	}, {
		name:   "Proxy-Require: 420 that names what is not supported",
		caller: "proxy-require",
		verdict: func(t *testing.T, s *stage) {
			refusedByEdge(420)(t, s)
			require.ElementsMatch(t, []string{"gold-service", "silver-service"}, s.heard(t).all("Unsupported"))
		},
	}, {
		name:    "foreign domain: 404",
		caller:  "refused",
		uri:     func(*stage) string { return "sip:room@elsewhere.example.org" },
		verdict: refusedByEdge(404),
	}, {
		name:     "stranger: silence or 403",
		caller:   "stranger",
		stranger: true,
		verdict: func(t *testing.T, s *stage) {
			require.Empty(t, s.took(t))
			for _, p := range s.caller().packets(t) {
				require.True(t, p.sent || p.status() == 403, "a stranger got\n%s", p.raw)
			}
		},
	}}
}

// refusedByEdge checks that the caller heard that status, and no bridge anything.
func refusedByEdge(status int) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		t.Helper()
		require.Empty(t, s.took(t), "no bridge hears of it")
		require.Equal(t, status, s.heard(t).status())
		require.NotEmpty(t, tag(s.heard(t).get("To")))
	}
}
