package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpand(t *testing.T) {
	lookup := func(name string) (string, bool) {
		v, ok := map[string]string{"A": "alpha", "B_2": "${A}", "EMPTY": ""}[name]
		return v, ok
	}
	for _, c := range []struct {
		text, want string
		used       bool
		missing    []string
		malformed  bool
	}{
		{text: "plain", want: "plain"},
		{text: "${A}", want: "alpha", used: true},
		{text: "x${A}y${EMPTY}z", want: "xalphayz", used: true},
		{text: "${B_2}", want: "${A}", used: true}, // not expanded again
		{text: "$${A}", want: "${A}"},
		{text: "$$${A}", want: "$${A}"},
		{text: "$A $ {A} {A} $$", want: "$A $ {A} {A} $$"},
		{text: "${C}${A}${D}", want: "alpha", used: true, missing: []string{"C", "D"}},
		{text: "${", want: "${", malformed: true},
		{text: "${1}", want: "${1}", malformed: true},
		{text: "${A", want: "${A", malformed: true},
		{text: "$${", want: "${"},
		{text: "a:b ${A}:c", want: "a:b alpha:c", used: true},
	} {
		got, used, missing, malformed := expand(mark(c.text), lookup)
		require.Equal(t, c.want, got, c.text)
		require.Equal(t, c.used, used, c.text)
		require.Equal(t, c.missing, missing, c.text)
		require.Equal(t, c.malformed, malformed, c.text)
		require.Equal(t, c.text, unmark(mark(c.text)), "marks take nothing away")
	}
}

// TestEnvironmentIsNoYAML shows that what the environment holds changes one
// value and nothing else.
func TestEnvironmentIsNoYAML(t *testing.T) {
	setEnvironment(t)
	t.Setenv("API_USER", "x, password: y} # z: \"'")
	c, err := Load("testdata/good/full.yaml")
	require.NoError(t, err)
	require.Equal(t, "x, password: y} # z: \"'", c.Groups[1].CallBridges[0].Username)
	require.Equal(t, "hunter2-from-environment", c.Groups[1].CallBridges[0].Password.Reveal())
}
