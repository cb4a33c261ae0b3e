package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
	t.Run("good", func(t *testing.T) {
		got := execute(t, "check", "-c", s.config)
		require.Equal(t, exitGood, got.code, got)
		require.Equal(t, fmt.Sprintf("RESULT  %-*s  TEXT\nok      %s  syntax and meaning are good\n", len(s.config), "SUBJECT", s.config), got.stdout)
		require.Empty(t, got.stderr)
	})
	t.Run("a warning", func(t *testing.T) {
		warned := newSite(t, sim.BridgeOptions{}, `      - {name: cluster3, sip: "sip:127.0.0.1:5999", api: "http://127.0.0.1:5998", username: admin, password: secret}`)
		got := execute(t, "check", "-c", warned.config, "-o", "json")
		require.Equal(t, exitWarning, got.code, got)
		var findings []findingView
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &findings))
		require.Len(t, findings, 3)
		require.Equal(t, findingView{"ok", warned.config, "syntax and meaning are good"}, findings[0])
		require.Equal(t, "warning", findings[1].Severity)
		require.Equal(t, "groups[0].callBridges[2].api", findings[1].Subject)
		require.Equal(t, "groups[0].callBridges[2].password", findings[2].Subject)
		require.NotContains(t, got.stdout, "secret", "a password is never printed")
	})
}

// A file with errors is told in the form that was asked for as well.
func TestCheckOfABadFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(file, []byte("groups:\n  - {name: a, delivery: replaces}\n"), 0o600))
	got := execute(t, "check", "-c", file, "-o", "json")
	require.Equal(t, exitConfig, got.code, got)
	var findings []findingView
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &findings))
	require.NotEmpty(t, findings)
	require.True(t, slices.ContainsFunc(findings, func(f findingView) bool {
		return f.Severity == "critical" && f.Subject == file+":2:25" && strings.Contains(f.Text, "not available")
	}), "%v", findings)

	got = execute(t, "check", "-c", filepath.Join(t.TempDir(), "nowhere.yaml"), "-o", "csv")
	require.Equal(t, exitConfig, got.code)
	require.Contains(t, got.stdout, "critical,")
}

func TestCheckOnline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options sim.BridgeOptions
		prepare func(t *testing.T, s *site)
		code    int
		want    [][]string // severity, subject, text
	}{
		{
			"all is well", sim.BridgeOptions{LoadLimit: 5000}, func(*testing.T, *site) {}, exitGood, [][]string{
				{"ok", "FILE", "syntax and meaning are good"},
				{"ok", "bridge cluster1 API", "login works, load 0 of 5000"},
				{"ok", "bridge cluster1 SIP", "sip:SIP-cluster1 answers OPTIONS with 200"},
				{"ok", "bridge cluster2 API", "login works, load 0 of 5000"},
				{"ok", "bridge cluster2 SIP", "sip:SIP-cluster2 answers OPTIONS with 200"},
				{"ok", "group london", "loadBalancingEnabled is true"},
			},
		},
		{
			"bridges move calls", sim.BridgeOptions{LoadLimit: 5000}, func(t *testing.T, s *site) {
				s.setFlag(t, "loadBalanceIndirectCalls", "true")
			}, exitWarning, [][]string{
				{"warning", "group london", "loadBalanceIndirectCalls is true: bridges may move calls"},
			},
		},
		{
			"no load limit", sim.BridgeOptions{}, func(t *testing.T, s *site) { s.Bridge("cluster2").SetLimits(sim.Limits{LoadLimit: 5000}) }, exitWarning, [][]string{
				{"warning", "bridge cluster1 API", "no loadLimit is set on the bridge: it never counts as full; set loadLimit at system/configuration/cluster"},
			},
		},
		{
			"wants no calls", sim.BridgeOptions{LoadLimit: 5000}, func(t *testing.T, s *site) { s.Bridge("cluster1").SetSIPMode(sim.SIPMode{Kind: sim.SIPUnavailable}) }, exitWarning, [][]string{
				{"warning", "bridge cluster1 SIP", "sip:SIP-cluster1 answers OPTIONS with 503: it wants no calls now"},
			},
		},
		{
			"wrong password", sim.BridgeOptions{LoadLimit: 5000}, func(t *testing.T, s *site) { s.Bridge("cluster2").SetAPIMode(sim.APIMode{Kind: sim.APIUnauthorized}) }, exitCritical, [][]string{
				{"ok", "bridge cluster1 API", "login works, load 0 of 5000"},
				{"critical", "bridge cluster2 API", "401"},
				{"ok", "bridge cluster2 SIP", "sip:SIP-cluster2 answers OPTIONS with 200"},
			},
		},
		{
			"nobody there", sim.BridgeOptions{LoadLimit: 5000}, func(t *testing.T, s *site) {
				if err := s.Bridge("cluster1").Stop(sim.PartSIP | sim.PartAPI); err != nil {
					panic(err)
				}
			}, exitCritical, [][]string{
				{"critical", "bridge cluster1 API", "refused"},
				{"critical", "bridge cluster1 SIP", "no answer to OPTIONS at sip:SIP-cluster1"},
				{"ok", "bridge cluster2 SIP", "sip:SIP-cluster2 answers OPTIONS with 200"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, c.options)
			c.prepare(t, s)
			got := execute(t, "check", "--online", "-c", s.config, "-o", "csv")
			require.Equal(t, c.code, got.code, got)
			rows, err := csv.NewReader(strings.NewReader(s.plain(got.stdout))).ReadAll()
			require.NoError(t, err)
			require.Equal(t, []string{"result", "subject", "text"}, rows[0])
			for _, want := range c.want {
				found := false
				for _, row := range rows[1:] {
					found = found || row[0] == want[0] && row[1] == want[1] && strings.Contains(row[2], want[2])
				}
				require.True(t, found, "%q is not among\n%q", want, rows)
			}
			require.Empty(t, got.stderr)
		})
	}
}
