package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzParse feeds anything to Parse: it must end, with a whole Config or with
// problems that have a place in the file.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"testdata/good/*", "testdata/bad/*.yaml", "testdata/bad/*.json"} {
		files, err := filepath.Glob(glob)
		require.NoError(f, err)
		require.NotEmpty(f, files)
		for _, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(b)
		}
	}
	environment := func(name string) (string, bool) { return "value of " + name, !strings.HasPrefix(name, "NOT") }
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse(b, "config", "testdata/good", environment)
		if err == nil {
			require.NotEmpty(t, c.CallControl)
			require.NotEmpty(t, c.Routes)
			require.NotEmpty(t, c.Groups)
			for _, g := range c.Groups {
				require.NotEmpty(t, g.CallBridges)
				for _, b := range g.CallBridges {
					require.NotEmpty(t, b.SIP.Host)
					require.False(t, b.Password.Empty())
				}
			}
			return
		}
		require.Nil(t, c)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Problems)
		lines := strings.Count(string(b), "\n") + 1
		for _, p := range e.Problems {
			require.NotEmpty(t, p.Message)
			require.LessOrEqual(t, p.Line, lines)
			require.Equal(t, p.Line > 0, p.Excerpt != "")
		}
		if utf8.Valid(b) {
			require.False(t, strings.ContainsAny(err.Error(), marks) && !strings.ContainsAny(string(b), marks), "a mark is shown")
		}
	})
}
