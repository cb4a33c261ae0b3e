package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds how many problems of one file are kept; the rest are
// counted.
const maxProblems = 50

// Problem is one thing wrong with a file, or worth a warning, and its place.
type Problem struct {
	File    string // as given to Load, or "config" for Parse
	Line    int    // from 1; 0 when it has no place, as a section that is missing
	Column  int    // from 1, in characters
	Path    string // of the field: groups[0].callBridges[1].sip
	Message string // what is wrong and what to do
	Excerpt string // the line of the file and a caret below it, secrets masked; "" without a place
}

// String returns file:line:column, the message, and below them the line of the
// file with a caret.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	b.WriteString(p.Message)
	if p.Excerpt != "" {
		b.WriteByte('\n')
		b.WriteString(p.Excerpt)
	}
	return b.String()
}

// Error is returned by Load and Parse: every problem of one file, in the order
// of the file. It has at least one.
type Error struct {
	Problems []Problem
	// More counts the problems beyond those listed.
	More int
}

// Error prints every problem with its line and caret.
func (e *Error) Error() string {
	texts := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		texts = append(texts, p.String())
	}
	if e.More > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(texts, "\n")
}

// inOrder sorts problems by place, those with none last, and drops repetitions:
// a YAML alias shows one mistake at every use.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(problems, func(a, b Problem) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message && (a.Line > 0 || a.Path == b.Path)
	})
}
