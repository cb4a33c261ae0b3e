package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// failoverPlays are bridges that do not answer, or say no.
func failoverPlays() []play {
	impatient := []string{"attemptTimeout: 700ms"}
	return []play{{
		name:    "bridge silent: the next candidate",
		bridges: map[string]string{"cluster3": "silent"},
		policy:  impatient,
		verdict: nextAfter("cluster3"),
		pure:    true,
	}, {
		name:    "bridge 503: the next candidate",
		bridges: map[string]string{"cluster3": "refuse-503"},
		verdict: nextAfter("cluster3"),
		pure:    true,
	}, {
		name:    "bridge 503 with Retry-After: the next candidate",
		bridges: map[string]string{"cluster3": "unavailable"},
		verdict: nextAfter("cluster3"),
		pure:    true,
	}, {
		name:    "bridge 488: the next candidate",
		bridges: map[string]string{"cluster3": "refuse-488"},
		verdict: nextAfter("cluster3"),
		pure:    true,
	}, {
		name:    "bridge 503 with Retry-After: left alone for as long",
		bridges: map[string]string{"cluster3": "unavailable"},
		verdict: func(t *testing.T, s *stage) {
			s.call(t, "call")
			s.completed(t)
			require.Len(t, requests(s.at(t, "cluster3"), "INVITE"), 1, "the second call does not go there")
			require.Len(t, requests(s.at(t, "cluster1"), "INVITE"), 2)
		},
	}, {
		name:    "every bridge 503 with Retry-After: the next call hears so at once",
		caller:  "refused",
		bridges: everybody("unavailable"),
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, 500, s.heard(t).status())
			s.call(t, "refused")
			s.completed(t)
			require.Equal(t, 503, s.heard(t).status())
			require.Regexp(t, `^\d+`, s.heard(t).get("Retry-After"))
			for _, name := range names() {
				require.Len(t, requests(s.at(t, name), "INVITE"), 1, "%s has asked to be left alone", name)
			}
		},
	}, {
		name:    "two bridges 503: the third",
		bridges: map[string]string{"cluster3": "refuse-503", "cluster1": "refuse-503"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1", "cluster2"}, s.took(t))
			require.Equal(t, 200, s.heard(t).status())
		},
		pure: true,
	}, {
		name:    "bridge dead, by UDP: the next candidate",
		bridges: map[string]string{"cluster3": absent},
		policy:  impatient,
		verdict: answeredBy("cluster1", roomURI),
	}, {
		name:            "bridge dead, by TCP: the next candidate",
		bridges:         map[string]string{"cluster3": absent},
		bridgeTransport: "tcp",
		policy:          impatient,
		verdict:         answeredBy("cluster1", roomURI),
	}, {
		name:    "two bridges refuse one offer: the offer is at fault",
		caller:  "refused",
		bridges: map[string]string{"cluster3": "refuse-488", "cluster1": "refuse-488"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1"}, s.took(t), "a third try would be no better")
			final := s.heard(t)
			require.Equal(t, 488, final.status())
			require.Contains(t, final.get("Warning"), "refused by", "the bridge's own warning")
		},
	}, {
		name:    "every bridge 503: the caller hears 500",
		caller:  "refused",
		bridges: everybody("refuse-503"),
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1", "cluster2"}, s.took(t))
			require.Equal(t, 500, s.heard(t).status(), "a 503 of one bridge says nothing of the edge (RFC 3261 section 16.7)")
		},
	}, {
		name:    "every bridge silent: the caller hears 408",
		caller:  "refused",
		bridges: everybody("silent"),
		policy:  []string{"attemptTimeout: 400ms"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1", "cluster2"}, s.took(t))
			require.Equal(t, 408, s.heard(t).status())
		},
	}, {
		name:    "bridge 486: passed up at once",
		caller:  "refused",
		bridges: map[string]string{"cluster3": "refuse-486"},
		verdict: passedUp(486),
		pure:    true,
	}, {
		name:    "bridge 603: passed up at once",
		caller:  "refused",
		bridges: map[string]string{"cluster3": "refuse-603"},
		verdict: passedUp(603),
		pure:    true,
	}, {
		name:    "bridge rings and then 503: too late for another",
		caller:  "refused",
		bridges: map[string]string{"cluster3": "ringing-503"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3"}, s.took(t), "the caller has heard it ring")
			require.Len(t, responses(s.caller().packets(t), "INVITE", 180), 1)
			require.Equal(t, 500, s.heard(t).status())
		},
	}, {
		name:    "bridge rings when it was given up: cancelled",
		hold:    1500,
		bridges: map[string]string{"cluster3": "cancelled-late"},
		silence: 1000, // between two retransmissions of the INVITE
		policy:  []string{"attemptTimeout: 500ms"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1"}, s.took(t))
			s.bridges["cluster3"].finished(t, 1)
			cancelled(t, s.at(t, "cluster3"))
			require.Equal(t, 200, s.heard(t).status())
		},
	}, {
		name:    "bridge says 100 and no more: given up after the set-up time",
		bridges: map[string]string{"cluster3": "cancelled-trying"},
		policy:  []string{"setupTimeout: 1s"},
		verdict: func(t *testing.T, s *stage) {
			require.Equal(t, []string{"cluster3", "cluster1"}, s.took(t))
			s.bridges["cluster3"].finished(t, 1)
			cancelled(t, s.at(t, "cluster3"))
			require.Equal(t, 200, s.heard(t).status())
		},
	}}
}

// absent stands for the script of a bridge that does not run.
const absent = "absent"

// everybody gives every bridge the same script.
func everybody(script string) map[string]string {
	m := make(map[string]string)
	for _, name := range names() {
		m[name] = script
	}
	return m
}

// nextAfter checks that the call came to the given bridge, failed there, and
// was answered by the next one under another branch.
func nextAfter(failed string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		t.Helper()
		require.Equal(t, []string{failed, "cluster1"}, s.took(t))
		first, next := requests(s.at(t, failed), "INVITE"), requests(s.at(t, "cluster1"), "INVITE")
		require.NotEqual(t, first[0].all("Via")[0], next[0].all("Via")[0], "each try has its own branch")
		require.Len(t, first[0].all("Via"), 2, "a second try starts from the caller's message")
		require.Len(t, next[0].all("Via"), 2)
		require.Equal(t, 200, s.heard(t).status())
		failures := pick(s.caller().packets(t), func(p packet) bool { return !p.sent && p.status() >= 300 })
		require.Empty(t, failures, "the caller hears nothing of the failed try")
	}
}

// passedUp checks that the bridge's word reached the caller and nobody else was
// tried.
func passedUp(status int) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		t.Helper()
		require.Equal(t, []string{"cluster3"}, s.took(t))
		require.Equal(t, status, s.heard(t).status())
		require.Contains(t, s.heard(t).get("Warning"), "refused by")
		s.bridges["cluster3"].finished(t, 1)
		require.Len(t, requests(s.at(t, "cluster3"), "ACK"), 1, "the front's own ACK, not the caller's as well")
	}
}
