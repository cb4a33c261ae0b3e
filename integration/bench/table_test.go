package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// measured are results of three rows, two of them without the relay.
func measured() []result {
	return []result{
		{"udp-2000", nameRelay, 3, sample{cpu: 60, memory: 4}},
		{"udp-2000", nameKamailio, 3, sample{cpu: 120, memory: 200}},
		{"udp-2000", nameEdge, 3, sample{cpu: 90, memory: 50}},
		{"refused", nameKamailio, 3, sample{cpu: 20, memory: 100}},
		{"refused", nameEdge, 3, sample{cpu: 30, memory: 25}},
		{"refused-8000", nameEdge, 3, sample{cpu: 20, memory: 25}},
	}
}

func TestLines(t *testing.T) {
	table := lines(measured())
	ratios := func(i int) []string { return table[i][len(table[i])-3:] }
	require.Equal(t, []string{"CPU × relay", "CPU × kamailio", "PSS × kamailio"}, ratios(0))
	require.Equal(t, []string{"", "0.50", "0.02"}, ratios(1))
	require.Equal(t, []string{"2.00", "", ""}, ratios(2))
	require.Equal(t, []string{"1.50", "0.75", "0.25"}, ratios(3))
	require.Equal(t, []string{"", "1.50", "0.25"}, ratios(5), "a peer that does better is shown like the others")
	require.Equal(t, "1.25", last(lines(append(measured(), result{"udp-2000", nameBase, 3, sample{cpu: 72}}))[3]), "to another build, where there is one")
	require.Equal(t, "placed / refused, as many calls, kamailio: 6.00\n"+
		"placed / refused, as many calls, bridgehead: 3.00\n"+
		"placed / refused, as many messages, bridgehead: 4.50\n", price(measured()))
	require.Empty(t, price(measured()[:3]))
}

func last(line []string) string { return line[len(line)-1] }

func TestText(t *testing.T) {
	table := [][]string{{"row", "proxy", "µs"}, {"a", "relay", "10.5"}}
	require.Equal(t, "row  proxy    µs  \na    relay  10.5  \n", text(table))
	require.Equal(t, "| row | proxy | µs |\n|---|---|---:|\n| a | relay | 10.5 |\n", markdown(table))
}

func TestRemember(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.tsv")
	about := run{time.Unix(0, 0), "a machine", "v1", 8}
	require.NoError(t, remember(path, about, measured()[:1]))
	require.NoError(t, remember(path, about, measured()[1:2]))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	require.Len(t, lines, 3, "one head, two results")
	require.Equal(t, "1970-01-01T00:00:00Z\ta machine\tv1\tudp-2000\trelay\t3\t8\t60.0\t4.0\t0.00\t0.00\t0\t0\t0\t0", lines[1])
	for _, line := range lines[1:] {
		require.Equal(t, strings.Count(lines[0], "\t"), strings.Count(line, "\t"))
	}
}

func TestProcessor(t *testing.T) {
	require.Equal(t, "A 1: fast", processor("processor\t: 0\nmodel name\t: A 1: fast\nmodel name\t: B\n", "none"))
	require.Equal(t, "none", processor("processor : 0\n", "none"))
}
