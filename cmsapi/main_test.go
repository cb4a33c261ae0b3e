package cmsapi

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture returns a recorded answer as the client hands it to a decoder.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return clean(b)
}

// bad is what no decoder takes, with a word that the error must hold.
var bad = []struct{ name, body, says string }{
	{"nothing", "", "empty"},
	{"blanks", " \r\n\t ", "empty"},
	{"HTML", "<!DOCTYPE html>\n<html><body>Log in</body></html>", "HTML"},
	{"upper case HTML", "\n<HTML><HEAD>", "HTML"},
	{"text", "busy, come back later", "no XML element"},
	{"another document", `<?xml version="1.0"?><recorders total="0"/>`, "recorders"},
	{"JSON", `{"load":1}`, "no XML element"},
	{"crossed tags", "<ROOT><a></b></ROOT>", "broken XML"},
}

// refusesBad gives decode everything in bad and every cut of a good document.
func refusesBad[T any](t *testing.T, root string, good []byte, decode func([]byte) (T, error)) {
	t.Helper()
	for _, c := range bad {
		_, err := decode([]byte(replaceRoot(c.body, root)))
		require.ErrorContains(t, err, c.says, c.name)
		require.Equal(t, Malformed, KindOf(err), c.name)
	}
	end := lastTag(good)
	for n := range end {
		_, err := decode(good[:n])
		require.Error(t, err, "cut after %d bytes", n)
	}
}

// fuzzDecoder looks for documents that make decode panic.
func fuzzDecoder[T any](f *testing.F, decode func([]byte) (T, error), fixtures ...string) {
	for _, name := range fixtures {
		f.Add(fixture(f, name))
	}
	for _, c := range bad {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := decode(clean(b))
		if err != nil {
			require.Equal(t, Malformed, KindOf(err))
		}
	})
}
