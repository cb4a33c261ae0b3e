package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNoOpenRelay asks the edge to carry messages where it should not. Nobody
// gets one. Placeholders: @edge, @caller and @victim are addresses, @id a number.
func TestNoOpenRelay(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	victim := newPeer(t, p.caller.addr.Addr().Next().Next()) // nobody that the configuration names
	const via = "Via: SIP/2.0/UDP @caller;branch=z9hG4bK@id\r\nMax-Forwards: 70\r\n"
	const from = "From: <sip:a@example.com>;tag=1\r\nCall-ID: @id\r\nContact: <sip:a@@caller>\r\nContent-Length: 0\r\n"
	const to, inCall = "To: <sip:room@meet.example.com>\r\n", "To: <sip:room@meet.example.com>;tag=2\r\n"
	for i, c := range []struct {
		name, text string
		want       int
	}{
		{"a new call with a Route past the edge", "INVITE sip:room@meet.example.com SIP/2.0\r\n" + via + "Route: <sip:@edge;lr>, <sip:@victim;lr>\r\n" + from + to + "CSeq: 1 INVITE\r\n\r\n", 403},
		{"a new call with a Route to somebody else", "INVITE sip:room@meet.example.com SIP/2.0\r\n" + via + "Route: <sip:@victim;lr>\r\n" + from + to + "CSeq: 1 INVITE\r\n\r\n", 403},
		{"a new call to somebody else", "INVITE sip:a@@victim SIP/2.0\r\n" + via + from + to + "CSeq: 1 INVITE\r\n\r\n", 404},
		{"a request in a call that never was", "BYE sip:a@@victim SIP/2.0\r\n" + via + "Route: <sip:@edge;lr>\r\n" + from + inCall + "CSeq: 2 BYE\r\n\r\n", 481},
		{"the same with a token that nobody signed", "BYE sip:a@@victim SIP/2.0\r\n" + via + "Route: <sip:AAAAAAAAAAAAAAAAAAAAAAAA@@edge;lr>\r\n" + from + inCall + "CSeq: 2 BYE\r\n\r\n", 481},
	} {
		id := fmt.Sprintf("relay%d", i)
		text := strings.NewReplacer("@edge", p.edge.address().String(), "@caller", p.caller.addr.String(),
			"@victim", victim.addr.String(), "@id", id).Replace(c.text)
		p.caller.send(t, p.edge.address(), []byte(text))
		require.Equal(t, c.want, p.answer(t, id), c.name)
	}
	_, _, got := victim.receive(t, 300*time.Millisecond, func(message) bool { return true })
	require.False(t, got, "the edge has carried something")
}

// TestStrangerInCall sends a BYE along the very route of a call, from an address
// that nobody knows: the call goes on.
func TestStrangerInCall(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	stranger := newPeer(t, p.caller.addr.Addr().Next())
	id := p.ring(t, "stranger")
	invite, edge, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("INVITE") })
	require.True(t, ok)
	p.bridge.send(t, edge, reply(invite, "200 OK", fmt.Sprintf("Contact: <sip:b@%s>\r\nContent-Length: 0\r\n", p.bridge.addr), nil))
	answer, _, ok := p.caller.receive(t, patience, func(m message) bool { return m.answers("INVITE", 200) })
	require.True(t, ok)
	bye := func(from *peer, branch string) {
		from.send(t, p.edge.address(), fmt.Appendf(nil, "BYE sip:b@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nRoute: %s\r\nMax-Forwards: 70\r\n"+
			"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
			p.bridge.addr, from.addr, branch, answer.get("Record-Route"), answer.get("From"), answer.get("To"), id))
	}
	bye(stranger, "stranger")
	bye(p.caller, "caller")
	got, _, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("BYE") })
	require.True(t, ok, "the caller's own BYE arrives")
	require.Contains(t, got.all("Via")[1], "z9hG4bKcaller", "and it is the first")
}
