package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"
)

// run is what all results of one run have in common.
type run struct {
	at               time.Time
	machine, version string
	seconds          int // of each measurement
}

// remember appends results to a file of tab-separated values, which begins with
// the names of its columns.
func remember(path string, r run, results []result) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var b strings.Builder
	if info.Size() == 0 {
		b.WriteString("date\tmachine\tversion\trow\tproxy\trounds\tseconds")
		for _, c := range columns {
			b.WriteString("\t" + c.key)
		}
		b.WriteByte('\n')
	}
	for _, result := range results {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\t%d\t%d", r.at.UTC().Format(time.RFC3339), r.machine, r.version, result.row, result.proxy, result.rounds, r.seconds)
		for _, c := range columns {
			fmt.Fprintf(&b, "\t%.*f", c.digits, *c.of(&result.sample))
		}
		b.WriteByte('\n')
	}
	_, err = f.WriteString(b.String())
	return err
}
