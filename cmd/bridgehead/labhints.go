package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// introduce says what stands where.
func (l *lab) introduce() {
	var b strings.Builder
	fmt.Fprintf(&b, "An edge on %s (UDP and TCP), and three simulated Call Bridges behind it:\n", l.sip)
	for _, x := range l.group.Bridges() {
		n := x.Limits()
		fmt.Fprintf(&b, "  %s  SIP %s  API %s  load limit %d: from %d no new conferences if another has room, from %d nobody\n",
			x.Name(), x.SIPAddr(), x.APIURL(), n.LoadLimit, n.LoadLimit*n.NewBP/10000, n.LoadLimit*n.ExistingBP/10000)
	}
	fmt.Fprintf(&b, "Each of the lab's calls offers 720p video, which costs %d load units.", labUnits)
	for _, m := range l.moved {
		fmt.Fprintf(&b, "\nNote: %s.", m)
	}
	l.journal.say("%s", b.String())
}

// hint says what to try next, with lines that work as they stand.
func (l *lab) hint() {
	program, admin, control := programName(), "http://"+l.edge.AdminAddr(), strings.TrimSuffix(l.group.ControlURL(), "/")
	l.journal.say(`
== now you: the lab goes on until it is interrupted, and prints every decision
Calls by sipp, 720p, each a minute long (a refusal with 488 counts as success there):
  sipp -sf %[1]s -s %[2]s -i 127.0.0.1 -r 2 -m 10 -d 60000 %[3]s
A softphone on this machine: no registration, outbound proxy %[3]s; dial
  sip:%[2]s@%[4]s   or, without a proxy, sip:%[2]s@%[3]s
The edge's own view:
  %[6]s status --server %[9]s
  %[6]s conference list --server %[9]s
  curl -s %[5]s/api/v1/decisions
  curl -s %[5]s/metrics
Take a bridge out, and put it back:
  %[6]s bridge drain cluster1 --server %[9]s
  %[6]s bridge ready cluster1 --server %[9]s
Where would a call go, and why? Is the configuration good?
  %[6]s explain --server %[9]s --to %[2]s@%[4]s
  %[6]s check --online -c %[7]s
Turn the bridges; "clear" and "ok" undo it:
  curl -s -X PUT -d 3999 %[8]s/bridges/cluster1/load
  curl -s -X PUT -d silent %[8]s/bridges/cluster2/sip
  curl -s -X PUT -d 500 %[8]s/bridges/cluster3/api
  curl -s %[8]s/bridges`,
		filepath.Join(l.dir, "call.xml"), labRoom, l.sip, labDomain, admin, program, l.config, control, l.edge.AdminAddr())
}

// programName is how this program is called again from where it was called.
func programName() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		return "go run ./cmd/bridgehead"
	}
	return os.Args[0]
}
