package lb

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expectations in testdata; read the difference before you commit it")

// TestScripts runs the scripts in testdata. A script is prose (lines with #) and
// steps: commands, a line of four dashes, and what the commands must print, up
// to an empty line; "ok" if that is nothing. The commands are described at
// newLab. To accept new output: go test ./lb -run TestScripts -rewrite, and read the difference: these
// files are what the rules promise to operators.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			rewritten := runScript(t, path, string(source), func(*lab, string) {})
			if *rewrite && rewritten != string(source) {
				require.NoError(t, os.WriteFile(path, []byte(rewritten), 0o644))
			}
		})
	}
}

// runScript runs one script and returns it with the expectations as they came.
// watch is called after every command.
func runScript(t *testing.T, path, source string, watch func(l *lab, command string)) string {
	var out strings.Builder
	lab := newLab()
	steps := 0
	lines := strings.Split(strings.TrimRight(source, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		fmt.Fprintln(&out, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at, got, want := i+1, "", ""
		for ; i < len(lines) && lines[i] != "----"; i++ {
			require.NotEmpty(t, lines[i], "%s:%d: commands need a line of four dashes after them", path, i+1)
			if i >= at {
				fmt.Fprintln(&out, lines[i])
			}
			if printed := strings.TrimRight(lab.run(lines[i]), "\n"); printed != "" {
				got += printed + "\n"
			}
			watch(lab, lines[i])
		}
		for i++; i < len(lines) && lines[i] != ""; i++ {
			want += lines[i] + "\n"
		}
		i--
		if got == "" {
			got = "ok\n"
		}
		require.NotContains(t, got, "\n\n", "%s:%d: output must have no empty line", path, at)
		if !*rewrite {
			require.Equal(t, want, got, "%s:%d: %s", path, at, line)
		}
		fmt.Fprint(&out, "----\n", got)
		steps++
	}
	require.NotZero(t, steps, "%s has no step", path)
	return out.String()
}
