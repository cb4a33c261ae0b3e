package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCommandLine is about what needs no bridges: usage, files, codes.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken.yaml", "policy: {pollIntervall: 1s}\nadmin: {listen: 10.0.0.1:9495}\n")
	answers := map[string]string{
		"/healthz": "ok\n", "/readyz": "ok\n", "/api/v1/bridges": `{"bridges":[]}`, "/api/v1/observe": `{"mode":"balance"}`,
		"/api/v1/groups": `{"groups":[{"name":"london","inService":1,"open":1,"bridges":["cluster1"]}]}`,
	}
	healthy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(answers[r.URL.Path]))
	}))
	defer healthy.Close()
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("no route can take calls\n"))
	}))
	defer sick.Close()
	at := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	nowhere := "127.0.0.1:1" // nobody listens on tcpmux

	for _, c := range []struct {
		name           string
		args           string
		code           int
		stdout, stderr string // "" is nothing at all; what is given must be in it
	}{
		{"nothing", "", exitUsage, "Usage:", ""},
		{"help", "--help", exitGood, "lab", ""},
		{"help of a verb", "explain --help", exitGood, "--landing NAME", ""},
		{"unknown verb", "frobnicate", exitUsage, "", `unknown command "frobnicate"`},
		{"unknown flag", "serve --fast", exitUsage, "", "unknown flag: --fast"},
		{"too many words", "version please", exitUsage, "", "unknown command"},
		{"version", "version", exitGood, "bridgehead ", ""},

		{"serve: no file", "serve -c /nowhere/b.yaml", exitConfig, "", "/nowhere/b.yaml: cannot be read"},
		{"serve: broken", "serve -c " + broken, exitConfig, "", "did you mean pollInterval?"},
		{"check: no file", "check -c /nowhere/b.yaml", exitConfig, "", "/nowhere/b.yaml: cannot be read"},
		{"check: broken, all at once", "check -c " + broken, exitConfig, "", "an address other than loopback is not available"},
		{"check: form", "check -o xml", exitUsage, "", "-o xml: write one of table, json, csv"},
		{"explain: no URI", "explain", exitUsage, "", "--to is missing"},
		{"explain: form", "explain --to a@b -o table", exitUsage, "", "-o table: write one of text, json, cmslog"},
		{"explain: no SDP", "explain --to a@b --sdp /nowhere/offer", exitUsage, "", "/nowhere/offer"},
		{"explain: broken", "explain --to a@b -c " + broken, exitConfig, "", "did you mean pollInterval?"},

		{"status: good", "status --server " + at(healthy), exitGood, "nothing is amiss", ""},
		{"status: form", "status -o xml", exitUsage, "", "-o xml: write one of table, json, csv"},
		{"status: sick", "status --server " + at(sick), exitCritical, "", "503 Service Unavailable: no route can take calls"},
		{"status: nobody", "status --server " + nowhere, exitCritical, "", "the edge at " + nowhere + " is not healthy"},
		{"status: quiet", "status -q --server " + at(healthy), exitGood, "", ""},
		{"status: quiet and nobody", "status -q --server " + nowhere, exitCritical, "", ""},

		{"explain: file and edge", "explain --to a@b -c " + broken + " --server " + nowhere, exitUsage, "", "give one of them"},
		{"explain: nobody", "explain --to a@b --server " + nowhere, exitUnknown, "", "the edge at " + nowhere},
		{"bridge: alone", "bridge", exitUsage, "Usage:", ""},
		{"bridge: unknown verb", "bridge stop cluster1", exitUsage, "", `bridge has no verb "stop"`},
		{"bridge: no name", "bridge show", exitUsage, "", "accepts 1 arg"},
		{"bridge: nobody", "bridge list --server " + nowhere, exitUnknown, "", "the edge at " + nowhere},
		{"bridge: unknown", "bridge show cluster9 --server " + at(healthy), exitUsage, "", `no bridge has the name "cluster9"`},
		{"bridge: no server", "bridge list --server ::::", exitUnknown, "", "write 127.0.0.1:9495"},
		{"bridge: no edge", "bridge drain cluster1 --server " + at(healthy), exitUnknown, "", "is this an edge?"},
		{"bridge: timeout alone", "bridge drain cluster1 --timeout 1s", exitUsage, "", "--timeout goes with --wait"},
		{"conference: alone", "conference", exitUsage, "Usage:", ""},
		{"conference: sick", "conference list --server " + at(sick), exitUnknown, "", "no route can take calls"},

		{"lab: no address", "lab --listen somewhere", exitUsage, "", "--listen somewhere: write an IP address and a port"},
		{"lab: admin for all", "lab --admin 0.0.0.0:9495", exitUsage, "", "it must be a loopback address"},
		{"lab: no network", "lab --from 192.168.1.7", exitUsage, "", "write a network"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := execute(t, strings.Fields(c.args)...)
			require.Equal(t, c.code, got.code, "%+v", got)
			for _, s := range []struct{ name, want, got string }{{"stdout", c.stdout, got.stdout}, {"stderr", c.stderr, got.stderr}} {
				if s.want == "" {
					require.Empty(t, s.got, s.name)
				}
				require.Contains(t, s.got, s.want, s.name)
			}
		})
	}
}

// TestMistakesHavePlaces wants every problem of a file at once, with a caret.
func TestMistakesHavePlaces(t *testing.T) {
	t.Parallel()
	file := write(t, "b.yaml", "policy:\n  pollIntervall: 1s\n  joinLaterGroup: true\n")
	got := execute(t, "check", "-c", file)
	require.Equal(t, exitConfig, got.code)
	require.Contains(t, got.stderr, file+":2:3: ")
	require.Contains(t, got.stderr, "  2 |   pollIntervall: 1s\n    |   ^")
	require.Contains(t, got.stderr, file+":3:3: ")
	require.Contains(t, got.stderr, "joinLaterGroup is not available in this version")
}
