package integration

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
	"bridgehead/internal/proof"
)

// nameServer answers from records, at the address that resolv.conf has.
type nameServer struct {
	mu      sync.Mutex
	records []dns.RR
}

// newNameServer starts one on port 53 of 127.0.0.1.
func newNameServer(t *testing.T) *nameServer {
	n := &nameServer{}
	packets, err := net.ListenPacket("udp", "127.0.0.1:53")
	require.NoError(t, err)
	started, done := make(chan struct{}), make(chan struct{})
	s := &dns.Server{PacketConn: packets, Handler: n, NotifyStartedFunc: func() { close(started) }}
	go func() { defer close(done); _ = s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = s.Shutdown(); <-done })
	return n
}

// set makes these all records that there are.
func (n *nameServer) set(t *testing.T, records ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.records = nil
	for _, text := range records {
		r, err := dns.NewRR(text)
		require.NoError(t, err)
		n.records = append(n.records, r)
	}
}

func (n *nameServer) ServeDNS(w dns.ResponseWriter, ask *dns.Msg) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answer := new(dns.Msg)
	answer.SetRcode(ask, dns.RcodeNameError)
	q := ask.Question[0]
	for _, r := range n.records {
		if strings.EqualFold(r.Header().Name, q.Name) {
			answer.Rcode = dns.RcodeSuccess
			if r.Header().Rrtype == q.Qtype {
				answer.Answer = append(answer.Answer, r)
			}
		}
	}
	_ = w.WriteMsg(answer) // who asks may have gone
}

// TestNamesInDNS calls a bridge that is configured by a name alone. NAPTR says
// TCP, SRV two servers, of which the first takes no connection; the ACK follows, and a
// request of the bridge goes to a Contact by SRV (RFC 3263). Later answers count too.
// The name server is one for this test, in a namespace of its own.
func TestNamesInDNS(t *testing.T) {
	t.Parallel()
	if !proof.OwnNetwork(t) {
		return
	}
	proof.SetLoopback(t, 65536)
	proof.SetNameServer(t)
	names := newNameServer(t)
	net4 := newNetwork()
	p := pair{caller: newPeer(t, net4.host(hostCaller)), bridge: newPeer(t, net4.host(hostBridge))}
	closed := freePort(t, net4.host(hostBridge+1))
	names.set(t,
		`cms.test. 2 IN NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.cms.test.`,
		`cms.test. 2 IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.cms.test.`,
		fmt.Sprintf("_sip._tcp.cms.test. 2 IN SRV 1 0 %d a.cms.test.", closed.Port()),
		fmt.Sprintf("_sip._tcp.cms.test. 2 IN SRV 2 0 %d b.cms.test.", p.bridge.addr.Port()),
		fmt.Sprintf("_sip._udp.cms.test. 2 IN SRV 1 0 %d a.cms.test.", closed.Port()),
		fmt.Sprintf("a.cms.test. 2 IN A %s", closed.Addr()),
		fmt.Sprintf("b.cms.test. 2 IN A %s", p.bridge.addr.Addr()),
		fmt.Sprintf("_sip._udp.phone.test. 2 IN SRV 5 0 %d phone1.test.", p.caller.addr.Port()),
		fmt.Sprintf("phone1.test. 2 IN A %s", p.caller.addr.Addr()),
	)
	l, err := net.Listen("tcp", p.bridge.addr.String())
	require.NoError(t, err)
	defer l.Close()

	g := simulate(t, sim.Options{
		Domains: []string{domain},
		Spaces:  []sim.Space{{ID: roomSpace, URI: room}},
		Bridges: []sim.BridgeOptions{{Name: "cluster1", APIAddr: net4.host(hostBridge).String() + ":0"}},
	})
	bridges := callBridges(g)
	bridges[0].sip = "cms.test"
	p.edge = startEdge(t, net4, t.TempDir(), settings{
		bridges: bridges, transport: "any", outward: p.caller.addr, policy: []string{"options: off"},
		control: []string{"landing: group"},
	})
	eventually(t, "the edge has found the servers", func() bool {
		return strings.Contains(p.edge.out.String(), fmt.Sprintf("tcp %s", p.bridge.addr))
	})

	id := p.ring(t, "by name")
	c, r := accepted(t, l)
	invite := nextOf(t, r)
	require.True(t, invite.is("INVITE"))
	require.Equal(t, id, invite.get("Call-ID"))
	require.True(t, strings.HasPrefix(invite.get("Via"), "SIP/2.0/TCP "), invite.get("Via"))
	_, err = c.Write(reply(invite, "200 OK", "Contact: <sip:room@b.cms.test>\r\nContent-Length: 0\r\n", nil))
	require.NoError(t, err)
	ok, _, answered := p.caller.receive(t, patience, func(m message) bool { return m.status() == 200 })
	require.True(t, answered)
	p.caller.send(t, p.edge.address(), fmt.Appendf(nil, "ACK sip:room@b.cms.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKack\r\nMax-Forwards: 70\r\n%s"+
		"From: <sip:a@example.com>;tag=1\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
		p.caller.addr, routesOf(ok), ok.get("To"), id))
	require.True(t, nextOf(t, r).is("ACK"), "the ACK goes to the server that has the call")

	_, err = fmt.Fprintf(c, "BYE sip:a@PHONE.test SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKbye\r\nMax-Forwards: 70\r\n%s"+
		"From: %s\r\nTo: <sip:a@example.com>;tag=1\r\nCall-ID: %s\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
		p.bridge.addr, routesOf(invite), ok.get("To"), id)
	require.NoError(t, err)
	bye, from, arrived := p.caller.receive(t, patience, func(m message) bool { return m.is("BYE") })
	require.True(t, arrived, "the Contact is found by SRV")
	p.caller.send(t, from, reply(bye, "200 OK", "Content-Length: 0\r\n", nil))
	require.Equal(t, 200, nextOf(t, r).status())

	// Records change, and what they say counts when their time is over.
	names.set(t, fmt.Sprintf("_sip._udp.cms.test. 2 IN SRV 1 0 %d b.cms.test.", p.bridge.addr.Port()),
		fmt.Sprintf("b.cms.test. 2 IN A %s", p.bridge.addr.Addr()))
	eventually(t, "the edge has found the new server", func() bool {
		return strings.Contains(p.edge.out.String(), fmt.Sprintf("udp %s", p.bridge.addr))
	})
	id = p.ring(t, "by name again")
	m, from, arrived := p.bridge.receive(t, patience, func(m message) bool { return m.is("INVITE") && m.get("Call-ID") == id })
	require.True(t, arrived)
	p.bridge.send(t, from, reply(m, "603 Decline", "Content-Length: 0\r\n", nil))
	p.declined(t, id)
}

// routesOf is the Route set of a request inside the dialog of a message.
func routesOf(m message) (lines string) {
	for _, route := range m.all("Record-Route") {
		lines += "Route: " + route + "\r\n"
	}
	return lines
}
