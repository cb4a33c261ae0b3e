package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// dialogPlays are requests inside calls.
func dialogPlays() []play {
	return []play{{
		name:    "re-INVITE and BYE from the caller",
		caller:  "reinvite",
		bridges: map[string]string{"cluster3": "reinvited"},
		verdict: changedByCaller,
		pure:    true,
	}, {
		name:    "re-INVITE and BYE from the bridge",
		caller:  "reinvited",
		bridges: map[string]string{"cluster3": "reinvite"},
		verdict: changedByBridge,
		pure:    true,
	}, {
		name:    "edge restarted in the call, which the caller then changes and ends",
		caller:  "hold",
		bridges: map[string]string{"cluster3": "reinvited"},
		direct: func(t *testing.T, s *stage) {
			id := restartInCall(t, s)
			s.cue(t, s.caller(), id)
		},
		verdict: changedByCaller,
		pure:    true,
	}, {
		name:    "edge restarted in the call, which the bridge then changes and ends",
		caller:  "reinvited",
		bridges: map[string]string{"cluster3": "hold"},
		direct: func(t *testing.T, s *stage) {
			id := restartInCall(t, s)
			s.cue(t, s.bridges["cluster3"], id)
		},
		verdict: changedByBridge,
		pure:    true,
	}, {
		name:   "late ACK: every repeated 200 reaches the caller",
		caller: "late-ack",
		verdict: func(t *testing.T, s *stage) {
			s.bridges["cluster3"].finished(t, 1)
			sent := len(sentResponses(s.at(t, "cluster3"), "INVITE", 200))
			require.GreaterOrEqual(t, sent, 3, "the bridge repeats its 200 until the ACK")
			require.Len(t, responses(s.caller().packets(t), "INVITE", 200), sent)
			require.Len(t, requests(s.at(t, "cluster3"), "ACK"), 1)
		},
		pure: true,
	}, {
		name:   "INVITE repeated after its 200: absorbed",
		caller: "invite-again",
		verdict: func(t *testing.T, s *stage) {
			answeredBy("cluster3", roomURI)(t, s)
		},
		pure: true,
	}}
}

// restartInCall waits until the call is up, restarts the front and gives the
// Call-ID.
func restartInCall(t *testing.T, s *stage) string {
	t.Helper()
	packets := s.bridges["cluster3"].await(t, "the call is up", func(packets []packet) bool {
		return len(requests(packets, "ACK")) == 1
	})
	s.front.restart(t)
	return packets[0].get("Call-ID")
}

// changedByCaller checks what the bridge got of a call that its caller changed
// and ended.
func changedByCaller(t *testing.T, s *stage) {
	t.Helper()
	s.bridges["cluster3"].finished(t, 1)
	require.Equal(t, []string{"cluster3"}, s.took(t), "nobody else hears of the call")
	packets := s.at(t, "cluster3")
	invites, byes := requests(packets, "INVITE"), requests(packets, "BYE")
	require.Len(t, invites, 2)
	require.Equal(t, "2 INVITE", invites[1].get("CSeq"))
	require.Len(t, requests(packets, "ACK"), 2)
	require.Len(t, byes, 1)
	contact := "sip:bridge@" + s.sip["cluster3"].String()
	require.Contains(t, invites[1].requestURI(), contact, "the Request-URI in a dialog is the peer's contact, unchanged")
	require.Contains(t, byes[0].requestURI(), contact)
	require.Len(t, responses(s.caller().packets(t), "BYE", 200), 1)
}

// changedByBridge checks what the caller got of a call that the bridge changed
// and ended.
func changedByBridge(t *testing.T, s *stage) {
	t.Helper()
	s.bridges["cluster3"].finished(t, 1)
	require.Equal(t, []string{"cluster3"}, s.took(t), "nobody else hears of the call")
	packets := s.caller().packets(t)
	require.Len(t, requests(packets, "INVITE"), 1)
	require.Len(t, requests(packets, "ACK"), 1)
	byes := requests(packets, "BYE")
	require.Len(t, byes, 1)
	require.Contains(t, byes[0].requestURI(), "sip:alice@"+s.caller().addr.String())
	require.Len(t, responses(s.at(t, "cluster3"), "INVITE", 200), 1)
	require.Len(t, responses(s.at(t, "cluster3"), "BYE", 200), 1)
}
