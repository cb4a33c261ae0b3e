package integration

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// site is an edge before a simulated group that takes the calls itself: for
// sequences of calls and states, and for what only bridges with conferences of
// their own can show.
type site struct {
	net   network
	dir   string
	group *sim.Group
	edge  *edge
	out   netip.AddrPort // where calls of the bridges go
	waves int
}

// siteOptions are what a test wants of a site.
type siteOptions struct {
	group    sim.Options       // without Bridges; the room is there unless Spaces are given
	bridge   sim.BridgeOptions // of each bridge, without its name and addresses
	domains  []string          // of the route, beside the usual one
	control  []string          // further lines of the call control
	controls [][]string        // lines of further entries of callControl, which call from hostCaller+1 and on
	policy   []string          // lines of the section policy
	prepare  func(t *testing.T, g *sim.Group)
	blind    bool // nobody can read the spaces, so nobody waits for that
}

// openSite starts the group and then the edge, which knows the group's spaces
// when this returns. The room's order is the pin's.
func openSite(t *testing.T, o siteOptions) *site {
	t.Helper()
	s := &site{net: newNetwork(), dir: t.TempDir()}
	if len(o.group.Domains)+len(o.group.InboundRules) == 0 {
		o.group.Domains = []string{domain}
	}
	if o.group.Spaces == nil {
		o.group.Spaces = []sim.Space{{ID: roomSpace, URI: room}}
	}
	o.bridge.LoadLimit = cmp.Or(o.bridge.LoadLimit, 100_000)
	for i, name := range names() {
		ip := s.net.host(hostBridge + byte(i)).String()
		b := o.bridge
		b.Name, b.SIPAddr, b.APIAddr = name, ip+":0", ip+":0"
		o.group.Bridges = append(o.group.Bridges, b)
	}
	s.group = simulate(t, o.group)
	if o.prepare != nil {
		o.prepare(t, s.group)
	}
	s.out = freePort(t, s.net.host(hostCaller))
	var controls []string
	for i, lines := range o.controls {
		controls = append(controls, fmt.Sprintf("{name: control%d, sources: [%s/32], %s}", i+1, s.net.host(hostCaller+1+byte(i)), strings.Join(lines, ", ")))
	}
	s.edge = startEdge(t, s.net, s.dir, settings{
		bridges:  callBridges(s.group),
		outward:  s.out,
		domains:  o.domains,
		control:  o.control,
		controls: controls,
		policy:   o.policy,
		pins:     true,
	})
	s.edge.informed(t)
	if !o.blind {
		directoryRead(t, s.group)
	}
	return s
}

// wave is a number of calls that one caller makes, one right after the other.
type wave struct {
	*actor
	site *site
	uris []string
}

// outcome is what became of one call.
type outcome struct {
	uri    string
	status int    // the final answer to its INVITE
	bridge string // who answered it with 200, "" for nobody
	final  packet
	took   time.Duration // from the INVITE to that answer
}

// manner is how calls are made; the zero value calls from call control and hangs
// up at once.
type manner struct {
	hold  time.Duration // how long an answered call lasts
	gap   time.Duration // between two calls; 20 ms unless given
	agent string        // the User-Agent; that of CUCM unless given
	from  netip.Addr    // call control's unless given
}

// start begins to call the URIs in the given order.
func (s *site) start(t *testing.T, m manner, uris ...string) *wave {
	t.Helper()
	s.waves++
	name := fmt.Sprintf("wave%d", s.waves)
	list := "SEQUENTIAL\n"
	for _, uri := range uris {
		list += uri + ";" + cmp.Or(m.agent, "Cisco-CUCM14.0") + "\n"
	}
	csv := filepath.Join(s.dir, name+".csv")
	require.NoError(t, os.WriteFile(csv, []byte(list), 0o600))
	from := m.from
	if !from.IsValid() {
		from = s.net.host(hostCaller)
	}
	return &wave{site: s, uris: uris, actor: startActor(t, name, s.dir, part{
		script: "caller/dial",
		addr:   freePort(t, from),
		remote: s.edge.address(),
		calls:  len(uris),
		args: []string{
			"-inf", csv, "-d", fmt.Sprint(m.hold.Milliseconds()),
			"-r", "1", "-rp", fmt.Sprint(cmp.Or(m.gap, 20*time.Millisecond).Milliseconds()),
		},
	})}
}

