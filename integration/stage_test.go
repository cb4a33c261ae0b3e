package integration

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// play is one call and what must come of it.
type play struct {
	name string

	caller    string              // script below caller/; "call" unless named
	uri       func(*stage) string // the Request-URI; that of the room unless given
	forwards  string              // Max-Forwards; 70 unless given
	hold      int                 // how long an answered call lasts, in milliseconds
	transport string              // of the caller: "udp" (the default) or "tcp"
	stranger  bool                // the caller is nobody that the edge knows
	outward   bool                // the caller is cluster1, and call control may be called

	bridges         map[string]string // script below bridge/ by bridge; "answer" unless named
	bridgeTransport string            // "udp" (the default) or "tcp"
	silence         int               // -d of the bridges, in milliseconds
	group           func(t *testing.T, g *sim.Group)
	blind           bool     // nobody can read the spaces, so nobody waits for that
	policy          []string // lines of the section policy
	prepare         func(t *testing.T, s *stage)

	// decided is what the edge must say of its decision: priority, level and
	// running of each bridge, as the lab cases have them; "" asks nothing.
	decided string

	direct  func(t *testing.T, s *stage) // runs beside the call
	verdict func(t *testing.T, s *stage) // once the caller has finished

	// pure says that the play needs no more than a proxy of RFC 3261 that tries
	// the bridges in the order of the pin; Kamailio is put through it too.
	pure bool
}

// pin is the order of the bridges for the room, best first: the priorities of
// CMS's own lab cases.
var pin = []string{"cluster3", "cluster1", "cluster2"}

// Names of the lab.
const (
	domain      = "meet.example.com"
	room        = "room"
	roomURI     = "sip:" + room + "@" + domain
	roomSpace   = "7f1c0c5e-1b1d-4f5e-9d3a-0a5b6c7d8e9f"
	callControl = "cucm"
)

// front is what stands between call control and the bridges.
type front interface {
	// address is where calls are sent, over UDP and TCP.
	address() netip.AddrPort
	// restart ends the process and starts it again on the same addresses.
	restart(t *testing.T)
}

// stage is where a play is performed.
type stage struct {
	play    play
	net     network
	dir     string
	sip     map[string]netip.AddrPort // where the bridges take calls, and call control
	bridges map[string]*actor         // those of them that run
	group   *sim.Group                // nil when Kamailio is the front
	front   front
	callers []*actor // one for each call, in order
}

// perform plays p before the front that open gives.
func perform(t *testing.T, p play, open func(t *testing.T, s *stage) front) {
	t.Parallel()
	s := newStage(t, p)
	s.raise(t)
	if p.prepare != nil {
		p.prepare(t, s)
	}
	s.front = open(t, s)
	s.call(t, cmp.Or(p.caller, "call"))
	if p.direct != nil {
		p.direct(t, s)
	}
	s.completed(t)
	if p.verdict != nil {
		p.verdict(t, s)
	}
	if e, ok := s.front.(*edge); ok && p.decided != "" {
		d := e.decisions(t)
		require.Len(t, d, 1, "one call, one decision")
		require.Equal(t, p.decided, d[0].String())
		require.Equal(t, s.heard(t).status(), d[0].Status)
	}
	for name, b := range s.bridges {
		if n := len(dialogs(b.packets(t))); n > 0 && p.bridges[name] != "silent" {
			b.finished(t, n)
		}
		require.Empty(t, b.faults(), "%s got what it did not expect", name)
	}
	s.transparent(t)
}

// newStage finds addresses for everybody.
func newStage(t *testing.T, p play) *stage {
	t.Helper()
	s := &stage{play: p, net: newNetwork(), dir: t.TempDir(), sip: map[string]netip.AddrPort{}, bridges: map[string]*actor{}}
	s.sip[callControl] = freePort(t, s.net.host(hostCaller))
	for i, name := range names() {
		s.sip[name] = freePort(t, s.net.host(hostBridge+byte(i)))
	}
	return s
}

// names are the bridges in the order of the configuration.
func names() []string { return []string{"cluster1", "cluster2", "cluster3"} }

