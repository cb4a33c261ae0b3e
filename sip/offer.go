package sip

import (
	"strconv"
	"strings"

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
//
// Four kinds of lines say all that is needed, so they are read where they lie:
// a parser of the whole description is a dozen allocations for every call. In
// the tests one is the judge.
func costOf(c *lb.Costs, body []byte) int {
	if len(body) > maxOffer || !strings.HasPrefix(view(body), "v=") {
		return c.Unknown
	}
	var o description
	for line := range strings.Lines(view(body)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' || !o.read(c, line[0], line[2:]) {
			return c.Unknown
		}
	}
	o.end(c)
	if !o.known {
		return c.Unknown
	}
	return o.cost
}

// description is what was read of a session description so far.
type description struct {
	known   bool // there is a line for audio or video
	cost    int
	inMedia bool
	session bitRate
	media   mediaLine
}

// mediaLine is one m= line with what follows it.
type mediaLine struct {
	audio, video bool // switched on
	content      bool // a presentation (RFC 4796), by the first content attribute
	labelled     bool // there was one
	fs, level    int  // the highest of any codec
	rate         bitRate
}

// read takes one line; false means that this is no SDP.
func (o *description) read(c *lb.Costs, kind byte, value string) bool {
	switch kind {
	case 'm':
		o.end(c)
		return o.begin(value)
	case 'b':
		if o.inMedia {
			o.media.rate.read(value)
		} else {
			o.session.read(value)
		}
	case 'a':
		o.media.attribute(value)
	}
	return true
}

// begin starts a media line: media, port, and more that is of no interest here.
func (o *description) begin(value string) bool {
	name, rest := word(value)
	port, _ := word(rest)
	port, _, _ = strings.Cut(port, "/")
	n, err := strconv.Atoi(port)
	if err != nil || n < 0 || n > 65535 {
		return false
	}
	on := n != 0 // else refused, or switched off
	o.inMedia, o.media = true, mediaLine{audio: on && name == "audio", video: on && name == "video"}
	return true
}

// word splits off the first word.
func word(s string) (first, rest string) {
	s = strings.TrimLeft(s, " \t")
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// end counts the media line that is over.
func (o *description) end(c *lb.Costs) {
	m := &o.media
	switch {
	case m.audio:
		o.known, o.cost = true, max(o.cost, c.Audio)
	case m.video:
		o.known = true
		if !m.content {
			o.cost = max(o.cost, m.cost(c, &o.session))
		}
	}
}

// attribute takes an a= line.
func (m *mediaLine) attribute(value string) {
	name, value, _ := strings.Cut(value, ":")
	switch name {
	case "fmtp":
		fs, level := h264(value)
		m.fs, m.level = max(m.fs, fs), max(m.level, level)
	case "content":
		if !m.labelled {
			m.labelled, m.content = true, strings.Contains(value, "slides")
		}
	}
}

// cost is that of a video line.
func (m *mediaLine) cost(c *lb.Costs, session *bitRate) int {
	cost := c.P480
	switch {
	case m.fs >= macroblocks1080 || m.level >= level40:
		cost = c.P1080
	case m.fs >= macroblocks720 || m.level >= level31:
		cost = c.P720
	}
	rate := m.rate.kilobits
	if rate == 0 {
		rate = session.kilobits
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
		switch {
		case strings.EqualFold(name, "max-fs"):
			fs, _ = strconv.Atoi(strings.TrimSpace(value))
		case strings.EqualFold(name, "profile-level-id") && len(value) == 6:
			if l, err := strconv.ParseUint(value[4:], 16, 8); err == nil {
				level = int(l)
			}
		}
	}
	return fs, level
}

// bitRate is what b= lines say, in kbit/s; 0 while there is none. TIAS, which
// counts no headers, goes before AS and CT (RFC 4566 section 5.8, RFC 3890).
type bitRate struct {
	kilobits int
	tias     bool
}

func (r *bitRate) read(value string) {
	kind, figure, _ := strings.Cut(value, ":")
	n, err := strconv.ParseUint(figure, 10, 64)
	if err != nil || r.tias {
		return
	}
	switch kind {
	case "TIAS":
		r.kilobits, r.tias = int(min(n/1000, 1<<30)), true
	case "AS", "CT":
		r.kilobits = int(min(n, 1<<30))
	}
}
