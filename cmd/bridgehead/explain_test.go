package main

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// age is what differs in the table of readings.
var age = regexp.MustCompile(`\d+\.\d s`)

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, s *site)
		args    []string
		code    int
		want    string
	}{
		{"idle, cmslog", nothing, []string{"--to", "room@meet.example.com", "-o", "cmslog"}, exitGood,
			`replace query for conference ` + roomID + `: response from 'cluster1' (priority: 1, load level: 0, conference is running: 0)
replace query for conference ` + roomID + `: response from 'cluster2' (priority: 0, load level: 0, conference is running: 0)
replace query for conference ` + roomID + `: using remote server 'cluster2' (priority: 0, load level: 0, conference is running: 0)
`},
		{"running on the landing bridge, cmslog", running, []string{"--to", "sip:ROOM@meet.example.com", "--landing", "cluster1", "-o", "cmslog"}, exitGood,
			`replace query for conference ` + roomID + `: response from 'cluster1' (priority: 1, load level: 0, conference is running: 1)
replace query for conference ` + roomID + `: response from 'cluster2' (priority: 0, load level: 0, conference is running: 0)
replace query for conference ` + roomID + `: using local server 'cluster1' (priority: 1, load level: 0, conference is running: 1)
`},
		{"idle, text", nothing, []string{"--to", "room@meet.example.com"}, exitGood,
			`space call to ` + roomID + `, cost 1000: goes to cluster2 (try 1, no landing bridge)
  cluster2: priority 0, level 0: effective load 0 of new limit 2500
  cluster1: priority 1, level 0: effective load 0 of new limit 2500

BRIDGE    READING  AGE    ERROR
cluster1  load     AGE  ` + `
cluster1  calls    AGE  ` + `
cluster1  limits   AGE  ` + `
cluster1  status   AGE  ` + `
cluster2  load     AGE  ` + `
cluster2  calls    AGE  ` + `
cluster2  limits   AGE  ` + `
cluster2  status   AGE  ` + `
`},
		{"full, cmslog", full, []string{"--to", "room@meet.example.com", "-o", "cmslog"}, exitWarning,
			`replace query for conference ` + roomID + `: response from 'cluster1' (priority: 1, load level: 2, conference is running: 0)
replace query for conference ` + roomID + `: response from 'cluster2' (priority: 0, load level: 2, conference is running: 0)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
			c.prepare(t, s)
			got := execute(t, append([]string{"explain", "-c", s.config}, c.args...)...)
			require.Equal(t, c.code, got.code, got)
			require.Equal(t, c.want, age.ReplaceAllString(got.stdout, "AGE"))
			require.Empty(t, got.stderr)
		})
	}
}

func nothing(*testing.T, *site) {}

// running puts a participant into the room on cluster1.
func running(t *testing.T, s *site) {
	_, err := s.Bridge("cluster1").AddConference(sim.Conference{Space: roomID, Participants: 1, Units: 1000})
	require.NoError(t, err)
}

// full lets both bridges have no room.
func full(_ *testing.T, s *site) {
	for _, b := range s.Bridges() {
		b.SetLoad(4000)
	}
}

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
	running(t, s)
	offer := write(t, "offer.sdp", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n")
	got := execute(t, "explain", "-c", s.config, "--to", "room@meet.example.com", "--from", "alice@example.com", "--sdp", offer, "-o", "json")
	require.Equal(t, exitGood, got.code, got)
	var e explanationView
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &e))
	require.Equal(t, "chosen", e.Outcome)
	require.Equal(t, "cluster1", e.Chosen, "the conference runs there, which weighs more than the pin")
	require.Equal(t, roomID, e.Conference)
	require.Equal(t, "alice@example.com", e.From)
	require.Equal(t, 50, e.Cost, "an offer of audio alone")
	require.Len(t, e.Candidates, 2)
	require.True(t, e.Candidates[0].Running)
	require.EqualValues(t, 1000, e.Candidates[0].Load)
	require.Len(t, e.Bridges, 2)
	require.EqualValues(t, 4000, e.Bridges[0].ExistingLimit)

	calls := 0
	for _, b := range s.Bridges() {
		calls += b.Counters().Invites
	}
	require.Zero(t, calls, "explaining calls nobody")
}

func TestExplainRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stderr string
	}{
		{"foreign domain", []string{"--to", "room@example.net"}, exitWarning, "none of the routes: the call would get 404"},
		{"no user", []string{"--to", "meet.example.com"}, exitWarning, "names no conference: write user@domain"},
		{"unknown landing bridge", []string{"--to", "room@meet.example.com", "--landing", "cluster9"}, exitWarning, "no bridge has the name \"cluster9\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
			got := execute(t, append([]string{"explain", "-c", s.config}, c.args...)...)
			require.Equal(t, c.code, got.code, got)
			require.Empty(t, got.stdout)
			require.Contains(t, got.stderr, c.stderr)
		})
	}
}

// TestExplainBlind wants the decision that an edge would make with no reading
// at all, and a code that says so.
func TestExplainBlind(t *testing.T) {
	t.Parallel()
	s := newSite(t, sim.BridgeOptions{LoadLimit: 5000})
	for _, b := range s.Bridges() {
		require.NoError(t, b.Stop(sim.PartAPI))
	}
	got := execute(t, "explain", "-c", s.config, "--to", "room@meet.example.com")
	require.Equal(t, exitUnknown, got.code, got)
	require.Contains(t, got.stdout, "goes to cluster2")
	require.Contains(t, got.stdout, "never read")
	require.Contains(t, got.stderr, "no bridge could be read")
}
