package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// pair is an edge between two peers: call control and the only bridge.
type pair struct {
	edge           *edge
	caller, bridge *peer
}

// newPair starts one, whose bridge is reached over a transport as settings have
// it.
func newPair(t *testing.T, transport string) pair {
	t.Helper()
	net := newNetwork()
	p := pair{caller: newPeer(t, net.host(hostCaller)), bridge: newPeer(t, net.host(hostBridge))}
	p.open(t, net, "cluster1", p.bridge.addr, settings{transport: transport})
	return p
}

// open starts the edge of a pair whose peers are there. The bridge has that name
// and takes calls there.
func (p *pair) open(t *testing.T, net network, bridge string, at netip.AddrPort, o settings) {
	t.Helper()
	g := simulate(t, sim.Options{
		Domains: []string{domain},
		Spaces:  []sim.Space{{ID: roomSpace, URI: room}},
		Bridges: []sim.BridgeOptions{{Name: bridge, APIAddr: net.host(hostBridge).String() + ":0"}},
	})
	o.bridges = callBridges(g)
	o.bridges[0].sip = at.String()
	o.outward = p.caller.addr
	o.policy = append(slices.Clone(o.policy), "options: off")
	p.edge = startEdge(t, net, t.TempDir(), o)
}

// ring sends an INVITE to the room and gives its Call-ID, which has the word.
func (p pair) ring(t *testing.T, word string) string {
	t.Helper()
	id := "ring-" + strings.ReplaceAll(word, " ", "-")
	p.caller.send(t, p.edge.address(), fmt.Appendf(nil, "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@example.com>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:a@%s>\r\nContent-Length: 0\r\n\r\n",
		roomURI, p.caller.addr, id, roomURI, id, p.caller.addr))
	return id
}

// ask sends OPTIONS to the edge.
func (p pair) ask(t *testing.T, id string) {
	t.Helper()
	edge := p.edge.address()
	p.caller.send(t, edge, fmt.Appendf(nil, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@example.com>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		edge, p.caller.addr, id, edge, id))
}

// options is what the edge answers to OPTIONS.
func (p pair) options(t *testing.T) int {
	t.Helper()
	id := fmt.Sprintf("options%d", probes.Add(1))
	p.ask(t, id)
	m, _, ok := p.caller.receive(t, patience, func(m message) bool { return m.get("Call-ID") == id })
	require.True(t, ok, "OPTIONS is not answered")
	return m.status()
}

// answer gives the first status that answers the call id, 0 if the edge answers
// a later OPTIONS first: what one peer sends is treated in order.
func (p pair) answer(t *testing.T, id string) int {
	t.Helper()
	p.ask(t, "after"+id)
	first := 0
	_, _, ok := p.caller.receive(t, patience, func(m message) bool {
		if m.get("Call-ID") == id && first == 0 {
			first = m.status()
		}
		return m.get("Call-ID") == "after"+id
	})
	require.True(t, ok, "the edge answers no more, after %s", id)
	return first
}

// probes counts OPTIONS, so that each has its own Call-ID.
var probes atomic.Uint32
