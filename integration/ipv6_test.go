package integration

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sixes are messages in the spirit of RFC 5118: IPv6 addresses wherever they may
// stand, in every form. Placeholders: @edge, @caller and @bridge are host and port,
// @port the caller's port; @id tells the messages apart.
var sixes = []ordeal{
	// References in the Request-URI (sections 4.1 to 4.4, 4.10).
	{name: "the edge as it listens", text: six("sip:room@@edge", "", ""), out: []string{"INVITE sip:room@@edge ", "INVITE sip:room@meet.example.com "}, owes: passed, why: "a host that is ours becomes the domain (R14), its port goes with it"},
	{name: "the edge without a port", text: six("sip:room@[::1]", "", ""), out: []string{"INVITE sip:room@[::1] ", "INVITE sip:room@meet.example.com "}, owes: passed, why: "our host, any port (R14)"},
	{name: "the edge in full", text: six("sip:room@[0:0:0:0:0:0:0:1]:5060;x=1", "", ""), out: []string{"INVITE sip:room@[0:0:0:0:0:0:0:1]:5060;x", "INVITE sip:room@meet.example.com;x"}, owes: passed, why: "another form of the same address"},
	{name: "the edge with leading zeros", text: six("sip:room@[0000::0001]", "", ""), out: []string{"INVITE sip:room@[0000::0001] ", "INVITE sip:room@meet.example.com "}, owes: passed, why: "another form of the same address"},
	{name: "the edge with a dotted tail", text: six("sip:room@[::0.0.0.1]", "", ""), out: []string{"INVITE sip:room@[::0.0.0.1] ", "INVITE sip:room@meet.example.com "}, owes: passed, why: "another form of the same address"},
	{name: "the bridge", text: six("sip:room@@bridge", "", ""), owes: passed, why: "the chosen bridge itself stays (R14)"},
	{name: "no brackets", text: six("sip:room@2001:db8::10", "", ""), owes: 400, why: "where does the address end?"},
	{name: "no brackets, with a port", text: six("sip:room@2001:db8::10:5070", "", ""), owes: 400, why: "where does the address end?"},
	{name: "a port inside the brackets", text: six("sip:room@[2001:db8::10:5070]", "", ""), owes: 404, why: "then it is a part of the address; which is not ours"},
	{name: "a port behind the brackets", text: six("sip:room@[2001:db8::10]:5070", "", ""), owes: 404, why: "a host that is not ours"},
	{name: "three colons", text: six("sip:room@[2001:db8:::192.0.2.1]", "", ""), owes: 400, why: "a slip in the grammar of RFC 3261 that no address follows"},
	{name: "two gaps", text: six("sip:room@[2001::db8::1]", "", ""), owes: 400, why: "no address"},
	{name: "nine groups", text: six("sip:room@[1:2:3:4:5:6:7:8:9]", "", ""), owes: 400, why: "no address"},
	{name: "a zone", text: six("sip:room@[fe80::1%25lo]", "", ""), owes: 400, why: "zones mean nothing to others"},
	{name: "an open bracket", text: six("sip:room@[2001:db8::10", "", ""), owes: 400, why: "no address"},
	{name: "IPv4 in IPv6", text: six("sip:room@[::ffff:192.0.2.1]", "", ""), owes: 404, why: "an address like any other; not ours"},

	// Via: sent-by and received (section 4.5).
	{name: "sent-by of another host", text: six("", "[2001:db8::9:1]:@port", ""), owes: passed, why: "received says where it came from, without brackets"},
	{name: "received without brackets", text: six("", "[2001:db8::9:1]:@port;received=2001:db8::9:255", ""), owes: passed, why: "what the sender wrote there is written over"},
	{name: "received in brackets", text: six("", "[2001:db8::9:1]:@port;received=[2001:db8::9:255]", ""), owes: passed, why: "what the sender wrote there is written over"},
	{name: "sent-by of the same host in full", text: six("", "[0:0:0:0:0:0:0:1]:@port", ""), owes: passed, why: "the source itself: no received"},
	{name: "sent-by in capitals", text: six("", "[2001:DB8::ABCD]:@port", ""), owes: passed, why: "letters of either case"},
	{name: "sent-by of IPv4 in IPv6", text: six("", "[::ffff:127.0.0.1]:@port", ""), owes: passed, why: "another host than the source"},
	{name: "sent-by with blanks", text: six("", "[2001:db8::9:1] : @port ; x=[::1]", ""), owes: passed, why: "blanks around the colon, brackets in a parameter"},
	{name: "rport", text: six("", "[2001:db8::9:1]:9;rport", ""), owes: passed, why: "source port and address, whatever sent-by says (RFC 3581)"},
	{name: "sent-by without brackets", text: six("", "2001:db8::9:1:@port", ""), owes: dropped, why: "nobody knows where an answer would go"},
	{name: "sent-by with an open bracket", text: six("", "[2001:db8::9:@port", ""), owes: dropped, why: "nobody knows where an answer would go"},
	{name: "both families in lower Vias", text: six("", "", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb, SIP/2.0/TCP [2001:db8::9:1];received=[2001:db8::9];branch=z9hG4bKc\r\nVia: SIP/2.0/UDP [::ffff:192.0.2.2]:5060;branch=z9hG4bKd\r\n"), owes: passed, why: "not a proxy's to judge (section 4.7)"},

	// Routes and addresses.
	{name: "a Route to the edge", text: six("", "", "Route: <sip:@edge;lr>\r\n"), out: []string{"Route: <sip:@edge;lr>\r\n", ""}, owes: passed, why: "ours is taken away (16.4)"},
	{name: "a Route to the edge in another form", text: six("", "", "Route: <sip:x@[0::0001]:@edgeport;lr>\r\n"), out: []string{"Route: <sip:x@[0::0001]:@edgeport;lr>\r\n", ""}, owes: passed, why: "the same address"},
	{name: "a Route to somebody else", text: six("", "", "Route: <sip:[2001:db8::77];lr>\r\n"), owes: 403, why: "a new request with a Route past this hop: no open relay"},
	{name: "Record-Route and Contact", text: six("", "", "Record-Route: <sip:[2001:db8::77]:5070;lr>,<sip:p@[2001:db8::78];lr>\r\nPath: <sip:[::ffff:192.0.2.7]>\r\nm: \"[::]\" <sip:a@[2001:db8:0::0:1]:5070;maddr=[2001:db8::2]>;expires=1\r\n"), owes: passed, why: "not a proxy's to judge"},
	{name: "a maddr that is the edge", text: six("sip:room@meet.example.com;maddr=[::1]", "", ""), owes: passed, why: "it names us at another port: not stripped (16.4)"},
	{name: "a maddr elsewhere", text: six("sip:room@meet.example.com;maddr=[2001:db8::3]", "", ""), owes: 404, why: "meant for another host, and we are no relay (16.5)"},

	// Bodies (sections 4.6, 4.8, 4.9).
	{name: "SDP of both families", text: six("", "", "", "v=0\r\no=user 29739 7272939 IN IP6 2001:db8::9:1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 97\r\nc=IN IP6 2001:db8::9:1\r\nm=video 6024 RTP/AVP 107\r\nc=IN IP6 ::ffff:192.0.2.5\r\n"), owes: passed, why: "bodies are never touched"},
}

// six writes an INVITE. Empty means: the room, Via of the caller, no more headers.
func six(uri, sentBy, headers string, body ...string) string {
	if uri == "" {
		uri = "sip:room@meet.example.com"
	}
	if sentBy == "" {
		sentBy = "@caller"
	}
	sdp := strings.Join(body, "")
	return "INVITE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP " + sentBy + ";branch=z9hG4bK@id\r\n" + headers +
		"Max-Forwards: 70\r\nFrom: <sip:a@[2001:db8::9:1]>;tag=1\r\nTo: <sip:room@[::1]>\r\nCall-ID: @id@[2001:db8::9]\r\nCSeq: 1 INVITE\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(sdp)) + sdp
}

// TestIPv6 plays the sixes between peers that have IPv6 alone.
func TestIPv6(t *testing.T) {
	t.Parallel()
	loopback := netip.IPv6Loopback()
	probe, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Skipf("this machine has no IPv6, not even ::1: %v", err)
	}
	probe.Close()
	open := func(report []string) *rack {
		r := &rack{report: report}
		r.caller, r.bridge = newPeer(t, loopback), newPeer(t, loopback)
		r.open(t, newNetwork(), "cluster1", r.bridge.addr, settings{at: loopback, policy: patient})
		r.own = r.edge.address().String()
		return r
	}
	r := open(nil)
	for i, o := range sixes {
		sound := t.Run(o.name, func(t *testing.T) {
			words := strings.NewReplacer("@edgeport", fmt.Sprint(r.edge.address().Port()), "@edge", r.own, "@caller", r.caller.addr.String(),
				"@bridge", r.bridge.addr.String(), "@port", fmt.Sprint(r.caller.addr.Port()), "@id", fmt.Sprintf("six%d", i))
			o.text = words.Replace(o.text)
			o.out = slices.Clone(o.out)
			for i, s := range o.out {
				o.out[i] = words.Replace(s)
			}
			r.undergo(t, o)
		})
		if !sound {
			r = open(r.report) // what is still under way would spoil the others
		}
	}
	require.Len(t, r.report, len(sixes))
	r.print(t)
	r.settled(t)
}
