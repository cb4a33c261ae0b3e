package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conversation is a dialog between the two peers of a pair, of which every message is
// compared on its way: what is no proxy's business arrives byte for byte.
type conversation struct {
	pair
	id   string
	side map[*peer]*speaker
	n    int // requests so far
}

// speaker is one end of the dialog.
type speaker struct {
	peer   *peer
	tag    string
	routes []string // route set, nearest first
	cseq   int
}

// every is what a message of either side carries that no proxy may touch.
const every = "Session-ID: 0123456789abcdef0123456789abcdef;remote=fedcba9876543210fedcba9876543210\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nX-Odd :  kept \r\n"

// newConversation is a dialog that has not begun.
func newConversation(t *testing.T, id string) *conversation {
	p := newPair(t, "udp")
	k := &conversation{pair: p, id: id}
	k.side = map[*peer]*speaker{p.caller: {peer: p.caller, tag: "caller"}, p.bridge: {peer: p.bridge, tag: "peer"}}
	return k
}

func (k *conversation) other(p *peer) *peer {
	if p == k.caller {
		return k.bridge
	}
	return k.caller
}

// say sends a request from one side and gives what arrived on the other.
func (k *conversation) say(t *testing.T, from *peer, method, extra, body string) message {
	t.Helper()
	me, you := k.side[from], k.side[k.other(from)]
	uri, to := "sip:x@"+you.peer.addr.String(), "<sip:x@example.com>;tag="+you.tag
	if len(me.routes) == 0 {
		uri, to = roomURI, "<"+roomURI+">"
	}
	if method != "ACK" {
		me.cseq++
	}
	k.n++
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d\r\nMax-Forwards: 70\r\n", method, uri, me.peer.addr, k.id, k.n)
	for _, r := range me.routes {
		b.WriteString("Route: " + r + "\r\n")
	}
	fmt.Fprintf(&b, "From: <sip:y@example.com>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:x@%s>\r\n%s%s", me.tag, to, k.id, me.cseq, method, me.peer.addr, every, extra)
	fmt.Fprintf(&b, "Content-Type: text/x-any\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	from.send(t, k.edge.address(), []byte(b.String()))
	sent, err := readMessage([]byte(b.String()))
	require.NoError(t, err)
	got, _, ok := you.peer.receive(t, patience, func(m message) bool {
		return m.is(method) && m.get("Via") != "" && strings.HasSuffix(m.get("CSeq"), " "+method)
	})
	require.True(t, ok, "%s of %s does not arrive", method, me.tag)
	k.same(t, sent, got)
	if rr := got.all("Record-Route"); len(rr) > 0 && len(you.routes) == 0 {
		you.routes = rr
	}
	return got
}

// answer sends a response and gives what arrived of it.
func (k *conversation) answer(t *testing.T, to message, from *peer, status, extra, body string) message {
	t.Helper()
	extra = fmt.Sprintf("Contact: <sip:x@%s>\r\n%s%sContent-Type: text/x-any\r\nContent-Length: %d\r\n", from.addr, every, extra, len(body))
	b := reply(to, status, extra, []byte(body))
	from.send(t, k.edge.address(), b)
	sent, err := readMessage(b)
	require.NoError(t, err)
	you := k.side[k.other(from)]
	got, _, ok := you.peer.receive(t, patience, func(m message) bool { return m.answers(to.method(), sent.status()) })
	require.True(t, ok, "%s to %s does not arrive", status, to.method())
	k.same(t, sent, got)
	require.Equal(t, to.all("Via")[1:], got.all("Via"), "Via on the way back")
	if rr := got.all("Record-Route"); len(rr) > 0 && len(you.routes) == 0 {
		you.routes = slices.Clone(rr)
		slices.Reverse(you.routes)
	}
	return got
}

// same compares all that a proxy has no business with.
func (k *conversation) same(t *testing.T, sent, got message) {
	t.Helper()
	own := []string{"Via", "Route", "Record-Route", "Max-Forwards"}
	require.Equal(t, sent.start, got.start)
	require.Equal(t, sent.rest(own...), got.rest(own...))
	require.Equal(t, string(sent.body), string(got.body), "body of %s", sent.start)
}

const anyBody = "\x00\x01\r\n\n\r\xff\xfe not text\r\n\r\n"

// Every method of a call, both ways, with bodies and headers of every message as
// they were sent: reliable provisional responses (RFC 3262), UPDATE, INFO, REFER
// with its NOTIFY, MESSAGE, SUBSCRIBE, and re-INVITEs that cross.
func TestConversation(t *testing.T) {
	t.Parallel()
	k := newConversation(t, "conversation")
	caller, bridge := k.caller, k.bridge
	inv := k.say(t, caller, "INVITE", "Supported: 100rel, timer\r\n", "offer "+anyBody)
	k.answer(t, inv, bridge, "183 Session Progress", "Require: 100rel\r\nRSeq: 1\r\n", "answer "+anyBody)
	k.answer(t, k.say(t, caller, "PRACK", "RAck: 1 1 INVITE\r\n", anyBody), bridge, "200 OK", "", anyBody)
	k.answer(t, k.say(t, caller, "UPDATE", "", anyBody), bridge, "422 Session Interval Too Small", "", anyBody)
	k.answer(t, k.say(t, bridge, "UPDATE", "", anyBody), caller, "200 OK", "", anyBody)
	k.answer(t, inv, bridge, "200 OK", "", anyBody)
	ack := k.side[caller]
	ack.cseq = 1 // of the INVITE
	k.say(t, caller, "ACK", "", anyBody)
	ack.cseq = 10
	for _, from := range []*peer{caller, bridge} {
		to := k.other(from)
		for _, method := range []string{"INFO", "MESSAGE", "OPTIONS2", "REFER", "SUBSCRIBE", "NOTIFY"} {
			k.answer(t, k.say(t, from, method, "Event: refer\r\nRefer-To: <sip:z@example.com>\r\n", anyBody), to, "202 Accepted", "", anyBody)
		}
	}
	// Re-INVITEs that cross: each side refuses the other's (RFC 3261 section 14.2).
	ours := k.say(t, caller, "INVITE", "", anyBody)
	theirs := k.say(t, bridge, "INVITE", "", anyBody)
	k.refuse(t, ours, bridge, "491 Request Pending")
	k.refuse(t, theirs, caller, "491 Request Pending")
	k.answer(t, k.say(t, bridge, "INVITE", "", anyBody), caller, "200 OK", "", anyBody)
	k.say(t, bridge, "ACK", "", anyBody)
	k.answer(t, k.say(t, caller, "BYE", "Reason: Q.850;cause=16\r\n", anyBody), bridge, "200 OK", "", anyBody)
}

// refuse answers an INVITE and takes the ACK that the edge makes.
func (k *conversation) refuse(t *testing.T, inv message, from *peer, status string) {
	t.Helper()
	got := k.answer(t, inv, from, status, "", anyBody)
	_, _, ok := from.receive(t, patience, func(m message) bool { return m.is("ACK") })
	require.True(t, ok, "no ACK of the %s", status)
	to := k.side[k.other(from)]
	to.peer.send(t, k.edge.address(), fmt.Appendf(nil, "ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s ACK\r\nContent-Length: 0\r\n\r\n",
		inv.requestURI(), got.get("Via"), got.get("From"), got.get("To"), k.id, strings.TrimSuffix(got.get("CSeq"), " INVITE")))
}

// An INVITE with Replaces goes unchanged to the bridge that has the call.
func TestReplacesPasses(t *testing.T) {
	t.Parallel()
	k := newConversation(t, "replaced")
	inv := k.say(t, k.caller, "INVITE", "", anyBody)
	k.answer(t, inv, k.bridge, "200 OK", "", anyBody)
	k.say(t, k.caller, "ACK", "", "")
	second := &conversation{pair: k.pair, id: "replacing"}
	second.side = map[*peer]*speaker{k.caller: {peer: k.caller, tag: "caller2"}, k.bridge: {peer: k.bridge, tag: "peer"}}
	got := second.say(t, k.caller, "INVITE", "Require: replaces\r\nReplaces: replaced;to-tag=peer;from-tag=caller\r\n", anyBody)
	second.refuse(t, got, k.bridge, "481 Call/Transaction Does Not Exist")
}

// What comes back as it was sent is a loop; with another user it is a spiral.
// Call control had it back from the bridge, and sends it to the edge again.
func TestLoopAndSpiral(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	id := p.ring(t, "loop")
	got, edge, ok := p.bridge.receive(t, patience, func(m message) bool { return m.is("INVITE") })
	require.True(t, ok)
	start, rest, _ := strings.Cut(string(got.raw), "\r\n")
	again := func(branch, start string) string {
		text := start + "\r\nVia: SIP/2.0/UDP " + p.caller.addr.String() + ";branch=z9hG4bK" + branch + "\r\n" + rest
		p.caller.send(t, edge, []byte(text))
		return text
	}
	text := again("a", start)
	loop, _, ok := p.caller.receive(t, patience, func(m message) bool { return m.get("Call-ID") == id && m.status() >= 300 })
	require.True(t, ok, "what came back is not refused")
	require.Equal(t, 482, loop.status(), loop.start)
	p.caller.send(t, edge, ackFor(text, loop))
	again("b", strings.Replace(start, "sip:"+room+"@", "sip:elsewhere@", 1))
	spiral, _, ok := p.bridge.receive(t, patience, func(m message) bool {
		return m.is("INVITE") && strings.HasPrefix(m.requestURI(), "sip:elsewhere@")
	})
	require.True(t, ok, "what was changed does not pass")
	require.Equal(t, id, spiral.get("Call-ID"))
}
