package lb

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRecorderKeepsTheNewest(t *testing.T) {
	r := NewRecorder(100)
	require.Empty(t, r.Snapshot(10))
	var d Decision
	for i := range 300 {
		d.Cost = i
		require.EqualValues(t, i+1, r.Record(&d, Result{Status: 200, Took: time.Duration(i)}))
	}
	all := r.Snapshot(1000)
	require.Len(t, all, 128, "100 is rounded up")
	for i, rec := range all {
		require.EqualValues(t, 300-i, rec.ID)
		require.Equal(t, 299-i, rec.Cost)
		require.EqualValues(t, 299-i, rec.Result.Took)
	}
	require.Len(t, r.Snapshot(3), 3)
	var rec Record
	require.True(t, r.Get(250, &rec))
	require.Equal(t, 249, rec.Cost)
	for _, gone := range []uint64{0, 1, 172, 301} {
		require.False(t, r.Get(gone, &rec), "record %d", gone)
	}
}

func TestRecorderFromAllSides(t *testing.T) {
	r := NewRecorder(64)
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			var d Decision
			for i := range 500 {
				d.Cost = w
				d.Tries = i
				id := r.Record(&d, Result{Status: w})
				var rec Record
				if r.Get(id, &rec) { // It may have been overwritten already.
					assert.Equal(t, w, rec.Cost)
					assert.Equal(t, w, rec.Result.Status)
				}
			}
		})
	}
	for range 50 {
		last := r.Last() + 1
		for _, rec := range r.Snapshot(64) {
			require.Equal(t, rec.Cost, rec.Result.Status, "a record is whole")
			if rec.ID < last {
				last = rec.ID
			}
		}
	}
	writers.Wait()
	require.EqualValues(t, 4000, r.Last())
	require.Len(t, r.Snapshot(64), 64)
}
