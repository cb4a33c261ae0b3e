package sim

import (
	"fmt"
	"mime"
	"mime/multipart"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// H.264 limits (ITU-T H.264 table A-1): macroblocks of a picture, level as in
// profile-level-id.
const (
	frameSize1080 = 8160
	frameSize720  = 3600
	level1080     = 40
	level720      = 31
)

// Bit rates in kbit/s below which a b= line rules a picture out.
const (
	rate1080 = 1200
	rate720  = 600
)

// mediaPort is the first port that our SDP names. No media is ever sent.
const mediaPort = 32768

// errNoSDP says that a message has no session description.
var errNoSDP = fmt.Errorf("sim: no SDP")

// readSDP finds the session description in a body.
func readSDP(contentType, body string) (*sdp.SessionDescription, error) {
	if body == "" {
		return nil, errNoSDP
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(strings.NewReader(body), params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return nil, errNoSDP
			}
			if k, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); k == "application/sdp" {
				var text strings.Builder
				buf := make([]byte, maxMessage)
				for {
					n, err := p.Read(buf)
					text.Write(buf[:n])
					if err != nil {
						break
					}
				}
				return readSDP("application/sdp", text.String())
			}
		}
	}
	if kind != "application/sdp" {
		return nil, fmt.Errorf("content type %q", kind)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(body); err != nil {
		return nil, err
	}
	return &d, nil
}

// units are what a call with this description of the far end costs.
func units(d *sdp.SessionDescription) int {
	if d == nil {
		return unitsUnknown
	}
	most := 0
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value == 0 {
			continue
		}
		switch m.MediaName.Media {
		case "audio":
			most = max(most, unitsAudio)
		case "video":
			if !content(m) {
				most = max(most, videoUnits(d, m))
			}
		}
	}
	return most
}

// audioOnly tells if no main video is on offer.
func audioOnly(d *sdp.SessionDescription) bool {
	return d != nil && !slices.ContainsFunc(d.MediaDescriptions, func(m *sdp.MediaDescription) bool {
		return m.MediaName.Media == "video" && m.MediaName.Port.Value != 0 && !content(m)
	})
}

// content tells a presentation line (RFC 4796).
func content(m *sdp.MediaDescription) bool {
	value, ok := m.Attribute("content")
	return ok && !strings.Contains(value, "main")
}

// videoUnits are what one main video line costs.
func videoUnits(d *sdp.SessionDescription, m *sdp.MediaDescription) int {
	cost := units480
	for _, a := range m.Attributes {
		if a.Key != "fmtp" {
			continue
		}
		frame, level := h264(a.Value)
		switch {
		case frame >= frameSize1080 || level >= level1080:
			cost = max(cost, units1080)
		case frame >= frameSize720 || level >= level720:
			cost = max(cost, units720)
		}
	}
	switch rate := bandwidth(d, m); {
	case rate == 0:
	case rate < rate720:
		cost = min(cost, units480)
	case rate < rate1080:
		cost = min(cost, units720)
	}
	return cost
}

// h264 reads max-fs and the level out of an fmtp value (RFC 6184).
func h264(fmtp string) (frame, level int) {
	_, list, _ := strings.Cut(fmtp, " ")
	for p := range strings.SplitSeq(list, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch strings.ToLower(k) {
		case "max-fs":
			frame, _ = strconv.Atoi(v)
		case "profile-level-id":
			if len(v) == 6 {
				n, _ := strconv.ParseUint(v[4:], 16, 8)
				level = int(n)
			}
		}
	}
	return frame, level
}

// bandwidth is the bit rate that b= lines allow a line, in kbit/s; 0 is no
// limit. A line's own limit counts before the session's.
func bandwidth(d *sdp.SessionDescription, m *sdp.MediaDescription) int {
	for _, lines := range [][]sdp.Bandwidth{m.Bandwidth, d.Bandwidth} {
		for _, b := range lines {
			switch b.Type {
			case "TIAS":
				return int(b.Bandwidth / 1000)
			case "AS", "CT":
				return int(b.Bandwidth)
			}
		}
	}
	return 0
}

// writeSDP gives a description of ours: origin and connection at addr, and
// these media lines.
func writeSDP(addr netip.Addr, session uint64, version int, media string) string {
	family := "IP4"
	if addr.Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=cms %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n%s",
		session, version, family, addr, family, addr, media)
}

// offerMedia is what a bridge offers: audio and 1080p video.
func offerMedia() string {
	return fmt.Sprintf("m=audio %d RTP/AVP 9 8 0\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"+
		"m=video %d RTP/AVP 97\r\nb=TIAS:4000000\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=428028;max-fs=8160\r\na=content:main\r\n",
		mediaPort, mediaPort+2)
}

// answerMedia answers every line of an offer with its first format (RFC 3264
// section 6): audio and video are taken, all else is refused with port 0.
func answerMedia(offer *sdp.SessionDescription) string {
	var out strings.Builder
	for i, m := range offer.MediaDescriptions {
		name := m.MediaName
		port := mediaPort + 2*i
		if name.Port.Value == 0 || (name.Media != "audio" && name.Media != "video") || len(name.Formats) == 0 {
			fmt.Fprintf(&out, "m=%s 0 %s %s\r\n", name.Media, strings.Join(name.Protos, "/"), strings.Join(name.Formats, " "))
			continue
		}
		format := name.Formats[0]
		fmt.Fprintf(&out, "m=%s %d %s %s\r\n", name.Media, port, strings.Join(name.Protos, "/"), format)
		for _, a := range m.Attributes {
			switch a.Key {
			case "rtpmap", "fmtp":
				if f, _, _ := strings.Cut(a.Value, " "); f == format {
					fmt.Fprintf(&out, "a=%s:%s\r\n", a.Key, a.Value)
				}
			case "content", "label", "mid":
				fmt.Fprintf(&out, "a=%s:%s\r\n", a.Key, a.Value)
			case "sendonly":
				out.WriteString("a=recvonly\r\n")
			case "recvonly":
				out.WriteString("a=sendonly\r\n")
			case "inactive":
				out.WriteString("a=inactive\r\n")
			}
		}
	}
	return out.String()
}
