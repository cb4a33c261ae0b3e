package cmsapi

import (
	"fmt"
	"strconv"
	"strings"
)

// text is the character data of an element. CMS pads some values with blanks
// and line ends; value drops them.
type text string

func (t text) value() string { return strings.TrimSpace(string(t)) }

// maxUnits bounds load units and limits: a hundred times the largest machine,
// and small enough that no sum of them overflows.
const maxUnits = 100_000_000

// maxCount bounds counts of participants, calls and spaces.
const maxCount = 10_000_000

// number reads t as a whole number from 0 to most. An absent or empty element
// is nil, which in CMS means "unset".
func (t text) number(name string, most int) (*int, error) {
	s := t.value()
	if s == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, &documentError{fmt.Sprintf("%s is %.40q, not a number", name, s)}
	}
	if n < 0 || n > most {
		return nil, &documentError{fmt.Sprintf("%s is %d, outside 0 to %d", name, n, most)}
	}
	return &n, nil
}

// count reads t as number does; absent or empty counts as 0, as CMS leaves out
// what there is none of.
func (t text) count(name string) (int, error) {
	n, err := t.number(name, maxCount)
	if n == nil {
		return 0, err
	}
	return *n, nil
}

// boolean reads t; absent, empty or odd is unset.
func (t text) boolean(unset bool) bool {
	switch strings.ToLower(t.value()) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		return unset
	}
}
