package config

import "strings"

// Problem is one thing wrong with a file, or worth a warning, and its place.
type Problem struct {
	File    string // as given to Load, or "config" for Parse
	Line    int    // from 1; 0 when it has no place, as a section that is missing
	Column  int    // from 1, in characters
	Path    string // of the field: groups[0].callBridges[1].sip
	Message string // what is wrong and what to do
	Excerpt string // the line of the file and a caret below it, secrets masked; "" without a place
}

// Error is returned by Load and Parse: every problem of one file, in order of
// place. It is never empty.
type Error struct{ Problems []Problem }

// Error prints every problem with its line and caret.
func (e *Error) Error() string {
	texts := make([]string, len(e.Problems))
	for i := range e.Problems {
		texts[i] = e.Problems[i].Message
	}
	return strings.Join(texts, "\n")
}
