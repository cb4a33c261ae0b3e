package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLevel(t *testing.T) {
	for _, tc := range []struct {
		limit, newBP, existingBP, load, level int
	}{
		{2250, 5000, 8000, 1124, 0},
		{2250, 5000, 8000, 1125, 1},
		{2250, 5000, 8000, 1799, 1},
		{2250, 5000, 8000, 1800, 2},
		{1300, 5000, 8000, 1040, 2},
		{600, 5000, 8000, 400, 1},
		{0, 5000, 8000, 1 << 30, 0},
		{1000, 0, 0, 0, 2},
		{96000, 10000, 10000, 95999, 0},
	} {
		l := limits{loadLimit: optional(tc.limit), newBP: tc.newBP, existingBP: tc.existingBP}
		require.Equal(t, tc.level, l.level(tc.load), "%+v", tc)
	}
}

func TestMeterTrailsItsCalls(t *testing.T) {
	at := time.Unix(0, 0)
	m := meter{lag: 3 * time.Second}
	m.add(at, 2000)
	m.add(at.Add(time.Second), 1000)
	m.add(at.Add(2*time.Second), -2000)
	for _, tc := range []struct{ second, load int }{{2, 0}, {3, 2000}, {4, 3000}, {5, 1000}, {9, 1000}} {
		require.Equal(t, tc.load, m.load(at.Add(time.Duration(tc.second)*time.Second)), "after %d s", tc.second)
	}
	fixed := 7
	m.fixed = &fixed
	require.Equal(t, "7", m.told(at))
	m.text = "?"
	require.Equal(t, "?", m.told(at))
	require.Equal(t, 7, m.load(at))
}

func TestMeterReturnsToZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := meter{lag: time.Duration(rapid.IntRange(0, 1000).Draw(t, "lag")) * time.Millisecond}
		now := time.Unix(0, 0)
		var open []int
		for range rapid.IntRange(0, 50).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "pause")) * time.Millisecond)
			if len(open) > 0 && rapid.Bool().Draw(t, "end") {
				m.add(now, -open[0])
				open = open[1:]
			} else {
				u := rapid.IntRange(0, 2000).Draw(t, "units")
				m.add(now, u)
				open = append(open, u)
			}
			require.GreaterOrEqual(t, m.load(now), 0, "rises are told before their falls")
		}
		for _, u := range open {
			m.add(now, -u)
		}
		require.Zero(t, m.load(now.Add(m.lag)))
	})
}

func TestUnits(t *testing.T) {
	video := func(fmtp string) string {
		return sdpHead + sdpAudio + "m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 " + fmtp + "\r\n"
	}
	for name, tc := range map[string]struct {
		body  string
		units int
		audio bool
	}{
		"none":                       {"", 1000, false},
		"audio":                      {audioOnce, 50, true},
		"720p by frame size":         {video("profile-level-id=42800D;max-fs=3600"), 1000, false},
		"720p by level":              {video("packetization-mode=1;profile-level-id=42801F"), 1000, false},
		"1080p by frame size":        {video("profile-level-id=42801F; max-fs=8160"), 2000, false},
		"1080p by level":             {video("profile-level-id=640028"), 2000, false},
		"480p":                       {video("profile-level-id=42801E;max-fs=1350"), 500, false},
		"no fmtp":                    {sdpHead + sdpAudio + "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n", 500, false},
		"video refused":              {sdpHead + sdpAudio + "m=video 0 RTP/AVP 97\r\na=fmtp:97 profile-level-id=428028\r\n", 50, true},
		"content adds nothing":       {video720 + "m=video 4004 RTP/AVP 98\r\na=content:slides\r\na=fmtp:98 profile-level-id=428028\r\n", 1000, false},
		"content only":               {audioOnce + "m=video 4004 RTP/AVP 98\r\na=content:slides\r\na=fmtp:98 profile-level-id=428028\r\n", 50, true},
		"the best codec counts":      {video("profile-level-id=42801E") + "a=fmtp:98 profile-level-id=428028\r\n", 2000, false},
		"capped by the line's rate":  {sdpHead + "m=video 4002 RTP/AVP 97\r\nb=TIAS:1000000\r\na=fmtp:97 profile-level-id=428028\r\n", 1000, false},
		"capped by the session rate": {"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nb=AS:384\r\nt=0 0\r\nm=video 4002 RTP/AVP 97\r\na=fmtp:97 profile-level-id=428028\r\n", 500, false},
		"enough rate":                {sdpHead + "m=video 4002 RTP/AVP 97\r\nb=AS:4000\r\na=fmtp:97 profile-level-id=428028\r\n", 2000, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := readSDP("application/sdp", tc.body)
			require.Equal(t, tc.units, units(d))
			require.Equal(t, tc.audio, audioOnly(d))
		})
	}
}

func TestReadSDP(t *testing.T) {
	multi := "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" + video1080 + "\r\n--b--\r\n"
	d, err := readSDP("multipart/mixed;boundary=b", multi)
	require.NoError(t, err)
	require.Equal(t, 2000, units(d))
	for contentType, body := range map[string]string{
		"application/sdp": "v=0 nonsense", "text/plain": "hi", "multipart/mixed;boundary=b": "--b--", "": audioOnce, "application/sdp;x=": "",
	} {
		_, err := readSDP(contentType, body)
		require.Error(t, err, contentType)
	}
}

func TestAnswerMatchesTheOffer(t *testing.T) {
	offer, err := readSDP("application/sdp", video720+
		"m=video 4004 RTP/AVP 98 99\r\na=rtpmap:98 H264/90000\r\na=content:slides\r\na=sendonly\r\n"+
		"m=application 5070 UDP/BFCP *\r\nm=audio 0 RTP/AVP 0\r\n")
	require.NoError(t, err)
	answer, err := readSDP("application/sdp", sdpHead+answerMedia(offer))
	require.NoError(t, err)
	require.Len(t, answer.MediaDescriptions, 5)
	for i, want := range []struct {
		media string
		open  bool
	}{{"audio", true}, {"video", true}, {"video", true}, {"application", false}, {"audio", false}} {
		m := answer.MediaDescriptions[i].MediaName
		require.Equal(t, want.media, m.Media)
		require.Equal(t, want.open, m.Port.Value != 0)
	}
	slides := answer.MediaDescriptions[2]
	require.Equal(t, []string{"98"}, slides.MediaName.Formats)
	_, found := slides.Attribute("recvonly")
	require.True(t, found)
}

func TestLoadLag(t *testing.T) {
	g := start(t, Options{LoadLag: 60 * time.Millisecond, Bridges: []BridgeOptions{{Name: "cluster1", LoadLimit: 1000}}})
	b := g.Bridge("cluster1")
	p := newPeer(t, "UDP", b)
	begin := time.Now()
	c := p.newCall(roomURI(b))
	c.answered()
	until(t, g, "load told", func() bool { return b.Load() == 1000 })
	require.GreaterOrEqual(t, time.Since(begin), 60*time.Millisecond)
	require.Equal(t, 2, b.Level())
	p.newCall(roomURI(b)).send("INVITE")
	p.expect(488)
	c.again("BYE")
	require.Equal(t, "BYE", p.expect(200).cseqOf)
	until(t, g, "fall told", func() bool { return b.Load() == 0 })
}
