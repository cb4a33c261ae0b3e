package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// twoBridges is a topology for states.
func twoBridges(t *testing.T) (*lb.Topology, *lb.Balancer) {
	t.Helper()
	topology, err := lb.NewTopology([]lb.GroupConfig{{Name: "london", Bridges: []lb.BridgeConfig{{Name: "cluster1"}, {Name: "cluster2"}}}}, nil)
	require.NoError(t, err)
	return topology, lb.New(topology, lb.DefaultPolicy(), time.Now())
}

func stateOf(b *lb.Balancer) string {
	var all []string
	for _, v := range b.Bridges(time.Now()) {
		all = append(all, v.State)
	}
	return strings.Join(all, " ")
}

// Every state survives a restart, and ready leaves no trace.
func TestStatesAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	topology, _ := twoBridges(t)
	nothing := func() {}
	s := loadStates(dir, topology, zap.NewNop())
	require.NoError(t, s.set("cluster1", lb.DrainStrict, time.Now(), nothing))
	require.NoError(t, s.set("cluster2", lb.Maintenance, time.Now(), nothing))
	since, ok := s.since("cluster1")
	require.True(t, ok)

	_, b := twoBridges(t)
	s = loadStates(dir, topology, zap.NewNop())
	s.apply(b, topology)
	require.Equal(t, "drain-strict maint", stateOf(b))
	again, _ := s.since("cluster1")
	require.True(t, since.Equal(again))
	require.NoError(t, s.set("cluster1", lb.DrainStrict, time.Now().Add(time.Hour), nothing))
	again, _ = s.since("cluster1")
	require.True(t, since.Equal(again), "the same state again is no new one")

	require.NoError(t, s.set("cluster1", lb.Ready, time.Now(), nothing))
	require.NoError(t, s.set("cluster2", lb.Ready, time.Now(), nothing))
	file, err := os.ReadFile(filepath.Join(dir, statesFile))
	require.NoError(t, err)
	require.JSONEq(t, `{}`, string(file))
}

// What is not understood is said, and the rest counts.
func TestStatesThatDoNotFit(t *testing.T) {
	for _, c := range []struct{ file, want, log string }{
		{`{"cluster2":{"state":"drain"},"cluster7":{"state":"maint"}}`, "ready drain", "cluster7"},
		{`{"cluster1":{"state":"asleep"},"cluster2":{"state":"maint"}}`, "ready maint", "cluster1"},
		{`{"cluster1":`, "ready ready", "set their states again"},
		{`null`, "ready ready", ""},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, statesFile), []byte(c.file), 0o600))
		topology, b := twoBridges(t)
		core, logs := observer.New(zap.WarnLevel)
		s := loadStates(dir, topology, zap.New(core))
		s.apply(b, topology)
		require.Equal(t, c.want, stateOf(b), c.file)
		var text strings.Builder
		for _, e := range logs.All() {
			text.WriteString(e.Message)
			text.WriteString(fmt.Sprint(e.ContextMap()))
		}
		require.Contains(t, text.String(), c.log, c.file)
	}
}

// A state of a bridge that the configuration left out for a while is not lost.
func TestStateOfAbsentBridgeIsKept(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, statesFile), []byte(`{"cluster7":{"state":"maint"}}`), 0o600))
	topology, _ := twoBridges(t)
	require.NoError(t, loadStates(dir, topology, zap.NewNop()).set("cluster1", lb.Drain, time.Now(), func() {}))
	file, err := os.ReadFile(filepath.Join(dir, statesFile))
	require.NoError(t, err)
	require.Contains(t, string(file), "cluster7")
}

// The operator is obeyed also where nothing can be written, and told.
func TestStateThatCannotBeKept(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	a.states.path = filepath.Join(blocked, statesFile)
	b, warning, err := a.SetState("cluster1", lb.Maintenance)
	require.NoError(t, err)
	require.Equal(t, "maint", b.State)
	require.Contains(t, warning, "does not outlive a restart")
	_, _, err = a.SetState("cluster9", lb.Drain)
	require.True(t, errors.Is(err, admin.ErrUnknownBridge))
}

// Conferences are told by space, those on several bridges first.
func TestConferences(t *testing.T) {
	a, err := New(parse(t, strings.Replace(minimal, "secret-word}", `secret-word}
      - {name: cluster2, sip: "sip:127.0.0.4:5999", api: "http://127.0.0.1:2", username: a, password: secret-word}`, 1)), Options{})
	require.NoError(t, err)
	now := time.Now()
	known := func(space string, local int) lb.Conference {
		return lb.Conference{Space: space, Type: lb.TypeSpace, DetailsAt: now, Local: local}
	}
	a.balancer.Report(lb.Reading{Bridge: 0, Endpoint: lb.ReadCalls, BeganAt: now, At: now, Conferences: []lb.Conference{
		known("quiet", 0), known("large", 9), known("both", 1), known("both", 2), {Type: lb.TypeForwarding, Local: 3}, {Space: "new"},
	}})
	a.balancer.Report(lb.Reading{Bridge: 1, Endpoint: lb.ReadCalls, BeganAt: now, At: now, Conferences: []lb.Conference{known("both", 1)}})
	all := a.Conferences()
	require.Len(t, all, 3)
	require.Equal(t, "both", all[0].Space)
	require.True(t, all[0].Spread)
	require.Equal(t, 4, all[0].Participants)
	require.Equal(t, 3, *all[0].Bridges[0].Participants, "two call objects of one space")
	require.Equal(t, "large", all[1].Space)
	require.Equal(t, "new", all[2].Space)
	require.Nil(t, all[2].Bridges[0].Participants, "nobody has asked for details yet")

	g := a.Groups()
	require.Len(t, g, 1)
	require.Equal(t, []string{"cluster1", "cluster2"}, g[0].Bridges)
	require.Equal(t, []string{"meet.example.com"}, g[0].Routes)
	require.Equal(t, 3, g[0].Conferences)
	require.Equal(t, 1, g[0].Spread)
	require.Nil(t, g[0].NewLimit, "no limit was ever read")
}
