package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// position is a place in a file, both from 1.
type position struct{ line, column int }

func (p position) compare(q position) int {
	if p.line != q.line {
		return p.line - q.line
	}
	return p.column - q.column
}

// region is the part of a file from one place to before another.
type region struct{ from, to position }

// secretKey matches the keys whose values are masked: more than the file has,
// because a misspelt key must not give its value away.
var secretKey = regexp.MustCompile(`(?i)pas+w|pass|pwd|secret|credential|token|key`)

// secretLine matches a secret in a line of a file that is no YAML, up to the
// end of the line.
var secretLine = regexp.MustCompile(`(?i)((?:pas+w|pass|pwd|secret|credential|token|key)[^:]*:\s*)(\S.*)`)

// userInfo matches user and password of a URI.
var userInfo = regexp.MustCompile(`(//|sips?:)([^@/\s"']+)@`)

// isSecretKey reports whether values of key are masked.
func isSecretKey(key string) bool {
	if strings.HasSuffix(strings.ToLower(key), "file") {
		return false // a path helps, and gives nothing away
	}
	return secretKey.MatchString(key) || nearest(key, []string{"password", "routeKeys"}) != ""
}

// maskUserInfo hides user and password of the URIs in s.
func maskUserInfo(s string) string {
	return userInfo.ReplaceAllString(s, "${1}"+redacted+"@")
}

// mask finds secrets in a YAML tree so that no excerpt shows them.
type mask struct {
	tokens  []position // where the tokens of the file start, in order
	regions []region
}

// newMask masks every value of a secret key below body.
func newMask(tokens token.Tokens, body ast.Node) *mask {
	m := &mask{}
	for _, t := range tokens {
		m.tokens = append(m.tokens, position{t.Position.Line, t.Position.Column})
	}
	slices.SortFunc(m.tokens, position.compare)
	ast.Walk(secretFinder{m}, body)
	return m
}

// hide masks a single value from its first character to the next token.
func (m *mask) hide(n ast.Node) {
	t, end := n.GetToken(), n.GetToken()
	if literal, ok := n.(*ast.LiteralNode); ok {
		t, end = literal.Start, literal.Value.GetToken()
	}
	last := position{end.Position.Line, end.Position.Column}
	i, _ := slices.BinarySearchFunc(m.tokens, position{last.line, last.column + 1}, position.compare)
	r := region{from: position{t.Position.Line, t.Position.Column}, to: position{line: last.line + 1<<20}}
	if i < len(m.tokens) {
		r.to = m.tokens[i]
	}
	m.regions = append(m.regions, r)
}

// span is a part of a line, in characters from 0, half open.
type span struct{ from, to int }

// line returns line number n with its secrets replaced, and for every character
// of the result the column that it comes from.
func (m *mask) line(n int, text string) (shown []rune, columns []int) {
	runes := []rune(text)
	spans := m.spans(n, text, len(runes))
	for i := 0; i < len(runes); {
		for len(spans) > 0 && spans[0].to <= i {
			spans = spans[1:]
		}
		if len(spans) == 0 || i < spans[0].from {
			shown, columns = append(shown, runes[i]), append(columns, i+1)
			i++
			continue
		}
		end := spans[0].to
		for end > i && unicode.IsSpace(runes[end-1]) {
			end-- // blanks at its end are no part of a secret
		}
		for _, r := range redacted {
			if end > i {
				shown, columns = append(shown, r), append(columns, i+1)
			}
		}
		for i = end; i < spans[0].to; i++ {
			shown, columns = append(shown, runes[i]), append(columns, i+1)
		}
	}
	return shown, columns
}

// spans returns the secrets of line n in order; they may overlap.
func (m *mask) spans(n int, text string, length int) []span {
	spans := matches(userInfo, text)
	if m == nil {
		spans = append(spans, matches(secretLine, text)...)
	} else {
		for _, r := range m.regions {
			if r.from.line > n || r.to.line < n {
				continue
			}
			s := span{0, length}
			if r.from.line == n {
				s.from = min(r.from.column-1, length)
			}
			if r.to.line == n {
				s.to = min(r.to.column-1, length)
			}
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	return spans
}

// matches returns where the second group of re matches in text.
func matches(re *regexp.Regexp, text string) []span {
	var spans []span
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		from := utf8.RuneCountInString(text[:m[4]])
		spans = append(spans, span{from, from + utf8.RuneCountInString(text[m[4]:m[5]])})
	}
	return spans
}

// secretFinder walks a tree for secret keys, secretValues the values of one.
type (
	secretFinder struct{ *mask }
	secretValues struct{ *mask }
)

// Visit looks for a secret key in n.
func (f secretFinder) Visit(n ast.Node) ast.Visitor {
	if kv, ok := n.(*ast.MappingValueNode); ok && isSecretKey(kv.Key.GetToken().Value) {
		ast.Walk(secretValues(f), kv.Value)
	}
	return f
}

// Visit hides n if it is a single value.
func (v secretValues) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.LiteralNode:
		v.hide(n)
		return nil
	case ast.ScalarNode:
		if _, ok := reference(n.GetToken().Value); !ok {
			v.hide(n)
		}
	}
	return v
}
