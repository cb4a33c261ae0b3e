package sim

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// reasons are the phrases of the status codes that we send.
var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error",
	503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline",
}

// reasonOf is a phrase for any code.
func reasonOf(status int) string {
	if r, ok := reasons[status]; ok {
		return r
	}
	return "Simulated " + strconv.Itoa(status)
}

// newResponse builds a response (RFC 3261 section 8.2.6) with Via,
// Record-Route, From, To, Call-ID and CSeq copied as they came.
func newResponse(m *message, src source, status int, toTag string, extra ...header) *sip.Response {
	res := sip.NewResponse(status, reasonOf(status))
	add := func(name, value string) { res.AppendHeader(sip.NewHeader(name, value)) }
	for i, line := range m.lines("via") {
		if i == 0 {
			line = stampVia(line, m.via, src.addr)
		}
		add("Via", line)
	}
	if status > 100 && status < 300 && (m.method == "INVITE" || m.method == "SUBSCRIBE" || m.method == "REFER") {
		for _, line := range m.lines("record-route") {
			add("Record-Route", line)
		}
	}
	add("From", m.get("from"))
	to := m.get("to")
	if status > 100 && toTag != "" && m.tag("to") == "" {
		to += ";tag=" + toTag
	}
	add("To", to)
	add("Call-ID", m.callID())
	add("CSeq", m.get("cseq"))
	add("Server", userAgentName)
	for _, h := range extra {
		add(h.name, h.value)
	}
	res.SetBody(nil)
	return res
}

// withBody gives the response a body.
func withBody(res *sip.Response, contentType, body string) *sip.Response {
	res.AppendHeader(sip.NewHeader("Content-Type", contentType))
	res.SetBody([]byte(body))
	return res
}

// stampVia adds received and rport to the top value of a Via line (RFC 3261
// section 18.2.1, RFC 3581 section 4).
func stampVia(line string, v via, src netip.AddrPort) string {
	value := splitList(line)[0]
	at := strings.Index(line, value)
	rest := line[at+len(value):]
	if v.rport {
		value = fillParam(value, "rport", strconv.Itoa(int(src.Port())))
	}
	if v.rport || strings.Trim(v.host, "[]") != src.Addr().String() {
		value = fillParam(value, "received", src.Addr().String())
	}
	return line[:at] + value + rest
}

// fillParam sets a parameter of a Via value, where it stands or at the end.
func fillParam(value, name, to string) string {
	parts := []string{}
	start := 0
	scanOutside(value, func(i int) {
		if value[i] == ';' {
			parts = append(parts, value[start:i])
			start = i + 1
		}
	})
	parts = append(parts, value[start:])
	for i, p := range parts[1:] {
		k, _, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			parts[i+1] = name + "=" + to
			return strings.Join(parts, ";")
		}
	}
	return value + ";" + name + "=" + to
}

// responseAddr is where a response over UDP goes (RFC 3261 section 18.2.2,
// RFC 3581 section 4).
func responseAddr(v via, src netip.AddrPort) netip.AddrPort {
	if v.rport {
		return src
	}
	return netip.AddrPortFrom(src.Addr(), uint16(v.portOrDefault()))
}
