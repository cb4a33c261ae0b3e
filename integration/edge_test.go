package integration

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// edge is the program under test: a process of its own.
type edge struct {
	sip, admin netip.AddrPort
	program    string
	config     string
	*process
}

// settings are what a test wants of the edge; everything else is as the lab
// has it.
type settings struct {
	bridges   []callBridge
	at        netip.Addr     // where the edge takes calls; its address of the network unless given
	advertise string         // the name it goes by, if it has one
	transport string         // to the bridges: "udp" (the default), "tcp", or "any", which names none
	outward   netip.AddrPort // where calls of the bridges go
	domains   []string       // of the route, beside the usual one
	control   []string       // further lines of the call control
	controls  []string       // further entries of the section callControl
	policy    []string       // lines of the section policy
	pins      bool           // pin the room to the order of the lab cases
	quiet     bool           // log warnings only
}

// callBridge is what the configuration says of one bridge.
type callBridge struct {
	name               string
	sip                string // host:port
	api                string
	username, password string
}

// startEdge writes a configuration into dir, runs the edge with it, and waits
// until it is ready for calls.
func startEdge(t *testing.T, net network, dir string, o settings) *edge {
	t.Helper()
	e := &edge{
		sip:     freePort(t, cmp.Or(o.at, net.host(hostEdge))),
		admin:   freePort(t, net.host(hostEdge)),
		program: edgeProgram(t),
		config:  filepath.Join(dir, "bridgehead.yaml"),
	}
	require.NoError(t, os.WriteFile(e.config, []byte(o.file(e, net)), 0o600))
	e.start(t)
	t.Cleanup(func() {
		e.stop()
		require.Zero(t, e.cmd.ProcessState.ExitCode(), "the edge ends by SIGTERM with success and no data race, not so: %s", e.cmd.ProcessState)
	})
	return e
}

// file is the configuration.
func (o settings) file(e *edge, net network) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("stateDir: state")
	line("sip:")
	line("  listen: [%q, %q]", "udp://"+e.sip.String(), "tcp://"+e.sip.String())
	if o.advertise != "" {
		line("  advertise: %s", o.advertise)
	}
	line("callControl:")
	line("  - name: %s", callControl)
	line("    kind: cucm")
	line("    uris: [%q]", "sip:"+o.outward.String())
	line("    sources: [%s/32]", net.host(hostCaller))
	line("    domains: [example.com]")
	for _, l := range o.control {
		line("    %s", l)
	}
	for _, l := range o.controls {
		line("  - %s", l)
	}
	line("routes:")
	line("  - {domains: [%s], groups: [lab], default: true}", strings.Join(append([]string{domain}, o.domains...), ", "))
	line("groups:")
	line("  - name: lab")
	line("    callBridges:")
	for _, bridge := range o.bridges {
		line("      - name: %s", bridge.name)
		uri := "sip:" + bridge.sip
		if t := cmp.Or(o.transport, "udp"); t != "any" {
			uri += ";transport=" + t
		}
		line("        sip: %q", uri)
		line("        api: %s", bridge.api)
		line("        username: %s", bridge.username)
		line("        password: %s", bridge.password)
	}
	if o.pins {
		line("priorities:")
		line("  - {conference: %s, order: [%s]}", room, strings.Join(pin, ", "))
	}
	line("policy:")
	for _, l := range []string{"pollInterval: 200ms", "apiBudget: 100"} { // so that no test waits for a reading
		key, _, _ := strings.Cut(l, " ")
		if !slices.ContainsFunc(o.policy, func(own string) bool { return strings.HasPrefix(own, key) }) {
			line("  %s", l)
		}
	}
	for _, l := range o.policy {
		line("  %s", l)
	}
	line("admin: {listen: %q}", e.admin)
	line("log: {level: %s, format: console}", map[bool]string{false: "debug", true: "warn"}[o.quiet])
	return b.String()
}

// start runs the process and waits for /readyz.
func (e *edge) start(t *testing.T) {
	t.Helper()
	e.process = startProcess(t, "edge", exec.Command(e.program, "serve", "-c", e.config), syscall.SIGTERM)
	for end := time.Now().Add(patience); e.stateOf("/readyz") != http.StatusOK; time.Sleep(pause) {
		require.False(t, e.ended(), "the edge has ended at once:\n%s", e.out.String())
		if time.Now().After(end) {
			e.quit = syscall.SIGQUIT // it tells where each goroutine stands
			require.Fail(t, "the edge is not ready", "waited %s", patience)
		}
	}
}

func (e *edge) address() netip.AddrPort { return e.sip }

func (e *edge) restart(t *testing.T) {
	t.Helper()
	e.stop()
	require.Zero(t, e.cmd.ProcessState.ExitCode(), "the edge ends by SIGTERM with success, not so: %s", e.cmd.ProcessState)
	e.start(t)
}
