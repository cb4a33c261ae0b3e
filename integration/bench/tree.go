package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc. It is 100 to the second on every
// architecture that Linux and Go share.
const clockTick = 10 * time.Millisecond

// processStat is what /proc/PID/stat says, as far as it matters here.
type processStat struct {
	pid, parent int
	cpu         time.Duration // user and system
}

// parseProcessStat reads a line of /proc/PID/stat. The second field is the name
// in brackets, which may hold anything.
func parseProcessStat(line string) (processStat, error) {
	const parent, user, system = 1, 11, 12 // of the fields after the name
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return processStat{}, fmt.Errorf("no name in %q", line)
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) <= system {
		return processStat{}, fmt.Errorf("too few fields in %q", line)
	}
	var numbers [4]int
	for i, text := range []string{strings.TrimSpace(line[:open]), fields[parent], fields[user], fields[system]} {
		n, err := strconv.Atoi(text)
		if err != nil {
			return processStat{}, fmt.Errorf("in %q: %w", line, err)
		}
		numbers[i] = n
	}
	return processStat{numbers[0], numbers[1], time.Duration(numbers[2]+numbers[3]) * clockTick}, nil
}

// parsePSS reads the proportional set size, in bytes, from /proc/PID/smaps_rollup.
func parsePSS(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		var kb int
		if n, _ := fmt.Sscanf(string(line), "Pss: %d kB", &kb); n == 1 {
			return kb << 10, nil
		}
	}
	return 0, errors.New("no Pss in smaps_rollup")
}

// family gives root and all its descendants.
func family(all []processStat, root int) []processStat {
	members, found := map[int]bool{root: true}, []processStat(nil)
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if members[p.parent] && !members[p.pid] {
				members[p.pid], grown = true, true
			}
		}
	}
	for _, p := range all {
		if members[p.pid] {
			found = append(found, p)
		}
	}
	return found
}

// processTree reads root and all its descendants. A process that ends meanwhile
// is left out.
func processTree(root int) ([]processStat, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var all []processStat
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		p, err := parseProcessStat(string(line))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	tree := family(all, root)
	if len(tree) == 0 {
		return nil, fmt.Errorf("process %d is no more", root)
	}
	return tree, nil
}

// cpuOf is the CPU time that the processes below root have used so far.
func cpuOf(root int) (time.Duration, error) {
	tree, err := processTree(root)
	var sum time.Duration
	for _, p := range tree {
		sum += p.cpu
	}
	return sum, err
}

// pssOf is the memory of the processes below root in bytes, with what they
// share counted once.
func pssOf(root int) (int, error) {
	tree, err := processTree(root)
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, p := range tree {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
		if err != nil {
			return 0, err
		}
		pss, err := parsePSS(text)
		if err != nil {
			return 0, err
		}
		sum += pss
	}
	return sum, nil
}
