package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rewrite replaces the expected texts by what is printed now. Read the diff
// before you commit it.
var rewrite = flag.Bool("rewrite", false, "rewrite testdata/bad/*.err")

// setEnvironment sets what the files of testdata refer to.
func setEnvironment(t *testing.T) {
	t.Helper()
	t.Setenv("ROUTE_KEY", "hunter2-route-key-of-the-site")
	t.Setenv("API_USER", "api")
	t.Setenv("API_PASSWORD", "hunter2-from-environment")
	t.Setenv("LOAD_LIMIT", "1500")
	t.Setenv("STATE_DIRECTORY", "")
}

// TestBad loads every file of testdata/bad and compares the whole error text.
func TestBad(t *testing.T) {
	setEnvironment(t)
	files, err := filepath.Glob("testdata/bad/*.[yj]*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file)
			require.Error(t, err)
			require.Nil(t, c)
			require.IsType(t, &Error{}, err)
			text := strings.ReplaceAll(err.Error(), here, "HERE") + "\n"
			require.NotContains(t, text, "hunter2", "a secret of the file")
			expected := strings.TrimSuffix(file, filepath.Ext(file)) + ".err"
			if *rewrite {
				require.NoError(t, os.WriteFile(expected, []byte(text), 0o600))
			}
			want, err := os.ReadFile(expected)
			require.NoError(t, err)
			require.Equal(t, string(want), text)
		})
	}
}
