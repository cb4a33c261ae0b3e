package sip

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
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
		{"capped for the whole session", strings.Replace(video("a=fmtp:97 profile-level-id=428028\r\n"), "t=0 0", "b=AS:1000\r\nt=0 0", 1), c.P720},
		{"TIAS goes before AS", video("b=TIAS:4000000\r\nb=AS:384\r\na=fmtp:97 profile-level-id=428028\r\n"), c.P1080},
		{"fax beside audio", session + audio + "m=image 4006 udptl t38\r\n", c.Audio},
		{"fax alone", session + "m=image 4006 udptl t38\r\n", c.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, costOf(&c, []byte(tc.sdp))) })
	}
}

// What a parser of the whole description makes of it, the same comes from
// reading four kinds of lines.
func FuzzOffer(f *testing.F) {
	video := session + "m=video 4002 RTP/AVP 97\r\n"
	for _, s := range []string{
		session, session + "m=audio 4000 RTP/AVP 0\r\n",
		video + "a=fmtp:97 profile-level-id=428028;max-fs=8160\r\n",
		video + "b=TIAS:900000\r\nb=AS:1\r\na=content:slides\r\na=content:main\r\n",
		video + "b=CT:700\na=fmtp:97 MAX-FS = 3600 ; profile-level-id=42801F\r\n\r\nm=audio 1/2 RTP/AVP 0",
	} {
		f.Add([]byte(s))
	}
	c := lb.DefaultPolicy().Costs
	f.Fuzz(func(t *testing.T, b []byte) {
		got := costOf(&c, b)
		if want, sdp := parsedCost(&c, b); sdp && got != want {
			t.Fatalf("cost %d, the parser says %d of %q", got, want, b)
		}
		if got < 0 || got > c.P1080 {
			t.Fatalf("cost %d", got)
		}
	})
}

// parsedCost is costOf by way of a parser; false where b is no SDP by its view or
// by RFC 4566's.
func parsedCost(c *lb.Costs, b []byte) (int, bool) {
	var d sdp.SessionDescription
	for line := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n") {
		if line != "" && (len(line) < 2 || line[1] != '=' || strings.Contains(line, "\r")) {
			return 0, false // which the parser does not mind in all places
		}
	}
	if len(b) > maxOffer || d.Unmarshal(b) != nil || bytes.Contains(b, []byte("b=X-")) {
		return 0, false
	}
	best, known := 0, false
	for _, m := range d.MediaDescriptions {
		switch {
		case m.MediaName.Port.Value == 0:
		case m.MediaName.Media == "audio":
			known, best = true, max(best, c.Audio)
		case m.MediaName.Media == "video":
			known = true
			if v, ok := m.Attribute("content"); !ok || !strings.Contains(v, "slides") {
				best = max(best, parsedVideo(c, m, d.Bandwidth))
			}
		}
	}
	if !known {
		return c.Unknown, true
	}
	return best, true
}

func parsedVideo(c *lb.Costs, m *sdp.MediaDescription, session []sdp.Bandwidth) int {
	cost := c.P480
	for _, a := range m.Attributes {
		if a.Key != "fmtp" {
			continue
		}
		switch fs, level := h264(a.Value); {
		case fs >= 8160 || level >= 40:
			cost = c.P1080
		case fs >= 3600 || level >= 31:
			cost = max(cost, c.P720)
		}
	}
	rate := parsedRate(m.Bandwidth)
	if rate == 0 {
		rate = parsedRate(session)
	}
	if rate != 0 && rate < 600 {
		return c.P480
	}
	if rate != 0 && rate < 1200 {
		return min(cost, c.P720)
	}
	return cost
}

func parsedRate(lines []sdp.Bandwidth) uint64 {
	var rate uint64
	for _, b := range lines {
		if b.Type == "TIAS" {
			return b.Bandwidth / 1000
		}
		if b.Type == "AS" || b.Type == "CT" {
			rate = b.Bandwidth
		}
	}
	return rate
}
