package sim

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// message is one SIP message: its bytes, and an index of its headers.
type message struct {
	raw     string
	method  string // of a request
	uri     string // Request-URI as written
	status  int    // of a response
	headers []header
	body    string
	cseq    uint32
	cseqOf  string // the method that CSeq names
	via     via    // the top one
	parsed  sip.Message
	tx      *clientTx // of a response to a request of ours
}

// header is one header line, its name long and in lower case.
type header struct{ name, value string }

// compactNames are the short forms of RFC 3261 section 7.3.3 that we meet.
var compactNames = map[string]string{
	"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
	"c": "content-type", "e": "content-encoding", "k": "supported", "s": "subject",
}

// singletons are headers that a message has at most once.
var singletons = []string{"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"}

// newParser gives a sipgo parser that leaves every header as text but
// Content-Length, which it needs itself.
func newParser() *sip.Parser {
	length := sip.DefaultHeadersParser()["content-length"]
	return sip.NewParser(sip.WithHeadersParsers(map[string]sip.HeaderParser{"content-length": length, "l": length}))
}

// parseMessage reads exactly one message. It is strict where a lenient reader
// could see another message than the sender meant.
func parseMessage(p *sip.Parser, raw []byte) (*message, error) {
	head, _, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("no empty line after the header section")
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, errors.New("NUL in the header section")
	}
	if n := bytes.Count(head, []byte("\r\n")); n != bytes.Count(head, []byte("\r")) || n != bytes.Count(head, []byte("\n")) {
		return nil, errors.New("bare CR or LF in the header section")
	}
	parsed, err := p.ParseSIP(raw)
	if err != nil {
		return nil, err
	}
	m := &message{raw: string(raw), body: string(parsed.Body()), parsed: parsed}
	line, _, _ := strings.Cut(m.raw, "\r\n")
	switch t := parsed.(type) {
	case *sip.Request:
		fields := strings.Split(line, " ")
		if len(fields) != 3 || fields[2] != "SIP/2.0" {
			return nil, fmt.Errorf("bad request line %q", line)
		}
		m.method, m.uri = fields[0], fields[1]
		t.Method = sip.RequestMethod(m.method) // sipgo turns it into capitals
		for _, h := range t.Headers() {
			m.addHeader(h)
		}
	case *sip.Response:
		m.status = t.StatusCode
		if t.SipVersion != "SIP/2.0" || m.status < 100 || m.status > 699 {
			return nil, fmt.Errorf("bad status line %q", line)
		}
		for _, h := range t.Headers() {
			m.addHeader(h)
		}
	}
	return m, m.check()
}

// addHeader indexes one header of sipgo's.
func (m *message) addHeader(h sip.Header) {
	name := strings.ToLower(h.Name())
	if long, ok := compactNames[name]; ok {
		name = long
	}
	m.headers = append(m.headers, header{name, h.Value()})
}

// check reads what every message must have (RFC 3261 section 8.1.1).
func (m *message) check() error {
	for _, name := range singletons {
		if n := m.count(name); n > 1 {
			return fmt.Errorf("%d %s headers", n, name)
		}
	}
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		if m.count(name) == 0 {
			return fmt.Errorf("no %s header", name)
		}
	}
	for _, name := range []string{"from", "to"} {
		value := m.get(name)
		_, params := splitNameAddr(value)
		if tag, named := param(params, "tag"); !isClosed(value) || named && tag == "" {
			return fmt.Errorf("bad %s %q", name, value)
		}
	}
	number, method, _ := strings.Cut(strings.ReplaceAll(m.get("cseq"), "\t", " "), " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return fmt.Errorf("bad CSeq %q", m.get("cseq"))
	}
	m.cseq, m.cseqOf = uint32(n), strings.TrimSpace(method)
	if m.method != "" && m.cseqOf != m.method {
		return fmt.Errorf("CSeq names %q in a %s", m.cseqOf, m.method)
	}
	if m.via, err = parseVia(m.list("via")[0]); err != nil {
		return err
	}
	return nil
}

// count is how many lines of that name there are.
func (m *message) count(name string) int {
	n := 0
	for _, h := range m.headers {
		if h.name == name {
			n++
		}
	}
	return n
}

// get is the first line of that name, "" if there is none.
func (m *message) get(name string) string {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// lines are the lines of that name as they came.
func (m *message) lines(name string) []string {
	var all []string
	for _, h := range m.headers {
		if h.name == name {
			all = append(all, h.value)
		}
	}
	return all
}

// list are the comma-separated values of all lines of that name, in order.
func (m *message) list(name string) []string {
	var all []string
	for _, line := range m.lines(name) {
		all = append(all, splitList(line)...)
	}
	return all
}

// tag is the tag parameter of From or To, "" if there is none.
func (m *message) tag(name string) string {
	_, params := splitNameAddr(m.get(name))
	tag, _ := param(params, "tag")
	return tag
}

// callID is the Call-ID.
func (m *message) callID() string { return m.get("call-id") }

// contact is the URI of the first Contact, "" if there is none.
func (m *message) contact() string {
	all := m.list("contact")
	if len(all) == 0 {
		return ""
	}
	uri, _ := splitNameAddr(all[0])
	return uri
}

// transactionKey matches a request to its server transaction (RFC 3261
// section 17.2.3), an ACK to that of its INVITE.
func (m *message) transactionKey(method string) string {
	if method == "ACK" {
		method = "INVITE"
	}
	if strings.HasPrefix(m.via.branch, "z9hG4bK") && len(m.via.branch) > len("z9hG4bK") {
		return m.via.branch + "|" + strings.ToLower(m.via.sentBy()) + "|" + method
	}
	return strings.Join([]string{m.callID(), m.tag("from"), strconv.Itoa(int(m.cseq)), m.via.text, m.uri, method}, "|")
}
