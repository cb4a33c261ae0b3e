package wire

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEdits(t *testing.T) {
	const src = "0123456789"
	cases := []struct {
		name string
		do   func(e *Edits)
		want string // empty: refused.
	}{
		{"nothing", func(e *Edits) {}, src},
		{"ends", func(e *Edits) { e.Insert(10, []byte(">")); e.Insert(0, []byte("<")) }, "<0123456789>"},
		{"order of inserts", func(e *Edits) { e.Insert(5, []byte("a")); e.Insert(5, []byte("b")) }, "01234ab56789"},
		{"empty insert", func(e *Edits) { e.Insert(5, nil) }, src},
		{"replace", func(e *Edits) { e.Replace(Span{2, 4}, []byte("xyz")) }, "01xyz456789"},
		{"replace by nothing", func(e *Edits) { e.Replace(Span{2, 4}, nil) }, "01456789"},
		{"delete all", func(e *Edits) { e.Delete(Span{0, 10}); e.Insert(0, []byte("x")) }, "x"},
		{"delete nothing", func(e *Edits) { e.Delete(Span{5, 5}) }, src},
		{"insert before what goes", func(e *Edits) { e.Delete(Span{2, 4}); e.Insert(2, []byte("x")) }, "01x456789"},
		{"insert behind what goes", func(e *Edits) { e.Insert(4, []byte("x")); e.Delete(Span{2, 4}) }, "01x456789"},
		{"neighbours", func(e *Edits) { e.Delete(Span{4, 6}); e.Replace(Span{2, 4}, []byte("x")) }, "01x6789"},
		{"overlap", func(e *Edits) { e.Delete(Span{2, 5}); e.Delete(Span{4, 6}) }, ""},
		{"twice the same", func(e *Edits) { e.Replace(Span{2, 5}, []byte("x")); e.Replace(Span{2, 5}, []byte("x")) }, ""},
		{"insert inside what goes", func(e *Edits) { e.Delete(Span{2, 5}); e.Insert(3, []byte("x")) }, ""},
		{"beyond the end", func(e *Edits) { e.Delete(Span{9, 11}) }, ""},
		{"insert beyond the end", func(e *Edits) { e.Insert(11, []byte("x")) }, ""},
		{"backwards", func(e *Edits) { e.Replace(Span{5, 4}, []byte("x")) }, ""},
		{"too many", func(e *Edits) {
			for range maxEdits + 1 {
				e.Insert(1, []byte("x"))
			}
		}, ""},
		{"as many as fit", func(e *Edits) {
			for range maxEdits {
				e.Insert(1, []byte("x"))
			}
		}, "0" + strings.Repeat("x", maxEdits) + "123456789"},
		{"too much made here", func(e *Edits) {
			for range 3 {
				e.place(Span{1, 1}, append(e.draft(), strings.Repeat("x", 70)...))
			}
		}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := new(Edits)
			e.Insert(1, []byte("forgotten"))
			e.Reset()
			c.do(e)
			out, applied := e.Apply([]byte("-"), []byte(src))
			require.Equal(t, c.want != "", applied)
			require.Equal(t, "-"+c.want, string(out))
			e.Reset()
			out, applied = e.Apply(nil, []byte(src))
			require.True(t, applied)
			require.Equal(t, src, string(out))
		})
	}
}

// TestEditsInAnyOrder compares with the plainest way to do it: cut src into pieces, replace some, join them,
// whatever the order in which the changes are named.
func TestEditsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type change struct {
			span Span
			text string
		}
		var src, want strings.Builder
		var changes []change
		for range rapid.IntRange(0, maxEdits).Draw(t, "pieces") {
			piece := rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "piece")
			src.WriteString(piece)
			want.WriteString(piece)
			old := rapid.StringMatching(`[A-Z]{1,5}`).Draw(t, "old")
			text := rapid.StringMatching(`[0-9]{0,5}`).Draw(t, "new")
			start := uint32(src.Len())
			src.WriteString(old)
			want.WriteString(text)
			changes = append(changes, change{Span{start, uint32(src.Len())}, text})
		}
		shuffled := slices.Clone(changes)
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		var e Edits
		for _, c := range shuffled {
			if c.text == "" {
				e.Delete(c.span)
			} else {
				e.Replace(c.span, []byte(c.text))
			}
		}
		out, applied := e.Apply(nil, []byte(src.String()))
		require.True(t, applied)
		require.Equal(t, want.String(), string(out))
	})
}
