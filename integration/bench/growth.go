package main

import (
	"context"
	"fmt"
	"time"
)

// growth are the rows that show how the edge's cost grows: with the bridges of
// the group, the processors it may use, the sockets that share the calls, the calls
// that are up meanwhile and the spaces that it knows, of which it reads details
// meanwhile. All else is as in udp-2000.
func growth() []row {
	var all []row
	add := func(what string, sizes []int, set func(*row, int)) {
		for _, n := range sizes {
			r := row{name: fmt.Sprintf("%s-%d", what, n), transport: "udp", rate: 2000, kind: placed}
			set(&r, n)
			all = append(all, r)
		}
	}
	add("bridges", []int{3, 6, 12, 24}, func(r *row, n int) { r.bridges = n })
	add("procs", []int{1, 2}, func(r *row, n int) { r.procs = n })
	add("sockets", []int{1, 2, 4}, func(r *row, n int) { r.sockets = n })
	add("up", []int{1_000, 10_000, 50_000, 200_000}, func(r *row, n int) { r.up, r.spaces = n, 1000 }) // a conference has its bounds
	add("spaces", []int{10, 1_000, 10_000, 200_000}, func(r *row, n int) { r.known = n })
	return all
}

// holdRate is how many calls are put up each second before a row that wants some.
const holdRate = 2000

// putUp makes the calls that are up during the row, and waits until they are.
func (m *measurement) putUp(ctx context.Context) error {
	calls := m.site.row.up
	holder, err := m.site.startCaller("holder", portHold, m.proxy.door(portHold), holdRate, calls, time.Hour)
	if err != nil {
		return err
	}
	m.holder = holder
	failed := false
	within := 2*time.Duration(calls/holdRate)*time.Second + patience
	err = until(ctx, within, "the calls are up", func() bool {
		stat, err := readSippStat(holder.counts)
		failed = holder.ended() || stat.failed > 0
		return failed || err == nil && stat.created >= calls
	})
	if err != nil || failed {
		return holder.failure("has not put up all calls")
	}
	return nil
}
