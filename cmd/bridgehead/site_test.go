package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// site is a simulated group and the configuration of an edge before it.
type site struct {
	*sim.Group
	config string
}

// newSite starts two bridges that host sip:room@meet.example.com; o may add to
// what they are. The configuration is complete and gives no warning.
func newSite(t *testing.T, o sim.BridgeOptions, lines ...string) *site {
	t.Helper()
	group := sim.Options{Domains: []string{"meet.example.com"}, Spaces: []sim.Space{{ID: roomID, URI: "room"}}}
	for _, name := range []string{"cluster1", "cluster2"} {
		o.Name, o.TLS = name, true
		group.Bridges = append(group.Bridges, o)
	}
	g, err := sim.NewGroup(group)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.Close()) })
	s := &site{Group: g, config: filepath.Join(t.TempDir(), "bridgehead.yaml")}
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(s.config), "password"), []byte("secret\n"), 0o600))
	s.write(t, lines...)
	return s
}

const roomID = "7f1c0c5e-1b1d-4f5e-9d3a-0a5b6c7d8e9f"

// write makes the file anew, with more lines at its end.
func (s *site) write(t *testing.T, lines ...string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}
callControl: [{name: cucm, kind: cucm, sources: [127.0.0.1], domains: [example.com]}]
routes: [{domains: [meet.example.com], groups: [london], default: true}]
admin: {listen: "127.0.0.1:0"}
priorities: [{conference: room, order: [cluster2, cluster1]}]
groups:
  - name: london
    callBridges:
`)
	for _, x := range s.Bridges() {
		fmt.Fprintf(&b, "      - {name: %s, sip: \"sip:%s\", api: %q, username: admin, passwordFile: password, tls: {fingerprint: %q}}\n",
			x.Name(), x.SIPAddr(), x.APIURL(), x.Fingerprint())
	}
	b.WriteString(strings.Join(lines, "\n") + "\n")
	require.NoError(t, os.WriteFile(s.config, []byte(b.String()), 0o600))
}

// plain replaces what differs from run to run.
func (s *site) plain(text string) string {
	pairs := []string{s.config, "FILE"}
	for _, b := range s.Bridges() {
		pairs = append(pairs, b.SIPAddr(), "SIP-"+b.Name(), b.APIURL(), "API-"+b.Name())
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// setFlag sets a flag of the simulated Call Bridge group, as its administrator
// would: through the API of a bridge.
func (s *site) setFlag(t *testing.T, flag, value string) {
	t.Helper()
	b := s.Bridges()[0]
	client := &http.Client{Timeout: testPatience, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the simulator, on loopback
	}}
	do := func(method, path, form string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, b.APIURL()+"/api/v1/callBridgeGroups"+path, strings.NewReader(form))
		require.NoError(t, err)
		req.SetBasicAuth("admin", b.Password())
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, http.StatusOK, res.StatusCode)
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(text)
	}
	id := regexp.MustCompile(`callBridgeGroup id="([^"]+)"`).FindStringSubmatch(do(http.MethodGet, "", ""))
	require.NotNil(t, id)
	do(http.MethodPut, "/"+id[1], flag+"="+value)
}
