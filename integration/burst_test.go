package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// burst is a group with its own SIP side, an edge that reads it only every ten
// seconds, and calls that all come in between.
type burst struct {
	group  *sim.Group
	caller *actor
	calls  int
}

// TestBurst sends the first calls of fourteen spaces between two readings of the
// load. Each costs 1000 units and each bridge takes 4000: what the edge has
// promised has to count before any reading shows it.
func TestBurst(t *testing.T) {
	t.Parallel()
	var spaces []string
	for i := range 14 {
		spaces = append(spaces, fmt.Sprintf("space%d", i))
	}
	b := playBurst(t, 5000, spaces) // the existing-conference limit is 80 % of it
	answered := 0
	for _, bridge := range b.group.Bridges() {
		calls := bridge.Calls()
		require.LessOrEqual(t, len(calls), 4, "%s got more than it can take", bridge.Name())
		for _, c := range calls {
			require.Equal(t, 200, c.Status, "%s refused what the edge gave it", bridge.Name())
		}
		answered += len(calls)
	}
	require.Equal(t, 12, answered, "all the room is used")
	b.heard(t, 200, 12)
	b.heard(t, 488, 2)
}

// TestFirstCallsMeet sends the first eight calls of one space at once: the first
// settles where the conference is, before any API shows it, and the others follow
// though that bridge passes its new-conference limit meanwhile.
func TestFirstCallsMeet(t *testing.T) {
	t.Parallel()
	b := playBurst(t, 10_000, []string{room, room, room, room, room, room, room, room})
	var hosts []string
	for _, bridge := range b.group.Bridges() {
		if n := len(bridge.Calls()); n > 0 {
			hosts = append(hosts, fmt.Sprintf("%s %d", bridge.Name(), n))
		}
	}
	require.Len(t, hosts, 1, "one conference, one bridge")
	require.True(t, strings.HasSuffix(hosts[0], " 8"), hosts[0])
	b.heard(t, 200, 8)
}

// playBurst calls the users of our domain, all in a tenth of a second, and waits
// until the calls are over.
func playBurst(t *testing.T, loadLimit int, users []string) *burst {
	t.Helper()
	net, dir := newNetwork(), t.TempDir()
	o := sim.Options{Domains: []string{domain}}
	seen := make(map[string]bool)
	list := "SEQUENTIAL\n"
	for _, user := range users {
		if !seen[user] {
			seen[user] = true
			o.Spaces = append(o.Spaces, sim.Space{URI: user})
		}
		list += "sip:" + user + "@" + domain + "\n"
	}
	for i, name := range names() {
		ip := net.host(hostBridge + byte(i)).String()
		o.Bridges = append(o.Bridges, sim.BridgeOptions{Name: name, SIPAddr: ip + ":0", APIAddr: ip + ":0", LoadLimit: loadLimit})
	}
	b := &burst{group: simulate(t, o), calls: len(users)}
	e := startEdge(t, net, dir, settings{
		bridges: callBridges(b.group),
		outward: freePort(t, net.host(hostCaller)),
		policy:  []string{"pollInterval: 10s"},
	})
	e.informed(t)
	directoryRead(t, b.group)
	csv := filepath.Join(dir, "calls.csv")
	require.NoError(t, os.WriteFile(csv, []byte(list), 0o600))
	b.caller = startActor(t, "caller", dir, part{
		script: "caller/burst",
		addr:   freePort(t, net.host(hostCaller)),
		remote: e.address(),
		calls:  len(users),
		args:   []string{"-inf", csv, "-r", fmt.Sprint(len(users)), "-rp", "100", "-d", "2000"},
	})
	require.Zero(t, b.caller.exitCode(t, callLimit), "the caller's script failed")
	return b
}

// heard checks how many calls got that final answer.
func (b *burst) heard(t *testing.T, status, calls int) {
	t.Helper()
	ids := make(map[string]bool)
	for _, p := range responses(b.caller.packets(t), "INVITE", status) {
		ids[p.get("Call-ID")] = true
	}
	require.Len(t, ids, calls, "of %d calls, those that got %d", b.calls, status)
}
