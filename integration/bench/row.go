package main

import (
	"fmt"
	"strings"
	"time"
)

// kind is what becomes of the calls of a row.
type kind string

// Kinds of traffic.
const (
	placed    kind = "placed"    // answered by the bridge, ended by the caller
	refused   kind = "refused"   // no bridge has room: 488 from the proxy itself, and from a relay to everybody
	cancelled kind = "cancelled" // given up by the caller while it rings
	spread    kind = "spread"    // placed, 20 spaces over 24 bridges
	garbage   kind = "garbage"   // placed, amid 10 % more messages that nobody needs
)

// row is one line of the table for each proxy: some traffic.
type row struct {
	name      string
	transport string // "udp" or "tcp"
	rate      int    // calls per second
	kind      kind
	length    time.Duration // 0: what the flag says
	bridges   int           // 0: usualBridges
	spaces    int           // that are called; 0: usualSpaces
	known     int           // spaces that the group has; those that are called, at least
	procs     int           // processors that the edge may use; 0: all
	sockets   int           // UDP sockets that the edge listens on, each with a caller of its own; 0: one
	up        int           // calls that are up meanwhile
}

// What a row has unless it says otherwise: a small group and one conference.
const (
	usualBridges = 3
	usualSpaces  = 1
)

// rows are all rows, in the order of the table.
func rows() []row {
	var all []row
	for _, rate := range []int{500, 1000, 2000, 3000} {
		all = append(all, row{name: fmt.Sprintf("udp-%d", rate), transport: "udp", rate: rate, kind: placed})
	}
	for _, rate := range []int{500, 1000, 2000, 3000} {
		all = append(all, row{name: fmt.Sprintf("tcp-%d", rate), transport: "tcp", rate: rate, kind: placed})
	}
	return append(all,
		row{name: "refused", transport: "udp", rate: 2000, kind: refused},
		row{name: "refused-8000", transport: "udp", rate: 8000, kind: refused}, // as many messages as udp-2000 has: 3 a call, there 13
		row{name: "cancelled", transport: "udp", rate: 2000, kind: cancelled},
		row{name: "spread", transport: "udp", rate: 2000, kind: spread, bridges: 24, spaces: 20},
		row{name: "garbage", transport: "udp", rate: 2000, kind: garbage},
		row{name: "minute", transport: "udp", rate: 2000, kind: placed, length: time.Minute},
	)
}

// chooseRows picks rows by name; "all" and "growth" are
// those of the two tables.
func chooseRows(names string) ([]row, error) {
	switch names {
	case "all":
		return rows(), nil
	case "growth":
		return growth(), nil
	}
	var chosen []row
	for name := range strings.SplitSeq(names, ",") {
		r, ok := rowNamed(name)
		if !ok {
			return nil, fmt.Errorf("there is no row %q; there are all, growth, %s", name, rowNames())
		}
		chosen = append(chosen, r)
	}
	return chosen, nil
}

func rowNamed(name string) (row, bool) {
	for _, r := range append(rows(), growth()...) {
		if r.name == name {
			return r, true
		}
	}
	return row{}, false
}

func rowNames() string {
	var names []string
	for _, r := range append(rows(), growth()...) {
		names = append(names, r.name)
	}
	return strings.Join(names, ", ")
}

// takes is how long a measurement with the row takes, with start and end.
func (r row) takes(seconds int) time.Duration {
	return r.lasts(seconds) + overhead + time.Duration(r.up/holdRate)*time.Second
}

// lasts is how long the measured traffic of the row lasts.
func (r row) lasts(seconds int) time.Duration {
	if r.length > 0 {
		return r.length
	}
	return time.Duration(seconds) * time.Second
}

// suits tells if a proxy can be measured with the row. A blind relay filters
// nothing: its callee would do the work.
func (r row) suits(proxy string) bool {
	return proxy != nameRelay && proxy != nameBare || r.kind != garbage
}
