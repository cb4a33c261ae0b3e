package sip

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"bridgehead/lb"
)

// H.264 picture sizes in macroblocks and the levels that allow them
// (ITU-T H.264 table A-1).
const (
	macroblocks1080 = 8160
	macroblocks720  = 3600
	level40         = 40
	level31         = 31
)

// bandwidth1080 and bandwidth720 are the bit rates, in kbit/s, under which a
// b= line says that a call cannot carry that picture.
const (
	bandwidth1080 = 1200
	bandwidth720  = 600
)

// maxOffer bounds how much of a body is read: an offer is a few kilobytes, a
// larger body is somebody's mistake and is not worth the time.
const maxOffer = 16 << 10

// costOf reads the expected load of a call from its SDP: the best picture of
// any video line, capped by bandwidth; content (presentation) lines add
// nothing. A body that is no SDP counts as unknown.
func costOf(c *lb.Costs, body []byte) int {
	if len(body) == 0 || len(body) > maxOffer {
		return c.Unknown
	}
	var d sdp.SessionDescription
	if err := d.Unmarshal(body); err != nil {
		return c.Unknown
	}
	best, known := 0, false
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value == 0 { // refused or switched off
			continue
		}
		switch m.MediaName.Media {
		case "audio":
			known = true
			best = max(best, c.Audio)
		case "video":
			known = true
			if !isContent(m) {
				best = max(best, videoCost(c, m, d.Bandwidth))
			}
		}
	}
	if !known {
		return c.Unknown
	}
	return best
}

// videoCost is the cost of one video line.
func videoCost(c *lb.Costs, m *sdp.MediaDescription, session []sdp.Bandwidth) int {
	fs, level := 0, 0
	for _, a := range m.Attributes {
		if a.Key == "fmtp" {
			f, l := h264(a.Value)
			fs, level = max(fs, f), max(level, l)
		}
	}
	cost := c.P480
	switch {
	case fs >= macroblocks1080 || level >= level40:
		cost = c.P1080
	case fs >= macroblocks720 || level >= level31:
		cost = c.P720
	}
	rate := bitRate(m.Bandwidth)
	if rate == 0 {
		rate = bitRate(session)
	}
	switch {
	case rate == 0:
	case rate < bandwidth720:
		cost = min(cost, c.P480)
	case rate < bandwidth1080:
		cost = min(cost, c.P720)
	}
	return cost
}

// h264 reads max-fs (macroblocks) and the level (31 is level 3.1) out of one
// fmtp value (RFC 6184 section 8.1).
func h264(fmtp string) (fs, level int) {
	_, params, _ := strings.Cut(fmtp, " ")
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		switch strings.ToLower(name) {
		case "max-fs":
			fs, _ = strconv.Atoi(strings.TrimSpace(value))
		case "profile-level-id":
			if len(value) == 6 {
				if l, err := strconv.ParseUint(value[4:], 16, 8); err == nil {
					level = int(l)
				}
			}
		}
	}
	return fs, level
}

// isContent reports a presentation line (RFC 4796 content:slides).
func isContent(m *sdp.MediaDescription) bool {
	v, ok := m.Attribute("content")
	return ok && strings.Contains(v, "slides")
}

// bitRate is the b= value in kbit/s, 0 when there is none (RFC 4566 5.8,
// RFC 3890).
func bitRate(bs []sdp.Bandwidth) int {
	rate := 0
	for _, b := range bs {
		switch b.Type {
		case "AS", "CT":
			rate = int(min(b.Bandwidth, 1<<30))
		case "TIAS":
			return int(min(b.Bandwidth/1000, 1<<30))
		}
	}
	return rate
}
