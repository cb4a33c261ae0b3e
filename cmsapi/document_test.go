package cmsapi

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func replaceRoot(body, root string) string { return strings.ReplaceAll(body, "ROOT", root) }

// lastTag is where the closing tag of the root begins to be complete.
func lastTag(b []byte) int { return bytes.LastIndexByte(b, '>') }

func TestCleanMakesTextThatXMLTakes(t *testing.T) {
	utf16le := []byte{0xFF, 0xFE}
	for _, c := range "<a>é</a>" {
		utf16le = append(utf16le, byte(c), byte(c>>8))
	}
	utf16be := []byte{0xFE, 0xFF}
	for _, c := range "<a>é</a>" {
		utf16be = append(utf16be, byte(c>>8), byte(c))
	}
	for name, c := range map[string]struct{ in, out string }{
		"plain":                        {"<a>x</a>", "x"},
		"byte order mark":              {"\xEF\xBB\xBF<a>x</a>", "x"},
		"UTF-8 declared as Latin-1":    {`<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>`, "é"},
		"Latin-1 declared as UTF-8":    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>\xE9t\xE9</a>", "été"},
		"an encoding that nobody has":  {`<?xml version="1.0" encoding="klingon"?><a>x</a>`, "x"},
		"UTF-16, little end first":     {string(utf16le), "é"},
		"UTF-16, big end first":        {string(utf16be), "é"},
		"control characters":           {"<a>x\x00\x0By</a>", "x  y"},
		"references to them":           {"<a>x&#11;y&#x1f;z&#xD800;</a>", "x     y      z        "},
		"good references":              {"<a>&#233;&#x41;&amp;&lt;&nbsp;</a>", "éA&<\u00a0"},
		"noncharacters":                {"<a>x\uFFFE\uFFFFy</a>", "x      y"},
		"an ampersand at the very end": {"<a>x</a>&", "x"},
		"a reference without end":      {"<a>x</a>&#11", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			var doc struct {
				Text string `xml:",chardata"`
			}
			require.NoError(t, unmarshal(clean([]byte(c.in)), "a", &doc))
			require.Equal(t, c.out, doc.Text)
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add([]byte("<a>&#11;\x00é\xE9</a>"))
	f.Add([]byte("\xFF\xFE<\x00a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := clean(bytes.Clone(b))
		require.True(t, utf8.Valid(out))
		for _, r := range string(out) {
			if !allowed(r) {
				t.Fatalf("%U", r)
			}
		}
		require.Equal(t, out, clean(bytes.Clone(out)), "cleaning twice changes nothing more")
		var any struct{ XMLName xml.Name }
		_ = xml.Unmarshal(out, &any)
	})
}
