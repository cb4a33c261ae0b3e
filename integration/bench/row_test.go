package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

func TestChoose(t *testing.T) {
	chosen, err := chooseRows("tcp-1000,refused,spaces-10")
	require.NoError(t, err)
	require.Equal(t, []string{"tcp-1000", "refused", "spaces-10"}, []string{chosen[0].name, chosen[1].name, chosen[2].name})
	_, err = chooseRows("udp-2000,none")
	require.ErrorContains(t, err, `"none"`)
	names, err := chooseProxies("bridgehead,relay")
	require.NoError(t, err)
	require.Equal(t, []string{nameRelay, nameEdge}, names)
	_, err = chooseProxies("opensips")
	require.Error(t, err)
}

func TestRowNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range append(rows(), growth()...) {
		require.False(t, seen[r.name], r.name)
		seen[r.name] = true
	}
}

func TestExpected(t *testing.T) {
	spam, _ := rowNamed("garbage")
	minute, _ := rowNamed("minute")
	both := []string{nameRelay, nameEdge}
	require.Equal(t, 2*(8*time.Second+overhead), expected([]row{spam}, both, options{rounds: 2, seconds: 8}), "the relay filters nothing")
	require.Equal(t, 2*(time.Minute+overhead), expected([]row{minute}, both, options{rounds: 1, seconds: 8}))
}

// Each socket of the edge has a caller, whose calls come in there.
func TestSockets(t *testing.T) {
	four, _ := rowNamed("sockets-4")
	s := &site{row: four, prefix: [3]byte{127, 1, 1}}
	e := &edge{site: s, group: new(sim.Group)}
	doors := map[string]bool{}
	for _, port := range s.callers() {
		door := e.door(port).String()
		require.False(t, doors[door], door)
		doors[door] = true
		require.Contains(t, e.config(), `"udp://`+door+`"`)
	}
	require.Len(t, doors, 4)
	require.Equal(t, e.door(portCaller), e.door(portProbe), "whoever has no socket of his own uses the first")
	require.Equal(t, sippStat{11, 22, 33, 44}, sippStat{1, 2, 3, 4}.plus(sippStat{10, 20, 30, 40}))
}
