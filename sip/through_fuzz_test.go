package sip

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// FuzzThrough has call control send any datagram, and a bridge answer with it. What
// comes out on the other side must be, to a reader that shares nothing with ours,
// what went in: but for the lines that a proxy owns, octet for octet. Inputs of odd
// length go to bridges over TCP, where each message must also end where it seems to.
// In the input BRANCH stands for the branch of the INVITE that is under way.
func FuzzThrough(f *testing.F) {
	for _, s := range throughSeeds() {
		f.Add(s)
	}
	files, err := filepath.Glob(filepath.Join("..", "integration", "testdata", "torture", "*.dat"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := newStillEdge(t, func(s *Settings) {
			for i := range s.Bridges {
				s.Bridges[i].SIP.Transport = wire.Transport(len(text) % 2) // UDP, TCP
			}
			s.Routes[0].Domains = append(s.Routes[0].Domains, "example.com", "example.net", "example.org")
		})
		e.lenient = true
		under := newCall("under", "sip:room@meet.example.com")
		inv := e.hand(cucmAddr, under.invite())[1]
		text = strings.ReplaceAll(text, "BRANCH", string(inv.msg.Text(inv.msg.Via.Branch)))

		sent, readable := readPlain(text)
		if strings.HasPrefix(strings.ToUpper(sent.start), "SIP/") {
			for _, s := range e.hand(inv.to.Remote.String(), text) {
				got := requireOneReading(t, s.text)
				if s.to.Remote.Addr() == cucmIP && got.start == sent.start {
					require.NoError(t, readable)
					requireBack(t, &sent, &got)
				}
			}
		} else {
			for _, s := range e.hand(cucmAddr, text) {
				got := requireOneReading(t, s.text)
				if s.msg.IsRequest() && s.msg.Method != wire.CANCEL {
					require.NoError(t, readable)
					requireThrough(t, &sent, &got, s.to.Transport)
					e.requireAnswered(t, s, &got)
				}
			}
		}
		e.p.layer.Close()
		require.Zero(t, e.p.OpenInvites())
	})
}

var cucmIP = netip.MustParseAddrPort(cucmAddr).Addr()

// hand gives a still edge one message and returns what it sends.
func (e *testEdge) hand(from, text string) []sent {
	e.out = nil
	e.p.receive([]byte(text), wire.Hop{Remote: netip.MustParseAddrPort(from), Local: netip.MustParseAddrPort(edgeAddr)}, e)
	return e.out
}

// requireAnswered has a request that went through answered where it went, and wants
// the answer back with the Vias that the request had.
func (e *testEdge) requireAnswered(t testing.TB, s sent, request *plain) {
	back := e.hand(s.to.Remote.String(), answer(s, 299, "t"))
	if s.msg.Method == wire.ACK {
		require.Empty(t, back)
		return
	}
	require.Len(t, back, 1)
	require.Equal(t, cucmIP, back[0].to.Remote.Addr())
	got := requireOneReading(t, back[0].text)
	require.Equal(t, request.values("via")[1:], got.values("via"))
}

// requireBack compares a response with what became of it.
func requireBack(t testing.TB, sent, got *plain) {
	require.Equal(t, sent.values("via")[1:], got.values("via"), "the Via of a response")
	require.Equal(t, sent.texts("via"), got.texts("via"), "the rest of a response")
	require.Equal(t, sent.body, got.body)
}

// requireThrough compares a request with what became of it.
func requireThrough(t testing.TB, sent, got *plain, over wire.Transport) {
	owned := []string{"via", "max-forwards", "route", "record-route"}
	rest, own := sent.texts(owned...), "192.0.2.1:5060"
	if over == wire.TCP {
		own = "edge.example.com:5060"
		if len(sent.values("content-length")) == 0 {
			rest = append(rest, fmt.Sprintf("Content-Length: %d", len(sent.body)))
		}
		require.Zero(t, got.behind, "octets behind the message, on a stream")
	}
	require.Equal(t, rest, got.texts(owned...), "the headers that are no proxy's")
	require.Equal(t, sent.body, got.body, "the body")

	before, after := sent.values("via"), got.values("via")
	require.Len(t, after, len(before)+1, "Via")
	require.True(t, strings.HasPrefix(after[0], "SIP/2.0/"+over.String()+" "+own+";branch=z9hG4bK"), after[0])
	require.Equal(t, viaParts(before[0]), viaParts(after[1]), "the sender's Via")
	require.Equal(t, before[1:], after[2:], "lower Vias")

	recorded, now := sent.values("record-route"), got.values("record-route")
	require.Equal(t, recorded, now[len(now)-len(recorded):], "Record-Route of others")
	for _, v := range now[:len(now)-len(recorded)] {
		require.Regexp(t, `^<sip:[\w-]{24}@(192\.0\.2\.1:5060|edge\.example\.com:5060;transport=tcp);lr>$`, v)
	}

	// Nobody is sent to who was not named: the Request-URI and every Route stood in
	// the request, save that a host of ours became the domain (R14) and a maddr of
	// ours and headers went.
	words, was := strings.Split(got.start, " "), strings.Split(sent.start, " ")
	require.Len(t, words, 3)
	require.Len(t, was, 3)
	require.Equal(t, []string{was[0], was[2]}, []string{words[0], words[2]}, "method and version")
	uri, wasURI := words[1], was[1]
	named := []string{wasURI}
	for _, v := range sent.values("route") {
		named = append(named, inBrackets(v))
	}
	for _, v := range got.values("route") {
		require.Contains(t, named, inBrackets(v), "Route")
	}
	if !slices.Contains(named, uri) {
		user, _, _ := strings.Cut(wasURI, "@")
		require.True(t, strings.HasPrefix(uri, user+"@"), "%s became %s", wasURI, uri)
		host := strings.FieldsFunc(uri[len(user)+1:], func(c rune) bool { return c == ';' || c == '?' })[0]
		require.True(t, host == "meet.example.com" || strings.HasPrefix(wasURI, user+"@"+host), "%s became %s", wasURI, uri)
	}
}

