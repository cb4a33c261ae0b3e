package wire

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what comes out into testdata as what must come out")

// crlf makes a message of a text: its lines end with CRLF, {BODY} is the length of the body,
// {CR}, {LF}, {NUL} and {DEL} are these bytes where a text editor could not show them, {END} stands before a line end
// that is not part of the message.
func crlf(text string) []byte {
	text = strings.ReplaceAll(text, "{END}\n", "")
	text = strings.ReplaceAll(text, "\n", "\r\n")
	text = strings.NewReplacer("{CR}", "\r", "{LF}", "\n", "{NUL}", "\x00", "{DEL}", "\x7f").Replace(text)
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	return []byte(strings.ReplaceAll(text, "{BODY}", strconv.Itoa(len(body))))
}

// readable is the inverse of crlf, but for {BODY}.
func readable(b []byte) string {
	text := strings.ReplaceAll(string(b), "\r\n", "{EOL}")
	return strings.NewReplacer("\r", "{CR}", "\n", "{LF}", "\x00", "{NUL}", "\x7f", "{DEL}", "{EOL}", "\n").Replace(text)
}

// script is a file of testdata: prose, then sections that begin with a line "-- name".
type script struct {
	path     string
	order    []string
	sections map[string]string
}

func readScript(t testing.TB, path string) *script {
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	s := &script{path: path, order: []string{""}, sections: map[string]string{}}
	name := ""
	for line := range strings.Lines(string(raw)) {
		if section, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSpace(section)
			s.order = append(s.order, name)
			continue
		}
		s.sections[name] += line
	}
	return s
}

// expect compares with the section, or writes it when the flag says so.
func (s *script) expect(t *testing.T, section, got string) {
	if !strings.HasSuffix(got, "\n") {
		got += "{END}\n" // the last line of the bytes has no CRLF.
	}
	if !*update {
		require.Equal(t, s.sections[section], got)
		return
	}
	if _, ok := s.sections[section]; !ok {
		s.order = append(s.order, section)
	}
	s.sections[section] = got
	var out bytes.Buffer
	for _, name := range s.order {
		if name != "" {
			out.WriteString("-- " + name + "\n")
		}
		out.WriteString(s.sections[name])
	}
	require.NoError(t, os.WriteFile(s.path, out.Bytes(), 0o644))
}

// eachScript runs f on every script of a folder of testdata.
func eachScript(t *testing.T, dir string, f func(t *testing.T, s *script)) {
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			f(t, readScript(t, path))
		})
	}
}
