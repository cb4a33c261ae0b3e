package lb

import "unicode/utf8"

const (
	textSize = 96
	ellipsis = "…"
)

// Text is a short string held inline, so that a Decision keeps no pointer into
// its caller's buffers and costs the collector nothing. Longer strings are cut
// and end in an ellipsis. The zero Text is empty.
type Text struct {
	n uint8
	b [textSize - 1]byte
}

// Set copies s, cut to at most 95 bytes at a character boundary.
func (t *Text) Set(s string) {
	if len(s) <= len(t.b) {
		t.n = uint8(copy(t.b[:], s))
		return
	}
	cut := len(t.b) - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	n := copy(t.b[:], s[:cut])
	t.n = uint8(n + copy(t.b[n:], ellipsis))
}

// Bytes returns the text; it aliases t.
func (t *Text) Bytes() []byte { return t.b[:t.n] }

// String returns a copy of the text.
func (t *Text) String() string { return string(t.b[:t.n]) }
