package sip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

const session = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"

// R10: the expected cost of a call by its SDP.
func TestOfferCost(t *testing.T) {
	c := lb.DefaultPolicy().Costs
	audio := "m=audio 4000 RTP/AVP 0\r\n"
	video := func(extra string) string {
		return session + audio + "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n" + extra
	}
	for _, tc := range []struct {
		name, sdp string
		want      int
	}{
		{"delayed offer", "", c.Unknown},
		{"no SDP", "hello", c.Unknown},
		{"audio only", session + audio, c.Audio},
		{"video switched off", session + audio + "m=video 0 RTP/AVP 97\r\n", c.Audio},
		{"level 4.0", video("a=fmtp:97 profile-level-id=428028\r\n"), c.P1080},
		{"max-fs 8160 at level 1.2", video("a=fmtp:97 profile-level-id=42800c;max-fs=8160\r\n"), c.P1080},
		{"level 3.1", video("a=fmtp:97 profile-level-id=42801f;packetization-mode=1\r\n"), c.P720},
		{"max-fs 3600", video("a=fmtp:97 max-fs=3600\r\n"), c.P720},
		{"level 1.3", video("a=fmtp:97 profile-level-id=42800d\r\n"), c.P480},
		{"no fmtp", video(""), c.P480},
		{"highest codec counts", video("a=fmtp:97 profile-level-id=42801f\r\na=fmtp:98 profile-level-id=640028\r\n"), c.P1080},
		{"1080p capped by bandwidth", video("b=TIAS:900000\r\na=fmtp:97 profile-level-id=428028\r\n"), c.P720},
		{"capped further", video("b=AS:384\r\na=fmtp:97 profile-level-id=428028\r\n"), c.P480},
		{"content adds nothing", video("a=fmtp:97 profile-level-id=42800d\r\n") + "m=video 4004 RTP/AVP 97\r\na=content:slides\r\na=fmtp:97 profile-level-id=428028\r\n", c.P480},
		{"garbage after a good start", session + "m=video x y\r\n", c.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, costOf(&c, []byte(tc.sdp))) })
	}
}

func FuzzOffer(f *testing.F) {
	f.Add([]byte(session + "m=video 4002 RTP/AVP 97\r\na=fmtp:97 profile-level-id=428028;max-fs=8160\r\n"))
	c := lb.DefaultPolicy().Costs
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := costOf(&c, b); n < 0 || n > c.P1080 {
			t.Fatalf("cost %d", n)
		}
	})
}
