package integration

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/config"
)

// readme is the README's text.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	return string(text)
}

// fence finds the blocks of one language.
func fence(text, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// TestReadmeConfigurations reads every configuration of the README as the edge
// would.
func TestReadmeConfigurations(t *testing.T) {
	blocks := fence(readme(t), "yaml")
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		for _, name := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(block, -1) {
			t.Setenv(name[1], "a value for the test")
		}
		c, err := config.Parse([]byte(block), t.TempDir())
		require.NoError(t, err, "\n%s", block)
		require.Empty(t, c.Warnings(), "an example is no place for what an operator is warned of")
		require.NotEmpty(t, c.Groups)
	}
}

// TestReadmeReference compares the table of all keys with the package that reads
// them.
func TestReadmeReference(t *testing.T) {
	_, rest, ok := strings.Cut(readme(t), "<!-- config:begin -->\n")
	require.True(t, ok)
	table, _, ok := strings.Cut(rest, "<!-- config:end -->")
	require.True(t, ok)
	require.Equal(t, config.ReferenceMarkdown(), table)
}

// TestReadmeCommands looks for every verb and flag that the README names in the
// program's own help, and for every target of make.
func TestReadmeCommands(t *testing.T) {
	text := readme(t)
	help := make(map[string]string)
	for _, m := range regexp.MustCompile("(?:`|\\./cmd/)bridgehead ([a-z]+)([^`\n]*)").FindAllStringSubmatch(text, -1) {
		verb := m[1]
		if help[verb] == "" {
			code, out := run(t, verb, "--help")
			require.Zero(t, code, "bridgehead %s", verb)
			help[verb] = out
		}
		for _, flag := range regexp.MustCompile(`--?[a-z]+`).FindAllString(m[2], -1) {
			require.Regexp(t, `(?m)(^|[\s,])`+flag+`([\s,]|$)`, help[verb], "bridgehead %s has no %s", verb, flag)
		}
	}
	require.Contains(t, help, "lab", "the first thing to try")
	verbs := []string{"serve", "lab", "check", "explain", "status", "version"}
	for _, verb := range verbs {
		require.Contains(t, help, verb, "the README does not tell of it")
	}
	makefile, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	targets := regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)").FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, targets)
	for _, m := range targets {
		require.Regexp(t, `(?m)^`+m[1]+`:`, string(makefile), "make %s", m[1])
	}
}

// TestReadmeShell reads the shell blocks: what they start exists.
func TestReadmeShell(t *testing.T) {
	blocks := fence(readme(t), "sh")
	require.NotEmpty(t, blocks)
	for _, line := range strings.Split(strings.TrimSpace(strings.Join(blocks, "")), "\n") {
		words := strings.Fields(line)
		_, err := exec.LookPath(words[0])
		require.NoError(t, err, line)
		require.NotContains(t, words[0], "/", "of this machine only: %s", line)
	}
}

// TestReadmePaths asks a running edge for every path of its API that the README
// names.
func TestReadmePaths(t *testing.T) {
	t.Parallel()
	p := newPair(t, "udp")
	paths := regexp.MustCompile("`(/(?:healthz|readyz|metrics|api/v1/[a-z./]*)(?:\\?[a-z]+=N)?)`").FindAllStringSubmatch(readme(t), -1)
	require.NotEmpty(t, paths)
	for _, m := range paths {
		path := strings.Replace(m[1], "=N", "=1", 1)
		require.Equal(t, http.StatusOK, p.edge.stateOf(path), path)
	}
}

// TestReadmeFiles looks for the files and folders that newcomers are sent to.
func TestReadmeFiles(t *testing.T) {
	_, guide, ok := strings.Cut(readme(t), "\n## Read the code\n")
	require.True(t, ok)
	guide, _, _ = strings.Cut(guide, "\n## ")
	names := regexp.MustCompile("`([a-z/_]+(?:\\.go)?)`").FindAllStringSubmatch(guide, -1)
	require.NotEmpty(t, names)
	for _, m := range names {
		pattern := filepath.Join("..", m[1])
		if strings.HasSuffix(m[1], ".go") {
			require.True(t, slices.ContainsFunc([]string{"*", "*/*"}, func(folder string) bool {
				found, err := filepath.Glob(filepath.Join("..", folder, m[1]))
				return err == nil && len(found) > 0
			}), "no %s", m[1])
			continue
		}
		require.DirExists(t, pattern)
	}
}