// viaParts are a Via value's parts but those that say where it came from.
func viaParts(value string) []string {
	parts := strings.Split(value, ";")
	for i := range parts {
		parts[i] = strings.Trim(parts[i], " \t")
	}
	return slices.DeleteFunc(parts, func(p string) bool {
		name, _, _ := strings.Cut(strings.ToLower(p), "=")
		name = strings.TrimRight(name, " \t")
		return p == "" || name == "received" || name == "rport"
	})
}

func inBrackets(value string) string {
	if _, rest, ok := strings.Cut(value, "<"); ok {
		value, _, _ = strings.Cut(rest, ">")
		return value
	}
	uri, _, _ := strings.Cut(value, ";")
	return uri
}

// throughSeeds are requests and responses with what some readers take for another
// message.
func throughSeeds() (all []string) {
	call := newCall("seed", "sip:pinned@meet.example.com")
	plainly := call.invite()
	all = append(all, plainly)
	for _, c := range []struct{ old, new string }{
		{"X-Odd: ", "X-Odd: a\nRoute: <sip:192.0.2.66;lr>\r\nX: "}, {"X-Odd: ", "X-Odd: a\rVia: x\r\nX: "}, {"X-Odd: ", "X-Odd: a\x00b"},
		{"Content-Length: ", "Content-Length: 0\r\nl: "}, {"Content-Length: ", "l: "}, {"Content-Length: ", "Content-Length : "},
		{"Content-Length: ", "Content-Length: +"}, {"Content-Length: ", "Content-Length: -"}, {"Content-Length: ", "Content-Length:\r\n "},
		{"Content-Length: ", "Content-Length: 18446744073709551616"}, {"Content-Length: ", "Content-Length: 0x"}, {"Content-Length: ", "Content-Length\t: "},
		{"Via: ", "v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx,\r\n "}, {"Via: ", "Via : SIP/2.0/UDP h;x=\"a,b\" , "}, {"Via: ", "Via: SIP/2.0/UDP h;branch=z9hG4bKx;rport;received=1.2.3.4\r\nVia: "},
		{"Call-ID: ", "i: other\r\nCall-ID: "}, {"To: ", "t: <sip:other@example.com>\r\nTo: "}, {"From: ", "f: <sip:other@example.com>;tag=2\r\nFrom: "},
		{"Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 1"}, {"Max-Forwards: 70\r\n", ""}, {"Max-Forwards: 70", "max-forwards\t: \r\n 070"},
		{"X-Odd:", "Route: <sip:192.0.2.1;lr>, <sip:x@192.0.2.1>\r\nX-Odd:"}, {"X-Odd:", "Route: <sip:192.0.2.1;lr>,\r\n\t<sip:192.0.2.66;lr>\r\nX-Odd:"},
		{"X-Odd:", "Record-Route: <sip:a;lr>, \"x,y\" <sip:b,c;lr>\r\nX-Odd:"}, {"X-Odd:", ":\r\nX-Odd:"}, {"X-Odd:", " X-Odd:"}, {"X-Odd:", "X Odd:"},
		{" SIP/2.0\r\n", " SIP/2.0\r\n folded: x\r\n"}, {"sip:pinned@meet.example.com SIP", "sip:pinned@192.0.2.1:5099;maddr=192.0.2.1;x?Route=%3Csip:h%3E SIP"},
		{"<sip:pinned@meet.example.com>", "<sip:pinned@meet.example.com"}, {"\"Alice\"", "\"Al\\\"<ice\""},
	} {
		all = append(all, strings.Replace(plainly, c.old, c.new, 1))
	}
	all = append(all, call.request("MESSAGE", "sip:x@cluster2", "m", "tag", "Route: <sip:cluster3>,<sip:192.0.2.23>\r\n", "\x00\r\n\n\r"),
		call.request("ACK", "sip:"+cms1Addr, "a", "tag", "Route: <sip:192.0.2.1;lr>\r\n", "x"))
	response := "SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=BRANCH\r\nVia: SIP/2.0/UDP " + cucmAddr + ";branch=z9hG4bKinv-under\r\n" +
		"From: <sip:alice@example.com>;tag=from-under\r\nTo: <sip:room@meet.example.com>;tag=t\r\nCall-ID: under@192.0.2.10\r\nCSeq: 1 INVITE\r\nContent-Length: 2\r\n\r\nab"
	for _, c := range []struct{ old, new string }{
		{"486", "200"}, {"486 Busy", "183 "}, {"\r\nVia: SIP/2.0/UDP 192.0.2.10", ", SIP/2.0/UDP 192.0.2.10"}, {"\r\nVia: SIP/2.0/UDP 192.0.2.10", ",\r\n  SIP/2.0/UDP 192.0.2.10"},
		{"Content-Length: 2", "Content-Length: 2\r\nl: 1"}, {"Busy", "B\nusy"}, {"Busy", "Busy\r\n folded"}, {"Content-Length: 2", "X: a\x00\r\nl : 1"}, {"Content-Length: 2\r\n", ""},
	} {
		all = append(all, strings.Replace(response, c.old, c.new, 1))
	}
	return all
}
