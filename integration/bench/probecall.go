package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// probeCall is one call of the probe, from INVITE to the answer of its BYE.
type probeCall struct {
	id, uri         string
	kind            kind
	from, transport string
	begin, sent     time.Time
	waiting         string // what was sent last and is not answered
	delay           time.Duration
	ended           string // the ACK, when the final answer is there
	over            bool
}

// outgoing is a message to send.
type outgoing struct {
	text  string
	wants bool // an answer
}

// answer is what the probe reads of a response.
type answer struct {
	status         int
	callID, method string
	to, contact    string
	routes         []string // the way back: Record-Route from the end
}

// readAnswer reads the response at the start of b, and how long it is; 0 if it is
// not whole.
func readAnswer(b []byte) (answer, int) {
	head, _, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole {
		return answer{}, 0
	}
	lines := strings.Split(string(head), "\r\n")
	a, length := answer{}, len(head)+4
	if f := strings.Fields(lines[0]); len(f) > 1 && f[0] == "SIP/2.0" {
		a.status, _ = strconv.Atoi(f[1]) // 0 is no status that anybody waits for
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "call-id":
			a.callID = value
		case "cseq":
			_, a.method, _ = strings.Cut(value, " ")
		case "to":
			a.to = value
		case "contact":
			a.contact = strings.Trim(value, "<>")
		case "record-route":
			for route := range strings.SplitSeq(value, ",") {
				a.routes = append(a.routes, strings.TrimSpace(route))
			}
		case "content-length":
			n, _ := strconv.Atoi(value)
			length += n
		}
	}
	if length > len(b) {
		return answer{}, 0
	}
	slices.Reverse(a.routes)
	return a, length
}

// offer is the SDP of sipp's calls.
const offer = "v=0\r\no=alice 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n" +
	"m=video 20002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42801F;max-fs=3600\r\n"

// request builds a request. The branch of a CANCEL, and of an ACK that answers a
// failure, is the INVITE's.
func (c *probeCall) request(method, uri, to, branch string, cseq int, routes []string, more, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s%s\r\n", method, uri, strings.ToUpper(c.transport), c.from, c.id, branch)
	for _, route := range routes {
		fmt.Fprintf(&b, "Route: %s\r\n", route)
	}
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: <sip:probe@example.com>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		c.id, to, c.id, cseq, method, more, len(body), body)
	return b.String()
}

func (c *probeCall) invite() string {
	more := fmt.Sprintf("Contact: <sip:probe@%s;transport=%s>\r\nSupported: timer,replaces\r\nContent-Type: application/sdp\r\n", c.from, c.transport)
	return c.request("INVITE", c.uri, "<"+c.uri+">", "i", 1, nil, more, offer)
}

// take moves the call on by an answer and gives what to send.
func (c *probeCall) take(a answer, now time.Time) []outgoing {
	switch {
	case a.method == "BYE" && a.status == 200 && c.ended != "":
		c.waiting, c.over = "", true
	case a.method == "CANCEL" && a.status == 200:
		c.waiting = ""
	case a.method != "INVITE" || a.status <= 100:
	case a.status < 200:
		if c.kind == cancelled && c.waiting != "" {
			return []outgoing{{c.request("CANCEL", c.uri, "<"+c.uri+">", "i", 1, nil, "", ""), true}}
		}
		c.waiting = ""
	case c.ended != "":
		return []outgoing{{c.ended, false}} // the final answer again: so is its ACK
	case a.status < 300:
		c.delay = now.Sub(c.begin)
		c.ended = c.request("ACK", a.contact, a.to, "a", 1, a.routes, "", "")
		return []outgoing{{c.ended, false}, {c.request("BYE", a.contact, a.to, "b", 2, a.routes, "", ""), true}}
	default:
		c.delay = now.Sub(c.begin)
		c.ended = c.request("ACK", c.uri, a.to, "i", 1, nil, "", "")
		c.waiting = ""
		c.over = a.status == map[kind]int{refused: 488, cancelled: 487}[c.kind]
		return []outgoing{{c.ended, false}}
	}
	return nil
}
