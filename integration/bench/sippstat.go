package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// sippStat is what sipp has counted since its start.
type sippStat struct{ created, succeeded, failed, retransmitted int }

func (s sippStat) plus(t sippStat) sippStat {
	return sippStat{s.created + t.created, s.succeeded + t.succeeded, s.failed + t.failed, s.retransmitted + t.retransmitted}
}

// parseSippStat reads the last whole line of a file of -trace_stat. Its first
// line names the columns; times hold no semicolon.
func parseSippStat(text string) (sippStat, error) {
	text = text[:strings.LastIndexByte(text, '\n')+1]
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) < 2 {
		return sippStat{}, fmt.Errorf("sipp has counted nothing yet")
	}
	values := strings.Split(lines[len(lines)-1], ";")
	var s sippStat
	into := map[string]*int{"TotalCallCreated": &s.created, "SuccessfulCall(C)": &s.succeeded, "FailedCall(C)": &s.failed, "Retransmissions(C)": &s.retransmitted}
	for i, name := range strings.Split(lines[0], ";") {
		if into[name] == nil || i >= len(values) {
			continue
		}
		n, err := strconv.Atoi(values[i])
		if err != nil {
			return sippStat{}, fmt.Errorf("%s of sipp: %w", name, err)
		}
		*into[name] = n
		delete(into, name)
	}
	for name := range into {
		return sippStat{}, fmt.Errorf("sipp does not say %s", name)
	}
	return s, nil
}

// readSippStat reads such a file.
func readSippStat(path string) (sippStat, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return sippStat{}, err
	}
	return parseSippStat(string(text))
}
