package sim

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// via is one Via value.
type via struct {
	text      string // the whole value as written
	transport string // in capitals
	host      string // as written, an IPv6 address in brackets
	port      int    // 0 if absent
	branch    string
	rport     bool // the parameter is there
}

// sentBy is host and port, the default port filled in.
func (v via) sentBy() string {
	return v.host + ":" + strconv.Itoa(v.portOrDefault())
}

// portOrDefault is the port that sent-by means.
func (v via) portOrDefault() int {
	if v.port != 0 {
		return v.port
	}
	if v.transport == "TLS" {
		return 5061
	}
	return 5060
}

// parseVia reads one Via value, blanks allowed wherever RFC 3261 section 25.1
// allows them.
func parseVia(text string) (via, error) {
	v := via{text: text}
	main, params, _ := strings.Cut(text, ";")
	protocol := strings.SplitN(main, "/", 3)
	if len(protocol) != 3 || !isClosed(text) {
		return v, fmt.Errorf("bad Via %q", text)
	}
	transport, sentBy, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(protocol[2], "\t", " ")), " ")
	v.transport = strings.ToUpper(transport)
	host, port, err := splitHostPort(strings.ReplaceAll(sentBy, " ", ""))
	if err != nil || host == "" {
		return v, fmt.Errorf("bad sent-by in Via %q", text)
	}
	v.host, v.port = host, port
	v.branch, _ = param(params, "branch")
	_, v.rport = param(params, "rport")
	return v, nil
}

// splitHostPort reads "host", "host:port", "[v6]" or "[v6]:port".
func splitHostPort(s string) (host string, port int, err error) {
	host, tail := s, ""
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return "", 0, fmt.Errorf("no closing bracket in %q", s)
		}
		host, tail = s[:i+1], s[i+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, tail = s[:i], s[i:]
	}
	if tail == "" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(tail, ":"), 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("bad port in %q", s)
	}
	return host, int(n), nil
}

// splitList splits a header line at the commas outside quotes and angle
// brackets.
func splitList(s string) []string {
	var all []string
	start := 0
	scanOutside(s, func(i int) {
		if s[i] == ',' {
			all = append(all, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	})
	if last := strings.TrimSpace(s[start:]); last != "" || len(all) == 0 {
		all = append(all, last)
	}
	return all
}

// scanOutside calls f with every index of s outside quotes and angle brackets.
func scanOutside(s string, f func(i int)) {
	quoted, angle := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angle:
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case !angle:
			f(i)
		}
	}
}

// splitNameAddr splits a From, To, Contact, Route or Record-Route value into
// its URI and its header parameters (RFC 3261 section 20.10).
func splitNameAddr(s string) (uri, params string) {
	semicolon, open := -1, -1
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			open = i
		case c == ';' && semicolon < 0:
			semicolon = i
		}
		if open >= 0 {
			break
		}
	}
	if open >= 0 {
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return "", ""
		}
		return s[open+1 : open+end], strings.TrimPrefix(strings.TrimSpace(s[open+end+1:]), ";")
	}
	if semicolon >= 0 {
		return strings.TrimSpace(s[:semicolon]), s[semicolon+1:]
	}
	return strings.TrimSpace(s), ""
}

// isClosed reports whether the quotes and brackets of a value are closed. One
// that is not would swallow what an answer adds to it: a tag, received.
func isClosed(s string) bool {
	quoted, open := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case open:
			open = c != '>'
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted:
			open = c == '<'
		}
	}
	return !quoted && !open
}

// param gives the value of a parameter in a list separated by semicolons.
func param(params, name string) (string, bool) {
	start := 0
	value, found := "", false
	visit := func(p string) {
		k, v, _ := strings.Cut(p, "=")
		if !found && strings.EqualFold(strings.TrimSpace(k), name) {
			value, found = strings.Trim(strings.TrimSpace(v), `"`), true
		}
	}
	scanOutside(params, func(i int) {
		if params[i] == ';' {
			visit(params[start:i])
			start = i + 1
		}
	})
	visit(params[start:])
	return value, found
}

// hop is where a request goes: a host and port by a transport.
type hop struct {
	network string // "UDP" or "TCP"
	host    string // name or address, no brackets
	port    int
}

// String is "UDP 127.0.0.1:5060".
func (h hop) String() string {
	return h.network + " " + net.JoinHostPort(h.host, strconv.Itoa(h.port))
}

// hopOf tells where a SIP URI leads (RFC 3263 without SRV and NAPTR), by
// network if the URI names no transport.
func hopOf(uri, network string) (hop, error) {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return hop{}, fmt.Errorf("URI %q: %w", uri, err)
	}
	if u.Scheme != "sip" {
		return hop{}, fmt.Errorf("URI %q: the simulator speaks sip over UDP and TCP only", uri)
	}
	h := hop{network: network, host: strings.Trim(u.Host, "[]"), port: u.Port}
	if t, ok := u.UriParams.Get("transport"); ok {
		h.network = strings.ToUpper(t)
	}
	if h.network == "" {
		h.network = "UDP"
	}
	if h.network != "UDP" && h.network != "TCP" {
		return hop{}, fmt.Errorf("URI %q: the simulator has no transport %q", uri, h.network)
	}
	if h.port == 0 {
		h.port = 5060
	}
	if h.host == "" {
		return hop{}, fmt.Errorf("URI %q has no host", uri)
	}
	return h, nil
}

// route applies a route set to a request for target (RFC 3261 section
// 12.2.1.1): the Request-URI, the Route values, and the URI to send it to.
func route(set []string, target string) (requestURI string, routes []string, next string) {
	if len(set) == 0 {
		return target, nil, target
	}
	first, _ := splitNameAddr(set[0])
	if looseRouter(first) {
		return target, set, first
	}
	strict := append(append([]string(nil), set[1:]...), "<"+target+">")
	return first, strict, first
}

// looseRouter tells if a route URI has the lr parameter.
func looseRouter(uri string) bool {
	uri, _, _ = strings.Cut(uri, "?")
	_, params, _ := strings.Cut(uri, ";")
	_, ok := param(params, "lr")
	return ok
}
