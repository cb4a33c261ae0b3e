package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is rows under headings, for people and spreadsheets.
type table struct {
	head []string
	rows [][]string
}

// print writes v as JSON, or t as an aligned table or as CSV.
func (t table) print(w io.Writer, format string, v any) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	case "csv":
		c := csv.NewWriter(w)
		if err := c.Write(t.head); err != nil {
			return err
		}
		return c.WriteAll(t.rows)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ToUpper(strings.Join(t.head, "\t")))
	for _, r := range t.rows {
		fmt.Fprintln(tw, strings.Join(r, "\t"))
	}
	return tw.Flush()
}

// oneOf checks the value of an -o flag.
func oneOf(format string, allowed ...string) error {
	for _, a := range allowed {
		if a == format {
			return nil
		}
	}
	return &exitError{exitUsage, fmt.Errorf("-o %s: write one of %s", format, strings.Join(allowed, ", "))}
}
