package config

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	yaml "github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// load loads a file of testdata/good.
func load(t *testing.T, file string) *Config {
	t.Helper()
	setEnvironment(t)
	c, err := Load(filepath.Join("testdata/good", file))
	require.NoError(t, err)
	return c
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	require.NoError(t, err)
	return a
}

func prefixes(texts ...string) []netip.Prefix {
	var p []netip.Prefix
	for _, s := range texts {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

func number(n int) *int { return &n }

// TestFull compares every field of a file that sets them all.
func TestFull(t *testing.T) {
	c := load(t, "full.yaml")

	require.Equal(t, absolute(t, "testdata/good/state-of-edge"), c.StateDir)
	require.Equal(t, []Listener{
		{URI: "udp://0.0.0.0:5060", Advertise: "edge.example.com", Transport: UDP, Bind: netip.MustParseAddrPort("0.0.0.0:5060")},
		{URI: "tcp://0.0.0.0:5060", Advertise: "edge.example.com", Transport: TCP, Bind: netip.MustParseAddrPort("0.0.0.0:5060")},
		{URI: "udp://[::1]:5070", Advertise: "edge-b.example.com:5080", Transport: UDP, Bind: netip.MustParseAddrPort("[::1]:5070")},
	}, c.SIP.Listen)
	require.Equal(t, "edge.example.com", c.SIP.Advertise)
	require.Len(t, c.SIP.RouteKeys, 2)
	require.Equal(t, "hunter2-route-key-of-the-site", c.SIP.RouteKeys[0].Reveal())
	require.Equal(t, "hunter2-the-old-route-key", c.SIP.RouteKeys[1].Reveal())
	require.Equal(t, 200*time.Second, c.SIP.Timers.TimerC)

	require.Equal(t, []CallControl{
		{
			Name: "cucm", Kind: KindCUCM,
			URIs: []SIPURI{
				{Host: "10.0.0.10", Port: 5060, Transport: TCP, Explicit: true},
				{Host: "cucm2.example.com", Port: 5060, Transport: UDP, Explicit: true, Bare: true},
			},
			Sources: prefixes("10.0.0.0/24", "2001:db8::10/128", "192.0.2.1/32"),
			Domains: []string{"example.com"},
		},
		{Name: "expressway", Kind: KindExpressway, URIs: []SIPURI{{Host: "2001:db8::1", Port: 5060, Transport: UDP}}},
		{
			Name: "skype", Kind: KindLync, URIs: []SIPURI{{Host: "10.0.0.20", Port: 5060, Transport: UDP}},
			Landing: LandingOnly, Reject: OwnReject{Exhausted: number(486), Unavailable: number(480)},
		},
	}, c.CallControl)

	require.Equal(t, []Route{
		{
			Domains: []string{"meet.example.com", "192.0.2.50"}, Groups: []string{"london", "paris"}, Default: true,
			Listener: "udp://0.0.0.0:5060", CallControl: "cucm", RequestURI: RequestURIBridge,
		},
		{Domains: []string{"meet.example.com"}, Groups: []string{"paris"}, RequestURI: RequestURIDomain},
	}, c.Routes)

	require.Len(t, c.Groups, 2)
	require.Equal(t, DeliveryForward, c.Groups[0].Delivery)
	require.Equal(t, DeliveryForward, c.Groups[1].Delivery, "its default")
	b := c.Groups[0].CallBridges[0]
	require.NotNil(t, b.TLS.Roots)
	require.Equal(t, "hunter2-from-file", b.Password.Reveal())
	b.TLS.Roots, b.Password = nil, Secret{}
	require.Equal(t, CallBridge{
		Name: "cluster1", SIP: SIPURI{Host: "10.0.1.11", Port: 5060, Transport: TCP, Explicit: true},
		Sources: prefixes("10.0.1.11/32", "10.0.1.12/32"), API: "https://10.0.1.11:445", Username: "bridgehead",
		PasswordFile: absolute(t, "testdata/cms.password"), TLS: APITLS{CA: absolute(t, "testdata/cms-ca.pem")},
		LoadLimit: number(96000), NewConferenceLoadLimitBasisPoints: number(5000),
		ExistingConferenceLoadLimitBasisPoints: number(8000), ParticipantLimit: number(450),
	}, b)
	b = c.Groups[0].CallBridges[1]
	require.Equal(t, "hunter2-literal", b.Password.Reveal())
	require.Equal(t, "1001", b.Username)
	require.Nil(t, b.LoadLimit, "not given: read from the bridge")
	b = c.Groups[1].CallBridges[0]
	require.Equal(t, "https://cms3.example.com", b.API)
	require.Equal(t, "api", b.Username)
	require.Equal(t, "hunter2-from-environment", b.Password.Reveal())
	require.Equal(t, number(1500), b.LoadLimit)
	require.Len(t, b.TLS.SHA256, 32)
	require.Equal(t, []byte{0xee, 0xff}, b.TLS.SHA256[30:])

	require.Equal(t, []Priority{{Conference: "boardroom", Order: []string{"cluster3", "cluster1", "cluster2"}}}, c.Priorities)
	require.Equal(t, Policy{
		Mode: ModeBalance, Landing: LandingNative, Reject: Reject{Exhausted: 487, Gateway: 480, Unavailable: 500},
		PollInterval: 500 * time.Millisecond, DirectoryRefresh: 2 * time.Minute, StaleAfter: 4 * time.Second, DownAfter: 20 * time.Second,
		DrainTimeout: 30 * time.Second, Blind: BlindRefuse, AttemptTimeout: 2 * time.Second, Attempts: 2, DecisionTimeout: 8 * time.Second,
		SetupTimeout: 15 * time.Second, Settle: 2 * time.Second, Costs: Costs{Audio: 60, P480: 600, P720: 1100, P1080: 2100, Unknown: 1200},
		URIQueryWait: 200 * time.Millisecond, OptionsWhenFull: 503,
		APIBudget: 20, MaxPerConference: 400, MaxJoinRate: 100, MaxBridgesPerConference: 3, Options: Options{Interval: 5 * time.Second},
	}, c.Policy)
	require.Equal(t, "127.0.0.1:9000", c.Admin.Listen)
	require.Equal(t, Log{Level: LevelDebug, Format: FormatJSON, Redact: RedactNumbers}, c.Log)

	var warnings []string
	for _, w := range c.Warnings() {
		warnings = append(warnings, w.Message)
		require.NotContains(t, w.String(), "hunter2")
		require.NotEmpty(t, w.Excerpt)
	}
	require.Equal(t, []string{
		"listen: without a tcp:// listener beside it, requests that are too large for a packet leave in fragments, which many firewalls drop; add one, or write transport=udp in every sip: and uris",
		"api: http://10.0.1.12:8080 sends the password in clear; write https:// where the bridge has it",
		"password: stands in clear in this file; passwordFile or ${NAME} would keep it out",
	}, warnings)
}

// TestLeast shows that what is not given has its default, in YAML and JSON.
func TestLeast(t *testing.T) {
	c := load(t, "least.yaml")
	want := Default()
	require.Equal(t, want.SIP, c.SIP)
	require.Equal(t, want.Policy, c.Policy)
	require.Equal(t, want.Admin, c.Admin)
	require.Equal(t, want.Log, c.Log)
	require.Equal(t, absolute(t, "testdata/good/state"), c.StateDir)
	require.Equal(t, KindOther, c.CallControl[0].Kind)
	require.Empty(t, c.Warnings())

	require.Equal(t, c, load(t, "least.json"))
	windows := load(t, "windows.yaml")
	require.Equal(t, c.Groups, windows.Groups)
	require.Equal(t, c.Routes, windows.Routes)
}

func TestAnchors(t *testing.T) {
	c := load(t, "anchors.yaml")
	require.Zero(t, c.Policy.Options.Interval, "off")
	require.Empty(t, c.Priorities)
	require.Len(t, c.Groups[0].CallBridges, 2)
	first, second := c.Groups[0].CallBridges[0], c.Groups[0].CallBridges[1]
	require.Equal(t, "cluster1", first.Name)
	require.Equal(t, "cluster2", second.Name, "the key that stands there wins over the merged one")
	require.Equal(t, first.LoadLimit, second.LoadLimit)
	require.Equal(t, first.Password.Reveal(), second.Password.Reveal())
}

func TestStateDir(t *testing.T) {
	text, err := os.ReadFile("testdata/good/least.yaml")
	require.NoError(t, err)
	t.Setenv("STATE_DIRECTORY", "/var/lib/bridgehead:/var/lib/other")
	c, err := Parse(text, absolute(t, "testdata/good"))
	require.NoError(t, err)
	require.Equal(t, "/var/lib/bridgehead", c.StateDir)
	c, err = Parse(append(text, "stateDir: /srv/../srv/edge\n"...), absolute(t, "testdata/good"))
	require.NoError(t, err)
	require.Equal(t, "/srv/edge", c.StateDir, "the file's word wins over the environment's")
}

// TestTimesFollow shows that a slow poll alone gives a working configuration.
func TestTimesFollow(t *testing.T) {
	c := site(t, "policy: {pollInterval: 10s}")
	require.Equal(t, 30*time.Second, c.Policy.StaleAfter)
	require.Equal(t, 90*time.Second, c.Policy.DownAfter)
	c = site(t, "policy: {pollInterval: 10s, staleAfter: 12s}")
	require.Equal(t, 12*time.Second, c.Policy.StaleAfter)
	require.Equal(t, 36*time.Second, c.Policy.DownAfter)
}

// site parses the least file with more lines.
func site(t *testing.T, more string) *Config {
	t.Helper()
	text, err := os.ReadFile("testdata/good/least.yaml")
	require.NoError(t, err)
	c, err := Parse(append(text, more+"\n"...), absolute(t, "testdata/good"))
	require.NoError(t, err)
	return c
}

func TestWarnings(t *testing.T) {
	for more, want := range map[string]string{
		"policy: {pollInterval: 100ms}":         "pollInterval: 100ms asks for 20 requests a second and apiBudget allows 10; running conferences will be read less often",
		"policy: {pollInterval: 200ms}":         "",
		"policy: {options: off}":                "",
		`sip: {listen: ["udp://0.0.0.0:5060"]}`: "listen: without a tcp:// listener beside it, requests that are too large for a packet leave in fragments, which many firewalls drop; add one, or write transport=udp in every sip: and uris",
		`sip: {listen: ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060", "udp://[::1]:5060", "tcp://[::1]:5062"]}`: "",
		`sip: {listen: ["tcp://0.0.0.0:5060"]}`: "",
		"policy: {mode: observe}":               "mode: observe: calls go as they are dialled, nothing is balanced or refused; see /api/v1/observe, then write balance",
	} {
		c := site(t, more)
		var got []string
		for _, w := range c.Warnings() {
			got = append(got, w.Message)
		}
		require.Equal(t, want, strings.Join(got, "\n"), more)
	}

	setEnvironment(t)
	text := `
callControl: [{name: cucm, uri: "sip:192.0.2.10", sources: [0.0.0.0/0]}]
routes: [{domains: [meet.example.com], groups: [london]}]
groups:
  - {name: london, callBridges: [{name: cluster1, sip: "sip:192.0.2.11", api: "https://192.0.2.11", username: u, password: "${API_PASSWORD}"}]}
  - {name: paris, callBridges: [{name: cluster2, sip: "sip:192.0.2.12", api: "https://192.0.2.12", username: u, password: "${API_PASSWORD}"}]}
`
	c, err := Parse([]byte(text), t.TempDir())
	require.NoError(t, err)
	require.Len(t, c.Warnings(), 2)
	require.Equal(t, "sources: 0.0.0.0/0 trusts every address there is", c.Warnings()[0].Message)
	require.Equal(t, "name: no route leads to paris; its bridges are read but get no call", c.Warnings()[1].Message)
}

// TestWordsWithColons are addresses in flow style, where a parser may take a
// colon inside a word for the end of a key.
func TestWordsWithColons(t *testing.T) {
	text := `{callControl: [{name: cucm, uris: [sip:192.0.2.10:5061;transport=tcp], sources: [2001:db8::1, ::1]}],
routes: [{domains: [meet.example.com], groups: [london]}], sip: {listen: [udp://127.0.0.1:0]},
groups: [{name: london, callBridges: [{name: a:b, sip: sip:192.0.2.11, api: https://192.0.2.11:445, username: u, password: a:${API_USER}:b}]}]}`
	setEnvironment(t)
	c, err := Parse([]byte(text), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "sip:192.0.2.10:5061;transport=tcp", c.CallControl[0].URIs[0].String())
	require.Equal(t, prefixes("2001:db8::1/128", "::1/128"), c.CallControl[0].Sources)
	require.Equal(t, "udp://127.0.0.1:0", c.SIP.Listen[0].URI)
	require.Equal(t, "a:b", c.Groups[0].CallBridges[0].Name)
	require.Equal(t, "a:api:b", c.Groups[0].CallBridges[0].Password.Reveal())
}

// TestSecretsNeverPrint prints a configuration in every way that is at hand.
func TestSecretsNeverPrint(t *testing.T) {
	c := load(t, "full.yaml")
	asJSON, err := json.Marshal(c)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(asYAML), "<secret>")
	require.Contains(t, string(asYAML), "pollInterval: 500ms")
	require.Contains(t, string(asYAML), "sip:10.0.1.11:5060;transport=tcp")
	require.NotContains(t, everyVerb(c)+everyVerb(*c)+string(asJSON)+string(asYAML), "hunter2")
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	require.NoError(t, os.WriteFile(large, []byte(strings.Repeat("# much\n", maxFile/7+1)), 0o600))
	for path, want := range map[string]string{
		filepath.Join(dir, "absent.yaml"): "absent.yaml: cannot be read: no such file or directory",
		dir:                               "cannot be read: is a directory",
		large:                             "the file is larger than 1048576 bytes",
	} {
		c, err := Load(path)
		require.Nil(t, c)
		require.IsType(t, &Error{}, err)
		require.ErrorContains(t, err, want)
	}
}

// TestManyProblems shows that the list of problems is bounded and says so.
func TestManyProblems(t *testing.T) {
	_, err := Parse([]byte(strings.Repeat("bogus: 1\n", 200)), t.TempDir())
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Problems, maxProblems)
	require.Contains(t, err.Error(), "\nand 153 more")
}

// TestBombs are files that grow when their aliases are resolved.
func TestBombs(t *testing.T) {
	entries := strings.TrimSuffix(strings.Repeat("*a,", 1000), ",")
	for name, text := range map[string]string{
		"width":  "a: &a {domains: [x]}\nroutes: [" + entries + "]\n",
		"depth":  "routes: &a [" + entries + "]\ngroups: &b [{callBridges: &c [" + strings.Repeat("{name: *c},", 500) + "{}]}]\n",
		"square": "callControl:\n  - &a {domains: &d [" + strings.TrimSuffix(strings.Repeat("x,", 1000), ",") + "]}\n" + strings.Repeat("  - *a\n", 1000),
		"circle": "policy: &a {<<: *a}\nlog: &b [*b]\n",
		"merge":  "policy: &a {<<: {<<: {<<: {<<: {<<: {<<: {<<: {<<: {<<: {<<: {mode: balance}}}}}}}}}}}\n",
	} {
		began := time.Now()
		_, err := Parse([]byte(text), t.TempDir())
		require.Error(t, err, name)
		require.Less(t, time.Since(began), 20*time.Second, name)
	}
}
