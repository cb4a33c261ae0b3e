package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bridgehead/cmsapi/sim"
)

// Loads of the simulated bridges, in load units: no room at all, or room for
// whatever comes, as a call counts as one unit only and the bridges, whose calls
// sipp takes, never say that any runs.
const (
	ample = 100_000_000
	full  = 100_000
)

// edge is bridgehead serve from this tree, as people run it: it polls the API of
// every bridge, records each decision, writes a line of log for it into a file,
// and is asked for its metrics every second.
type edge struct {
	site  *site
	group *sim.Group
	*child
}

// buildEdge builds the program as make build does, or, which is quicker, with no
// profile for the compiler.
func buildEdge(ctx context.Context, dir string, profiled bool) error {
	pgo := "off"
	if profiled {
		root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
		if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		pgo = filepath.Join(strings.TrimSpace(string(root)), "cmd", "bridgehead", "load.pgo")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-pgo", pgo, "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, nameEdge), "bridgehead/cmd/bridgehead")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// useBase puts another build of the edge beside it.
func useBase(dir, program string) error {
	path, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return os.Symlink(path, filepath.Join(dir, nameBase))
}

// startEdge starts the build of that name.
func startEdge(ctx context.Context, s *site, name string) (proxy, error) {
	group, err := sim.NewGroup(groupOf(s))
	if err != nil {
		return nil, err
	}
	if s.row.kind == refused {
		for _, b := range group.Bridges() {
			b.SetLoad(full)
		}
	}
	e := &edge{site: s, group: group}
	config := filepath.Join(s.dir, "bridgehead.yaml")
	err = os.WriteFile(config, []byte(e.config()), 0o600)
	if err == nil {
		argv := []string{filepath.Join(filepath.Dir(s.dir), name), "serve", "-c", config}
		argv = append(argv, profileFlags(s)...)
		if s.row.procs > 0 {
			argv = append([]string{"env", fmt.Sprintf("GOMAXPROCS=%d", s.row.procs)}, argv...)
		}
		e.child, err = startChild(s.dir, name, argv...)
	}
	if err != nil {
		return nil, errors.Join(err, group.Close())
	}
	err = until(ctx, 2*patience, "the edge is ready and knows its group", func() bool {
		return e.ended() || e.get("/readyz", nil) == nil && e.informed()
	})
	if err == nil && e.ended() {
		err = e.failure("has ended")
	}
	if err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

// groupOf is the simulated group of a site: its REST API. The SIP side is left to
// sipp.
func groupOf(s *site) sim.Options {
	o := sim.Options{Domains: []string{domain}}
	for _, user := range s.users() {
		o.Spaces = append(o.Spaces, sim.Space{URI: user})
	}
	for len(o.Spaces) < s.row.known {
		o.Spaces = append(o.Spaces, sim.Space{URI: fmt.Sprintf("quiet%d", len(o.Spaces))})
	}
	limit := ample
	if s.row.kind == refused {
		limit = full
	}
	for i, bridge := range s.bridges() {
		host := netip.AddrPortFrom(bridge.Addr(), 0).String()
		o.Bridges = append(o.Bridges, sim.BridgeOptions{Name: fmt.Sprintf("cluster%d", i+1), SIPAddr: host, APIAddr: host, LoadLimit: limit, PageCap: 200})
	}
	return o
}

// informed tells if the edge has read all spaces and what each bridge has room for.
func (e *edge) informed() bool {
	var answer struct {
		Groups []struct {
			NewLimit  *int64
			Directory struct{ LastFull *time.Time }
		}
	}
	return e.get("/api/v1/groups", &answer) == nil && len(answer.Groups) == 1 &&
		answer.Groups[0].NewLimit != nil && answer.Groups[0].Directory.LastFull != nil
}

// config is the edge's configuration: what has no default, and a log.
func (e *edge) config() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	listen := fmt.Sprintf("%q", "tcp://"+e.door(0).String())
	for _, caller := range e.site.callers() {
		listen += fmt.Sprintf(", %q", "udp://"+e.door(caller).String())
	}
	line("stateDir: state")
	line("sip: {listen: [%s]}", listen)
	line("callControl:")
	line("  - {name: callers, kind: other, uris: [%q], sources: [%s/32], domains: [example.com]}",
		"sip:"+e.site.at(hostCaller, portOutward).String(), e.site.at(hostCaller, 0).Addr())
	line("routes:")
	line("  - {domains: [%s], groups: [bench], default: true}", domain)
	line("groups:")
	line("  - name: bench")
	line("    callBridges:")
	for i, bridge := range e.group.Bridges() {
		line("      - {name: %s, sip: %q, api: %q, username: %s, password: %s}", bridge.Name(),
			fmt.Sprintf("sip:%s;transport=%s", e.site.bridges()[i], e.site.row.transport), bridge.APIURL(), bridge.Username(), bridge.Password())
	}
	line("admin: {listen: %q}", e.site.at(hostProxy, portAdmin))
	line("policy:")
	line("  costs: {audio: 1, 480p: 1, 720p: 1, 1080p: 1, unknown: 1}")
	if e.site.row.known > 0 {
		line("  apiBudget: 100") // all spaces are read before the traffic: let that not take minutes
	}
	line("log: {level: info, format: console}")
	return b.String()
}

func (e *edge) door(caller uint16) netip.AddrPort {
	if caller >= portMore {
		return e.site.at(hostProxy, caller)
	}
	return e.site.at(hostProxy, portSIP)
}

// stop ends the edge and then the bridges' API.
func (e *edge) stop() {
	e.child.stop()
	_ = e.group.Close() // an error would be one of the simulator's sockets, which nobody needs any more
}

// scrape asks for the metrics every second until ctx is over.
func (e *edge) scrape(ctx context.Context) error {
	for {
		select {
		case <-time.After(time.Second):
			if err := e.get("/metrics", nil); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// get asks the edge's HTTP API and reads the JSON of its answer; with nil for
// that it throws the answer away.
func (e *edge) get(path string, into any) error {
	r, err := http.Get("http://" + e.site.at(hostProxy, portAdmin).String() + path)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, r.Status)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
