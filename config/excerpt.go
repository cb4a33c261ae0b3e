package config

import (
	"fmt"
	"strings"
	"unicode"
)

// maxExcerpt bounds the characters of an excerpt's line: JSON is often one line.
const maxExcerpt = 100

// excerpt returns a line of the file with its number and a caret below column,
// secrets masked and a long line cut around the caret.
func (d *document) excerpt(line, column int) string {
	text, columns := d.mask.line(line, d.lines[line-1])
	caret := 0
	for caret < len(columns) && columns[caret] < column {
		caret++
	}
	for i, r := range text {
		if !unicode.IsPrint(r) {
			text[i] = ' ' // a tab would shift the caret, an escape the terminal
		}
	}
	if from := caret - maxExcerpt*2/3; len(text) > maxExcerpt && from > 0 {
		text = append([]rune("…"), text[from:]...)
		caret -= from - 1
	}
	if len(text) > maxExcerpt {
		text = append(text[:maxExcerpt:maxExcerpt], '…')
	}
	number := fmt.Sprint(line)
	return fmt.Sprintf("  %s | %s\n  %s | %s^", number, strings.TrimRight(string(text), " "),
		strings.Repeat(" ", len(number)), strings.Repeat(" ", caret))
}
