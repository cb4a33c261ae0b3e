package sim

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// buildRequest writes a request with these headers and body.
func buildRequest(method, uri string, headers []header, body string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s SIP/2.0\r\n", method, uri)
	for _, h := range headers {
		fmt.Fprintf(&out, "%s: %s\r\n", h.name, h.value)
	}
	if body != "" {
		out.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return out.String()
}

// newVia is a Via of ours with a fresh branch.
func (e *endpoint) newVia(network string) header {
	sentBy := net.JoinHostPort(e.addr.Addr().String(), strconv.Itoa(int(e.addr.Port())))
	return header{"Via", fmt.Sprintf("SIP/2.0/%s %s;branch=z9hG4bK%s;rport", network, sentBy, newTag())}
}

// request writes a request of the leg's dialog (RFC 3261 section 12.2.1.1)
// and tells where it goes. The caller holds mu.
func (l *leg) request(method string, cseq uint32, body string) (text string, to hop, err error) {
	uri, routes, next := route(l.routes, l.remoteTarget)
	if l.proxy != nil {
		to = *l.proxy
	} else if to, err = hopOf(next, l.network); err != nil {
		return "", to, err
	}
	headers := []header{l.e.newVia(to.network), {"Max-Forwards", "70"}}
	for _, r := range routes {
		headers = append(headers, header{"Route", r})
	}
	headers = append(headers,
		header{"From", l.local}, header{"To", l.remote}, header{"Call-ID", l.CallID},
		header{"CSeq", fmt.Sprintf("%d %s", cseq, method)}, header{"User-Agent", userAgentName})
	if method == "INVITE" || method == "UPDATE" {
		headers = append(headers, header{"Contact", l.contact()}, header{"Allow", allowed}, header{"Supported", "replaces"})
	}
	return buildRequest(method, uri, headers, body), to, nil
}

// nextRequest is request with the next CSeq number, which it returns. The
// caller holds mu.
func (l *leg) nextRequest(method, body string) (text string, to hop, cseq uint32, err error) {
	l.localSeq++
	text, to, err = l.request(method, l.localSeq, body)
	return text, to, l.localSeq, err
}

// cancelOf writes the CANCEL of an INVITE (RFC 3261 section 9.1).
func cancelOf(invite *message) string {
	var headers []header
	for _, name := range []string{"via", "max-forwards", "route", "from", "to", "call-id"} {
		for _, v := range invite.lines(name) {
			headers = append(headers, header{name, v})
		}
	}
	headers = append(headers, header{"CSeq", fmt.Sprintf("%d CANCEL", invite.cseq)})
	return buildRequest("CANCEL", invite.uri, headers, "")
}

// messageOf indexes a response that went through a state machine.
func messageOf(res *sip.Response) *message {
	m := &message{status: res.StatusCode, body: string(res.Body()), parsed: res}
	for _, h := range slices.Clone(res.Headers()) {
		m.addHeader(h)
	}
	return m
}

// Refused is the error of a request that a peer answered with a failure.
type Refused struct {
	// Method is the request's, Status and Reason are the answer's.
	Method string
	Status int
	Reason string
}

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("sim: %s was answered %d %s", r.Method, r.Status, r.Reason)
}

// refusedBy is the error of a final response, nil for a 2xx.
func refusedBy(method string, res *sip.Response) error {
	if res.IsSuccess() {
		return nil
	}
	return &Refused{Method: method, Status: res.StatusCode, Reason: res.Reason}
}
