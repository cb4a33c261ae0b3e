package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// result is the median of the samples of a row through a proxy.
type result struct {
	row, proxy string
	rounds     int
	sample     sample
}

// find gives the result of a row through a proxy.
func find(results []result, row, proxy string) (sample, bool) {
	for _, r := range results {
		if r.row == row && r.proxy == proxy {
			return r.sample, true
		}
	}
	return sample{}, false
}

// lines are the cells of the table, its head first.
func lines(results []result) [][]string {
	head := []string{"row", "proxy"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	head = append(head, "CPU × bare", "CPU × relay", "CPU × kamailio", "PSS × kamailio")
	withBase := slices.ContainsFunc(results, func(r result) bool { return r.proxy == nameBase })
	if withBase {
		head = append(head, "CPU × base")
	}
	table := [][]string{head}
	for _, r := range results {
		line := []string{r.row, r.proxy}
		for _, c := range columns {
			line = append(line, strconv.FormatFloat(*c.of(&r.sample), 'f', c.digits, 64))
		}
		bare, _ := find(results, r.row, nameBare)
		relay, _ := find(results, r.row, nameRelay)
		peer, _ := find(results, r.row, nameKamailio)
		line = append(line, ratio(r, nameBare, r.sample.cpu, bare.cpu), ratio(r, nameRelay, r.sample.cpu, relay.cpu), ratio(r, nameKamailio, r.sample.cpu, peer.cpu),
			ratio(r, nameKamailio, r.sample.memory, peer.memory))
		if withBase {
			base, _ := find(results, r.row, nameBase)
			line = append(line, ratio(r, nameBase, r.sample.cpu, base.cpu))
		}
		table = append(table, line)
	}
	return table
}

// ratio is a/b with two digits; empty for a proxy to itself or to one that was
// not measured.
func ratio(r result, to string, a, b float64) string {
	if b == 0 || r.proxy == to {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

// price says for each proxy what a placed call costs it beside a refused one, with as
// many calls a second and with as many messages a second: the more messages come,
// the less each costs. It leaves out what was not measured.
func price(results []result) string {
	var b strings.Builder
	for _, name := range []string{nameBare, nameRelay, nameKamailio, nameEdge} {
		yes, ok := find(results, "udp-2000", name)
		for _, as := range []struct{ row, many string }{{"refused", "calls"}, {"refused-8000", "messages"}} {
			no, both := find(results, as.row, name)
			if both && ok && no.cpu > 0 {
				fmt.Fprintf(&b, "placed / refused, as many %s, %s: %.2f\n", as.many, name, yes.cpu/no.cpu)
			}
		}
	}
	return b.String()
}

// text is a table for a terminal: texts to the left, figures to the right.
func text(table [][]string) string {
	widths := make([]int, len(table[0]))
	for _, line := range table {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, line := range table {
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < 2 {
				b.WriteString(cell + pad + "  ")
			} else {
				b.WriteString(pad + cell + "  ")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// markdown is the same table for the README.
func markdown(table [][]string) string {
	var b strings.Builder
	for i, line := range table {
		b.WriteString("| " + strings.Join(line, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|---|---|" + strings.Repeat("---:|", len(line)-2) + "\n")
		}
	}
	return b.String()
}
