package main

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMeasure makes a few calls of each kind through the relay and the edge, so
// that the bench cannot rot. What they cost is nobody's test.
func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs an edge")
	}
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Fatal("sipp is not installed; make tools does that")
	}
	dir := t.TempDir()
	require.NoError(t, writeScripts(dir))
	require.NoError(t, buildEdge(t.Context(), dir, false))
	for _, c := range []struct {
		proxy string
		row   row
	}{
		{nameRelay, row{name: "calls", transport: "udp", kind: placed}},
		{nameBare, row{name: "calls", transport: "udp", kind: placed}},
		{nameBare, row{name: "connection", transport: "tcp", kind: placed}},
		{nameRelay, row{name: "connection", transport: "tcp", kind: placed}},
		{nameEdge, row{name: "spread", transport: "udp", kind: spread, bridges: 4, spaces: 5}},
		{nameBare, row{name: "refused", transport: "udp", kind: refused}},
		{nameRelay, row{name: "refused", transport: "udp", kind: refused}},
		{nameEdge, row{name: "refused", transport: "udp", kind: refused}},
		{nameEdge, row{name: "cancelled", transport: "udp", kind: cancelled}},
		{nameEdge, row{name: "garbage", transport: "udp", kind: garbage, up: 10}},
	} {
		c.row.rate = 50
		t.Run(c.row.name+" "+c.proxy, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			got, err := measure(ctx, dir, c.proxy, c.row, time.Second)
			require.NoError(t, err)
			require.Positive(t, got.calls)
			require.Positive(t, got.memory)
			require.Positive(t, got.p99)
			require.LessOrEqual(t, got.p50, got.p99)
		})
	}
}

// TestMeasureStops interrupts a measurement: it ends at once and leaves nobody.
func TestMeasureStops(t *testing.T) {
	if testing.Short() {
		t.Skip("runs sipp")
	}
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeScripts(dir))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(2*time.Second, cancel)
	_, err := measure(ctx, dir, nameRelay, row{name: "calls", transport: "udp", kind: placed, rate: 50}, time.Minute)
	require.ErrorIs(t, err, context.Canceled)
}
