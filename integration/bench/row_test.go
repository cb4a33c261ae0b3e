package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
