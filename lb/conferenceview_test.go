package lb

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConferencesInJSON(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	raw, err := json.Marshal(b.Conferences())
	require.NoError(t, err)
	require.Equal(t, "[]", string(raw), "a list, also if it is empty")
	for id := range BridgeID(2) {
		b.Report(Reading{Bridge: id, Endpoint: ReadCalls, BeganAt: now, At: now, Conferences: []Conference{
			{Space: "a", Type: TypeSpace, DetailsAt: now, Local: 2 + int(id)}, {Space: "", Type: TypeAdHoc, DetailsAt: now, Local: 1},
		}})
	}
	raw, err = json.Marshal(b.Conferences())
	require.NoError(t, err)
	require.JSONEq(t, `[{"space": "a", "participants": 5, "spread": true, "bridges": [
		{"bridge": "cluster1", "group": "london", "participants": 2}, {"bridge": "cluster2", "group": "london", "participants": 3}]}]`, string(raw))
}

// TestConferencesCountsManyPending: more than are copied under one hold of the lock.
func TestConferencesCountsManyPending(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	var d Decision
	for i := range 3*viewChunk + 1 {
		b.Place(spaceCall(fmt.Sprint(i)), now, &d)
		b.Place(spaceCall(fmt.Sprint(i)), now, &d)
	}
	all := b.Conferences()
	require.Len(t, all, 3*viewChunk+1)
	for _, c := range all {
		require.False(t, c.Spread)
		require.Len(t, c.Bridges, 1)
		require.Equal(t, 2, c.Bridges[0].Pending)
		require.Nil(t, c.Bridges[0].Participants)
	}
}