// raise starts everybody who can be called.
func (s *stage) raise(t *testing.T) {
	t.Helper()
	cast := names()
	if s.play.outward {
		cast = []string{"cluster2", "cluster3", callControl} // cluster1 is the caller
	}
	for _, name := range cast {
		script := cmp.Or(s.play.bridges[name], "answer")
		if script == absent {
			continue
		}
		s.bridges[name] = startActor(t, name, s.dir, part{
			script:    "bridge/" + script,
			addr:      s.sip[name],
			transport: s.play.bridgeTransport,
			args:      []string{"-d", fmt.Sprint(s.play.silence)},
		})
	}
	for _, b := range s.bridges {
		b.listening(t, s.play.bridgeTransport)
	}
}

// call starts a caller.
func (s *stage) call(t *testing.T, script string) {
	t.Helper()
	p := s.play
	uri := roomURI
	if p.uri != nil {
		uri = p.uri(s)
	}
	from := freePort(t, s.net.host(hostCaller))
	switch {
	case p.stranger:
		from = freePort(t, s.net.host(hostStranger))
	case p.outward:
		from = s.sip["cluster1"]
	}
	s.callers = append(s.callers, startActor(t, fmt.Sprintf("caller%d", len(s.callers)+1), s.dir, part{
		script:    "caller/" + script,
		addr:      from,
		transport: p.transport,
		remote:    s.front.address(),
		args: []string{
			"-key", "uri", uri,
			"-key", "max_forwards", cmp.Or(p.forwards, "70"),
			"-d", fmt.Sprint(p.hold),
		},
	}))
}

// caller is the caller of the newest call.
func (s *stage) caller() *actor { return s.callers[len(s.callers)-1] }

// completed waits until the newest call went through its caller's script.
func (s *stage) completed(t *testing.T) {
	t.Helper()
	require.Zero(t, s.caller().exitCode(t, callLimit), "the script %s failed", s.caller().script)
}

// cue gives an actor that waits for it the sign to go on: a NOTIFY with the
// call's own Call-ID, past the front.
func (s *stage) cue(t *testing.T, a *actor, callID string) {
	t.Helper()
	c, err := net.DialUDP("udp",
		net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.net.host(hostDirector), 0)), net.UDPAddrFromAddrPort(a.addr))
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "NOTIFY sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKcue\r\nMax-Forwards: 70\r\n"+
		"From: <sip:director@lab>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n",
		a.addr, c.LocalAddr(), a.addr, callID)
	require.NoError(t, err)
}

// took are the bridges that got an INVITE, in the order of the first one.
func (s *stage) took(t *testing.T) []string {
	t.Helper()
	type arrival struct {
		name  string
		first packet
	}
	var got []arrival
	for name, b := range s.bridges {
		if invites := requests(b.packets(t), "INVITE"); len(invites) > 0 {
			got = append(got, arrival{name, invites[0]})
		}
	}
	slices.SortFunc(got, func(a, b arrival) int { return a.first.at.Compare(b.first.at) })
	order := make([]string, len(got))
	for i, a := range got {
		order[i] = a.name
	}
	return order
}

// at are the messages of a bridge.
func (s *stage) at(t *testing.T, bridge string) []packet {
	t.Helper()
	require.Contains(t, s.bridges, bridge)
	return s.bridges[bridge].packets(t)
}

// heard is the final answer that the caller got to its INVITE.
func (s *stage) heard(t *testing.T) packet {
	t.Helper()
	finals := pick(s.caller().packets(t), func(p packet) bool {
		return !p.sent && p.method() == "INVITE" && p.status() >= 200
	})
	require.NotEmpty(t, finals, "the caller got no final answer")
	return finals[0]
}

// dialogs are the Call-IDs of the INVITEs that arrived.
func dialogs(packets []packet) []string {
	var ids []string
	for _, p := range requests(packets, "INVITE") {
		ids = append(ids, p.get("Call-ID"))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// bridgeTransport is how the bridges are reached.
func (s *stage) bridgeTransport() string { return cmp.Or(s.play.bridgeTransport, "udp") }
