package integration

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// cancelPlays are calls that are given up before they are answered.
func cancelPlays() []play {
	return []play{{
		name:    "CANCEL before 180",
		caller:  "cancel-early",
		bridges: map[string]string{"cluster3": "cancelled-trying"},
		verdict: givenUp,
		pure:    true,
	}, {
		name:    "CANCEL before the bridge said anything: it waits for the 180",
		caller:  "cancel-early",
		bridges: map[string]string{"cluster3": "cancelled-late"},
		silence: 750, // between two retransmissions of the INVITE
		verdict: func(t *testing.T, s *stage) {
			givenUp(t, s)
			packets := s.at(t, "cluster3")
			ringing := pick(packets, func(p packet) bool { return p.sent && p.status() == 180 })
			require.NotEmpty(t, ringing)
			require.True(t, requests(packets, "CANCEL")[0].at.After(ringing[0].at), "no CANCEL before a provisional response (RFC 3261 section 9.1)")
		},
		pure: true,
	}, {
		name:    "CANCEL after 180",
		caller:  "cancel-ringing",
		bridges: map[string]string{"cluster3": "cancelled-ringing"},
		verdict: givenUp,
		pure:    true,
	}, {
		name:            "CANCEL after 180, by TCP",
		caller:          "cancel-ringing",
		transport:       "tcp",
		bridgeTransport: "tcp",
		bridges:         map[string]string{"cluster3": "cancelled-ringing"},
		verdict:         givenUp,
		pure:            true,
	}, {
		name:    "CANCEL repeated: one goes on, each is answered",
		caller:  "cancel-repeated",
		bridges: map[string]string{"cluster3": "cancelled-slowly"},
		direct:  repeatCancel,
		verdict: givenUp,
		pure:    true,
	}, {
		name:    "CANCEL crossing 200: the answer stands",
		caller:  "cancel-crossing",
		bridges: map[string]string{"cluster3": "crossing"},
		verdict: func(t *testing.T, s *stage) {
			s.bridges["cluster3"].finished(t, 1)
			require.Equal(t, []string{"cluster3"}, s.took(t))
			require.Equal(t, 200, s.heard(t).status())
			require.Empty(t, responses(s.caller().packets(t), "INVITE", 487), "one answer only")
			packets := s.at(t, "cluster3")
			require.Len(t, requests(packets, "CANCEL"), 1)
			require.Len(t, requests(packets, "ACK"), 1)
			require.Len(t, requests(packets, "BYE"), 1)
		},
		pure: true,
	}}
}

// repeatCancel sends copies of the caller's CANCEL, as if the answers to it were
// lost: two while the call is being ended and one when it is over. Each has to be
// answered, though the caller takes only the first answer for news.
func repeatCancel(t *testing.T, s *stage) {
	sent := func(method string) func(packet) bool {
		return func(p packet) bool { return p.sent && p.is(method) }
	}
	packets := s.caller().await(t, "it cancels", func(packets []packet) bool { return len(pick(packets, sent("CANCEL"))) > 0 })
	cancel := pick(packets, sent("CANCEL"))[0]
	c, err := net.DialUDP("udp",
		net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.net.host(hostCaller), 0)), net.UDPAddrFromAddrPort(s.front.address()))
	require.NoError(t, err)
	defer c.Close()
	answered := func(n int) {
		s.caller().await(t, fmt.Sprintf("CANCEL is answered %d times", n), func(packets []packet) bool {
			return len(responses(packets, "CANCEL", 200)) >= n
		})
	}
	for n := 2; n <= 3; n++ {
		_, err = c.Write(cancel.raw)
		require.NoError(t, err)
		answered(n)
	}
	packets = s.caller().await(t, "the call is over", func(packets []packet) bool { return len(pick(packets, sent("ACK"))) > 0 })
	_, err = c.Write(cancel.raw)
	require.NoError(t, err)
	answered(4)
	s.cue(t, s.caller(), packets[0].get("Call-ID"))
}

// givenUp checks that the one bridge that got the call was told so, and that the
// caller heard 487 once.
func givenUp(t *testing.T, s *stage) {
	t.Helper()
	s.bridges["cluster3"].finished(t, 1)
	require.Equal(t, []string{"cluster3"}, s.took(t), "a call that is given up goes nowhere else")
	require.Equal(t, 487, s.heard(t).status())
	require.Len(t, responses(s.caller().packets(t), "INVITE", 487), 1)
	require.NotEmpty(t, responses(s.caller().packets(t), "CANCEL", 200))
	cancelled(t, s.at(t, "cluster3"))
}

// cancelled checks the CANCEL of an INVITE that a bridge got, and the ACK of its
// 487: both are the front's own, hop by hop, under the INVITE's branch (RFC 3261
// sections 9.1 and 17.1.1.3).
func cancelled(t *testing.T, packets []packet) {
	t.Helper()
	invite, cancel := requests(packets, "INVITE")[0], requests(packets, "CANCEL")
	require.Len(t, cancel, 1, "one CANCEL")
	require.Equal(t, invite.requestURI(), cancel[0].requestURI())
	require.Equal(t, invite.all("Via")[:1], cancel[0].all("Via"))
	for _, name := range []string{"From", "To", "Call-ID"} {
		require.Equal(t, invite.get(name), cancel[0].get(name), name)
	}
	require.Equal(t, "1 CANCEL", cancel[0].get("CSeq"))
	acks := requests(packets, "ACK")
	require.Len(t, acks, 1, "one ACK")
	require.Equal(t, invite.all("Via")[:1], acks[0].all("Via"))
	require.Equal(t, "1 ACK", acks[0].get("CSeq"))
	require.NotEmpty(t, tag(acks[0].get("To")))
}
