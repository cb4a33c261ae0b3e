package config

import (
	"regexp"
	"strings"
)

// In YAML a plain value in [ ] or { } must not hold braces, but
// routeKeys: [${KEY}] must work. So the braces of every ${NAME} are marks of one
// character each while the file is parsed, which keeps all columns, and values
// are expanded after parsing: what the environment holds is never read as YAML.
//
// A colon inside a word becomes a mark as well: {listen: [udp://0.0.0.0:5060]} is
// good YAML, but the parser would end the word at the colon.
const (
	openMark  = '\uE000'
	closeMark = '\uE001'
	colonMark = '\uE002'

	marks = string(openMark) + string(closeMark) + string(colonMark)
)

// braced matches ${NAME} in the file, marked the same once its braces are marks.
var (
	braced = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	marked = regexp.MustCompile("\\$?\\$\uE000([A-Za-z_][A-Za-z0-9_]*)\uE001")
)

// mark replaces the braces of every ${NAME}, and the colons inside words, by
// marks. A colon ends a key where a blank or one of ,[]{} follows it, or where a
// quote or bracket ends before it (YAML 1.2 section 7.4.2).
func mark(source string) string {
	text := []rune(braced.ReplaceAllString(source, "$$\uE000${1}\uE001"))
	for i := 1; i+1 < len(text); i++ {
		if text[i] == ':' && !strings.ContainsRune("\"']}", text[i-1]) && !strings.ContainsRune(" \t\n,[]{}", text[i+1]) {
			text[i] = colonMark
		}
	}
	return string(text)
}

// unmark undoes mark, for text that is shown.
func unmark(text string) string {
	return strings.NewReplacer(string(openMark), "{", string(closeMark), "}", string(colonMark), ":").Replace(text)
}

// reference returns NAME when the whole of text is one ${NAME}.
func reference(text string) (name string, ok bool) {
	m := marked.FindStringSubmatch(text)
	if m == nil || m[0] != text || strings.HasPrefix(text, "$$") {
		return "", false
	}
	return m[1], true
}

// expand replaces every ${NAME} in a marked value by lookup's text, and $${ by a
// literal ${. missing names the variables that are not set; malformed is true
// for a ${ that names none.
func expand(text string, lookup func(string) (string, bool)) (value string, used bool, missing []string, malformed bool) {
	var b strings.Builder
	literal := func(s string) {
		s = strings.ReplaceAll(s, "$${", "$\uE000")
		malformed = malformed || strings.Contains(s, "${")
		b.WriteString(unmark(s))
	}
	last := 0
	for _, m := range marked.FindAllStringSubmatchIndex(text, -1) {
		literal(text[last:m[0]])
		last = m[1]
		name := text[m[2]:m[3]]
		if strings.HasPrefix(text[m[0]:], "$$") {
			b.WriteString("${" + name + "}")
			continue
		}
		used = true
		v, ok := lookup(name)
		if !ok {
			missing = append(missing, name)
		}
		b.WriteString(v)
	}
	literal(text[last:])
	return b.String(), used, missing, malformed
}
