package cmsapi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// readBody reads the whole body, at most limit bytes, as clean UTF-8.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return b, err
	}
	if int64(len(b)) > limit {
		return nil, tooLarge(limit)
	}
	return clean(b), nil
}

func tooLarge(limit int64) error {
	return &documentError{fmt.Sprintf("the answer is larger than %d bytes, and was not read further", limit)}
}

// mark is the byte order mark in UTF-8.
var mark = []byte("\uFEFF")

// clean makes b what encoding/xml takes: UTF-8 whatever it was declared to be,
// and without characters that XML forbids. One odd name must not hide a page of
// spaces. Bytes that are no UTF-8 are taken for Latin-1, the usual reason.
func clean(b []byte) []byte {
	switch {
	case len(b) >= 2 && b[0] == 0xFE && b[1] == 0xFF:
		b = fromUTF16(b[2:], binary.BigEndian)
	case len(b) >= 2 && b[0] == 0xFF && b[1] == 0xFE:
		b = fromUTF16(b[2:], binary.LittleEndian)
	}
	for bytes.HasPrefix(b, mark) { // more than one where something converted twice
		b = b[len(mark):]
	}
	if !utf8.Valid(b) {
		b = fromLatin1(b)
	}
	for i, c := range b {
		switch {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			b[i] = ' '
		case c == '&':
			blankReference(b[i:])
		case c == 0xEF && len(b) >= i+3 && b[i+1] == 0xBF && b[i+2] >= 0xBE: // U+FFFE, U+FFFF
			b[i], b[i+1], b[i+2] = ' ', ' ', ' '
		}
	}
	return b
}

// fromUTF16 decodes b; a lone byte at the end is dropped.
func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// fromLatin1 keeps what is UTF-8 and widens every other byte.
func fromLatin1(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = rune(b[0])
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// blankReference overwrites the character reference at the start of b with
// blanks if XML forbids the character that it names, such as "&#11;".
func blankReference(b []byte) {
	const longest = len("&#x10FFFF;")
	if len(b) < 4 || b[1] != '#' {
		return
	}
	digits, base := 2, 10
	if b[2] == 'x' {
		digits, base = 3, 16
	}
	for end := digits; end < min(len(b), longest); end++ {
		if b[end] != ';' {
			continue
		}
		n, err := strconv.ParseUint(string(b[digits:end]), base, 32)
		if err == nil && !allowed(rune(n)) {
			for i := range end + 1 {
				b[i] = ' '
			}
		}
		return
	}
}

// allowed reports whether XML 1.0 allows the character r.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