// answered waits until every call has its final answer and gives what became of
// them, in the order of the URIs. The calls may still be up.
func (w *wave) answered(t *testing.T) []outcome {
	t.Helper()
	var list []outcome
	w.await(t, fmt.Sprintf("%d calls have a final answer", len(w.uris)), func(packets []packet) bool {
		list = outcomes(packets)
		return len(list) == len(w.uris)
	})
	slices.SortStableFunc(list, func(a, b outcome) int { return slices.Index(w.uris, a.uri) - slices.Index(w.uris, b.uri) })
	calls := w.site.group.Calls()
	for i := range list {
		for _, c := range calls {
			if list[i].status == 200 && c.CallID == list[i].final.get("Call-ID") && c.Status == 200 {
				list[i].bridge = c.Bridge
			}
		}
	}
	return list
}

// outcomes reads a caller's messages: one outcome for each INVITE that was
// answered, in the order of the INVITEs.
func outcomes(packets []packet) []outcome {
	var list []outcome
	finals := make(map[string]packet)
	for _, p := range packets {
		if id := p.get("Call-ID"); !p.sent && p.method() == "INVITE" && p.status() >= 200 && finals[id].raw == nil {
			finals[id] = p
		}
	}
	for _, p := range packets {
		final, ok := finals[p.get("Call-ID")]
		if !p.sent || !p.is("INVITE") || !ok {
			continue
		}
		delete(finals, p.get("Call-ID")) // repetitions are no calls
		list = append(list, outcome{uri: p.requestURI(), status: final.status(), final: final, took: final.at.Sub(p.at)})
	}
	return list
}

// over waits until every call is over.
func (w *wave) over(t *testing.T) {
	t.Helper()
	require.Zero(t, w.exitCode(t, callLimit), "the caller's script failed")
}

// dial calls the URIs, waits until the calls are over, and gives what became of
// them.
func (s *site) dial(t *testing.T, m manner, uris ...string) []outcome {
	t.Helper()
	w := s.start(t, m, uris...)
	list := w.answered(t)
	w.over(t)
	return list
}

// one calls one URI and hangs up.
func (s *site) one(t *testing.T, uri string) outcome {
	t.Helper()
	return s.dial(t, manner{}, uri)[0]
}

// user is the SIP URI of a user part in our domain.
func user(name string) string { return "sip:" + name + "@" + domain }

// spaces makes a space of each user part; that of the room has the usual id.
func spaces(users ...string) []sim.Space {
	var list []sim.Space
	for _, u := range users {
		s := sim.Space{URI: u}
		if u == room {
			s.ID = roomSpace
		}
		list = append(list, s)
	}
	return list
}

// hosts are the bridges that answered, each once, sorted.
func hosts(list []outcome) []string {
	var all []string
	for _, o := range list {
		all = append(all, o.bridge)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// String is the call for people.
func (o outcome) String() string {
	return fmt.Sprintf("%s → %d %s", o.uri, o.status, o.bridge)
}

// reads waits until the edge has asked some bridge for that path, n times from
// now on, and every answer was good.
func (s *site) reads(t *testing.T, path string, n int) {
	t.Helper()
	count := func() int {
		found := 0
		for _, b := range s.group.Bridges() {
			for _, r := range b.APIRequests() {
				if r.Status == 200 && (r.Path == path || strings.HasPrefix(r.Path, path+"/")) {
					found++
				}
			}
		}
		return found
	}
	before := count()
	eventually(t, fmt.Sprintf("the edge reads %s %d times", path, n), func() bool { return count() >= before+n })
}

// known waits until some bridge has answered that path, and the edge had the time
// to take the answer in.
func (s *site) known(t *testing.T, path string) {
	t.Helper()
	eventually(t, "the edge has read "+path, func() bool {
		return slices.ContainsFunc(s.group.Bridges(), func(b *sim.Bridge) bool {
			return slices.ContainsFunc(b.APIRequests(), func(r sim.APIRequest) bool { return r.Path == path && r.Status == 200 })
		})
	})
	s.refreshed(t)
}

// refreshed waits until the edge has read load and calls of every bridge after
// now: every state of the group is known to it.
func (s *site) refreshed(t *testing.T) {
	t.Helper()
	now := time.Now()
	for _, b := range s.group.Bridges() {
		if b.APIMode() != (sim.APIMode{}) {
			continue
		}
		for _, path := range []string{"system/load", "calls"} {
			eventually(t, "the edge reads "+path+" of "+b.Name(), func() bool {
				list := b.APIRequests()
				later := 0 // two, so that the first has been taken in
				for _, r := range list {
					if r.Path == path && r.Begin.After(now) && !r.End.IsZero() {
						later++
					}
				}
				return later >= 2
			})
		}
	}
}

// bridge is what the edge says of one bridge.
func (s *site) bridge(t *testing.T, name string) bridgeReport {
	t.Helper()
	for _, b := range s.edge.bridges(t) {
		if b.Name == name {
			return b
		}
	}
	require.Fail(t, "the edge has no bridge "+name)
	return bridgeReport{}
}
