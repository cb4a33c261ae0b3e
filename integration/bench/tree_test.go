package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseProcessStat(t *testing.T) {
	p, err := parseProcessStat("4711 (a (b) c) S 17 4711 4711 0 -1 4194560 900 0 0 0 250 125 7 8 20 0 9 0 1 2 3")
	require.NoError(t, err)
	require.Equal(t, processStat{4711, 17, 3750 * time.Millisecond}, p)
	for _, line := range []string{"", "1 sh S 0", "1 (sh) S 0 1", "x (sh) S 17 4711 4711 0 -1 4194560 900 0 0 0 250 125"} {
		_, err := parseProcessStat(line)
		require.Error(t, err, "%q", line)
	}
}

func TestParsePSS(t *testing.T) {
	pss, err := parsePSS([]byte("1-2 ---p 00000000 00:00 0 [rollup]\nRss:      1704 kB\nPss:       395 kB\nPss_Dirty:   112 kB\n"))
	require.NoError(t, err)
	require.Equal(t, 395<<10, pss)
	_, err = parsePSS([]byte("Rss: 1 kB\nPss_Dirty: 112 kB\n"))
	require.Error(t, err)
}

func TestFamily(t *testing.T) {
	all := []processStat{{pid: 9, parent: 5}, {pid: 1}, {pid: 5, parent: 3}, {pid: 3, parent: 1}, {pid: 4, parent: 1}}
	require.Equal(t, []processStat{{pid: 9, parent: 5}, {pid: 5, parent: 3}, {pid: 3, parent: 1}}, family(all, 3))
	require.Empty(t, family(all, 7))
}

func TestOwnTree(t *testing.T) {
	pss, err := pssOf(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, pss)
	_, err = cpuOf(os.Getpid())
	require.NoError(t, err)
	_, err = cpuOf(1 << 30)
	require.Error(t, err)
}
