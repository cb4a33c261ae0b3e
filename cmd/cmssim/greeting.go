package main

import (
	"fmt"
	"io"
	"strings"

	"bridgehead/cmsapi/sim"
)

// greet prints how to reach the group, in one write.
func greet(w io.Writer, g *sim.Group, f flags) {
	var out strings.Builder
	word, known := password()
	shell := word
	if !known { // never printed
		word, shell = "${"+passwordVariable+"}", "$"+passwordVariable
	}
	fmt.Fprintf(&out, "# Call Bridge group %q with %d spaces, among them %s\n", g.Name(), len(g.Spaces()), someSpaces(g, f))
	fmt.Fprintf(&out, "# A section for the edge's configuration:\n")
	fmt.Fprintf(&out, "groups:\n  - name: %s\n    callBridges:\n", g.Name())
	for _, b := range g.Bridges() {
		fmt.Fprintf(&out, "      - name: %s\n        sip: sip:%s;transport=%s\n        api: %s\n        username: %s\n        password: %s\n",
			b.Name(), b.SIPAddr(), f.transport, b.APIURL(), b.Username(), word)
		if p := b.Fingerprint(); p != "" {
			fmt.Fprintf(&out, "        tls: {fingerprint: \"%s\"}\n", p)
		}
	}
	first := g.Bridges()[0]
	user := first.Username() + ":" + shell
	fmt.Fprintf(&out, "# Try:\n#   curl -sku \"%s\" %s/api/v1/system/load\n#   curl -sku \"%s\" %s/api/v1/calls\n", user, first.APIURL(), user, first.APIURL())
	if u := g.ControlURL(); u != "" {
		for _, line := range []string{
			"curl -s " + u + "bridges",
			"curl -s " + u + "calls?active=true",
			"curl -sX PUT -d 90000 " + u + "bridges/" + first.Name() + "/load          # or clear",
			"curl -sX PUT -d hang " + u + "bridges/" + first.Name() + "/api            # ok 401 500 503 html half huge hang slow=2s corrupt close",
			"curl -sX PUT -d busy " + u + "bridges/" + first.Name() + "/sip            # ok busy decline reject=480 unavailable=30 silent slow=2s trying ringforever answeroncancel",
			"curl -sX PUT -d all " + u + "bridges/" + first.Name() + "/stop            # sip api all; start brings them back",
			"curl -sX DELETE " + u + "calls/CALL-ID                  # the bridge hangs up; POST …/reinvite, …/update, …/answer",
		} {
			fmt.Fprintf(&out, "#   %s\n", line)
		}
	}
	_, _ = io.WriteString(w, out.String())
}

// someSpaces are a few URIs to call.
func someSpaces(g *sim.Group, f flags) string {
	domain := "any.domain"
	if len(f.domains) > 0 {
		domain = f.domains[0]
	}
	var some []string
	for _, s := range g.Spaces() {
		if len(some) == 3 {
			break
		}
		some = append(some, "sip:"+s.URI+"@"+domain)
	}
	if len(some) == 0 {
		return "none"
	}
	return strings.Join(some, ", ")
}
