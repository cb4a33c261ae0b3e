package integration

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// buildDir is where the programs under test are built; TestMain makes it and
// takes it away.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bridgehead-integration-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "no folder for the programs under test:", err)
		os.Exit(1)
	}
	buildDir = dir
	// The plays wait more than they compute, so more of them run at a time than
	// there are cores; a -parallel on the command line still wins.
	if err := flag.Set("test.parallel", "6"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

// build gives the path of the edge's program. It is built on first use, once,
// and with the race detector if the tests have it.
var build = sync.OnceValues(func() (string, error) {
	program := filepath.Join(buildDir, "bridgehead")
	args := []string{"build", "-o", program}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "bridgehead/cmd/bridgehead")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the edge does not build: %w\n%s", err, out)
	}
	return program, nil
})

// edgeProgram is the path of the edge's program.
func edgeProgram(t *testing.T) string {
	t.Helper()
	program, err := build()
	require.NoError(t, err)
	return program
}

// sippProgram is the path of sipp. A machine without it fails the test: a play
// that nobody performed proves nothing.
func sippProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("sipp")
	require.NoError(t, err, "sipp is not installed; on Debian and Ubuntu: apt-get install sip-tester")
	return program
}
