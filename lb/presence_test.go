package lb

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPresenceForgetsNobody: what a bridge lists is found, whatever other
// bridges listed before, and what nobody lists any more makes no work for long.
func TestPresenceForgetsNobody(t *testing.T) {
	b, now := smallSite(t, 3, DefaultPolicy())
	list := func(id BridgeID, from, to int) {
		r := Reading{Bridge: id, Endpoint: ReadCalls, BeganAt: now, At: now}
		for i := from; i < to; i++ {
			r.Conferences = append(r.Conferences, Conference{Space: spaceID(i)})
		}
		b.Report(r)
		p := &b.Table().presence[0]
		total := 0
		for place := range b.Table().rows {
			for _, c := range b.Table().Conferences(BridgeID(place)) {
				require.NotZero(t, p.at(hashKey(c.Space))>>place&1, "%s on bridge %d", c.Space, place)
				total++
			}
		}
		require.Equal(t, total, p.listed)
		require.GreaterOrEqual(t, len(p.masks), total)
		require.LessOrEqual(t, len(p.masks), max(minPresence, 8*total))
	}
	require.Zero(t, b.Table().presence[0].at(hashKey(spaceID(0))), "nothing was read")
	list(0, 0, 5)
	list(1, 3, 900)
	list(2, 100, 3000)
	list(1, 0, 1)
	list(2, 2999, 3000)
	list(0, 0, 0)
	list(1, 0, 0)
	list(2, 0, 0)
	require.Zero(t, b.Table().presence[0].at(hashKey(spaceID(0))))
}
