package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// document is a file on its way to a Config: where each field stands, and what
// was found wrong so far.
type document struct {
	file        string // as problems name it
	baseDir     string // relative paths are below it
	environment func(name string) (string, bool)

	lines  []string         // of the file as written
	mask   *mask            // secrets in lines, never shown; nil while the file is no YAML
	places map[string]place // by path of the field; present means given and not empty
	failed map[string]bool  // paths whose value is wrong already: no second complaint

	problems []Problem
	more     int
	warnings []Problem
}

// place is where a field stands. key is nil for an entry of a list.
type place struct {
	key, value *token.Token
	fromEnv    bool // its text holds ${NAME}
}

// given reports whether the file sets the field.
func (d *document) given(path string) bool {
	_, ok := d.places[path]
	return ok
}

// fail records a problem of the field at path, led by the field's key.
func (d *document) fail(path, format string, args ...any) {
	d.failed[path] = true
	d.report(path, d.token(path), d.label(path)+": "+fmt.Sprintf(format, args...))
}

// missing records that the field at path is needed and not there; what says what
// to do.
func (d *document) missing(path, what string) {
	d.failed[path] = true
	d.report(path, d.token(path), d.label(path)+" is missing; "+what)
}

// warn records what is accepted but should be known.
func (d *document) warn(path, format string, args ...any) {
	if len(d.warnings) < maxProblems {
		d.warnings = append(d.warnings, d.problem(path, d.token(path), d.label(path)+": "+fmt.Sprintf(format, args...)))
	}
}

// report records a problem at a token, nil for none.
func (d *document) report(path string, at *token.Token, message string) {
	if len(d.problems) >= maxProblems {
		d.more++
		return
	}
	d.problems = append(d.problems, d.problem(path, at, message))
}

func (d *document) problem(path string, at *token.Token, message string) Problem {
	// A piece of the file may be quoted in any message, so all of them are shown
	// as the file has it.
	p := Problem{File: d.file, Path: unmark(path), Message: unmark(message)}
	if at != nil && at.Position != nil && at.Position.Line >= 1 && at.Position.Line <= len(d.lines) {
		p.Line, p.Column = at.Position.Line, max(at.Position.Column, 1)
	}
	return p
}

// finish sorts problems and adds their excerpts, when all secrets are known.
func (d *document) finish(problems []Problem) []Problem {
	problems = inOrder(problems)
	for i := range problems {
		if p := &problems[i]; p.Line > 0 {
			p.Excerpt = d.excerpt(p.Line, p.Column)
		}
	}
	return problems
}

// broken reports whether the value at path, or one that it is part of, is
// already known to be wrong.
func (d *document) broken(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.failed[path] {
			return true
		}
	}
	return d.failed[""]
}

// token returns where to point for a path: its value, else the nearest value
// around it; nil when there is none but the whole file.
func (d *document) token(path string) *token.Token {
	for ; path != ""; path = parent(path) {
		if p, ok := d.places[path]; ok {
			return p.value
		}
	}
	return nil
}

// label names the field of a path as the file writes it: entries of lists by
// the key of their list.
func (d *document) label(path string) string {
	list := strings.TrimRight(path, "[]0123456789")
	if p, ok := d.places[list]; ok && p.key != nil {
		return unmark(p.key.Value)
	}
	return list[strings.LastIndexByte(list, '.')+1:]
}

// parent returns the path around path, "" for the whole file.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// pattern returns path with the numbers of list entries left out.
func pattern(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r < '0' || r > '9' || !strings.HasSuffix(b.String(), "[") {
			b.WriteRune(r)
		}
	}
	return b.String()
}
