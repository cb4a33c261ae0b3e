package lb

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestObserveBooksWhereTheCallGoes(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	var placed, d, e Decision
	b.Explain(spaceCall("a"), now, &placed)
	other := 1 - placed.Chosen

	b.Observe(spaceCall("a"), other, now, &d)
	require.Equal(t, placed.Chosen, d.Chosen, "it decides as Place does")
	require.True(t, d.Differs(other))
	require.False(t, d.Differs(placed.Chosen))
	require.True(t, d.Placement.Held())
	views := b.Bridges(now)
	require.Zero(t, views[placed.Chosen].Reserved)
	require.EqualValues(t, d.Cost, views[other].Reserved)

	b.Observe(spaceCall("a"), other, now, &e)
	require.Equal(t, other, e.Chosen, "the conference runs where the first call went")
	require.False(t, e.Differs(other))

	b.Ended(d.Placement, now)
	b.Ended(e.Placement, now)
	require.Equal(t, Stats{}, b.Stats())

	b.Observe(spaceCall("a"), NoBridge, now, &d)
	require.False(t, d.Placement.Held())
}

func TestObservedRefusalDiffers(t *testing.T) {
	b, now := smallSite(t, 1, DefaultPolicy())
	b.SetState(0, Maintenance)
	var d Decision
	b.Observe(spaceCall("a"), 0, now, &d)
	require.Equal(t, Unavailable, d.Outcome)
	require.True(t, d.Differs(0))
}

func TestRecordShowsWhereAnObservedCallWent(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	r := NewRecorder(64)
	var d Decision
	b.Explain(spaceCall("a"), now, &d)
	other := 1 - d.Chosen
	name, otherName := b.Table().Topology().Name(d.Chosen), b.Table().Topology().Name(other)

	var rec Record
	require.True(t, r.Get(r.Record(&d, Result{Observed: true, Delivered: other}), &rec))
	require.True(t, rec.Result.Differs)
	v := rec.View(b.Table())
	require.True(t, v.Observed)
	require.True(t, v.Differs)
	require.Equal(t, otherName, v.Delivered)
	require.Equal(t, name, v.Chosen)
	require.Equal(t, "observed: delivered to "+otherName+" as dialled; by the rules it goes to "+name+" (try 1, no landing bridge)", v.Text)

	require.True(t, r.Get(r.Record(&d, Result{Observed: true, Delivered: d.Chosen}), &rec))
	require.False(t, rec.View(b.Table()).Differs)

	require.True(t, r.Get(r.Record(&d, Result{Status: 200, Differs: true}), &rec))
	require.False(t, rec.Result.Differs, "a call that was balanced cannot differ")
	raw, err := json.Marshal(rec.View(b.Table()))
	require.NoError(t, err)
	require.NotContains(t, string(raw), "delivered")
	require.NotContains(t, string(raw), "observed")
}
