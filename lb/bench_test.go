package lb

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// busyBalancer returns 24 bridges in one group, on which 12,000 conferences run,
// as a large site has them at noon.
func busyBalancer(tb testing.TB) (*Balancer, time.Time) { return crowdedBalancer(tb, 12000) }

// crowdedBalancer returns 24 bridges in one group, on which that many
// conferences run, each on one of them.
func crowdedBalancer(tb testing.TB, conferences int) (*Balancer, time.Time) {
	tb.Helper()
	return crowdedSite(tb, MaxBridges, conferences)
}

// siteOf returns that many bridges in one group, busy as those of busyBalancer.
func siteOf(tb testing.TB, bridges int) (*Balancer, time.Time) {
	tb.Helper()
	return crowdedSite(tb, bridges, 500*bridges)
}

func crowdedSite(tb testing.TB, bridges, conferences int) (*Balancer, time.Time) {
	tb.Helper()
	group := GroupConfig{Name: "london"}
	for i := range bridges {
		group.Bridges = append(group.Bridges, BridgeConfig{Name: fmt.Sprintf("cluster%d", i+1)})
	}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(tb, err)
	start := time.Now()
	b := New(topology, DefaultPolicy(), start)
	for i := range bridges {
		r := Reading{Bridge: BridgeID(i), BeganAt: start, At: start}
		r.Endpoint, r.Limits = ReadLimits, Limits{LoadLimit: 96000 + 1000*i, NewBasisPoints: -1, ExistingBasisPoints: -1}
		b.Report(r)
		r.Endpoint, r.Load = ReadLoad, 2000*i
		b.Report(r)
		r.Endpoint, r.Conferences = ReadCalls, nil
		for c := i; c < conferences; c += bridges {
			r.Conferences = append(r.Conferences, Conference{Space: spaceID(c), Local: 3, DetailsAt: start})
		}
		b.Report(r)
		b.Reach(BridgeID(i), true, start)
	}
	return b, start
}

// spaceID returns a space id of the form that CMS uses.
func spaceID(n int) string { return fmt.Sprintf("5b6cbd4d-2d2e-4d8f-a1a8-%012d", n) }

// benchCalls returns calls to as many spaces.
func benchCalls(spaces int) []Call {
	calls := make([]Call, spaces)
	for i := range calls {
		calls[i] = Call{
			CallID: "d7ed1a80-5dd19f2c-2f6-b05d12ac@172.18.93.176", From: "sip:1001@example.com", To: "sip:boardroom@meet.example.com",
			Conference: Key{Space: spaceID(i), URI: "boardroom@meet"},
			Cost:       1000, Groups: []GroupID{0}, Landing: NoBridge,
		}
	}
	return calls
}

// BenchmarkPlace is one decision over 24 bridges with its reservation, and the
// end of the call.
func BenchmarkPlace(b *testing.B) {
	balancer, now := busyBalancer(b)
	calls := benchCalls(256)
	var d Decision
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		balancer.Place(&calls[i%len(calls)], now, &d)
		balancer.Ended(d.Placement, now)
		i++
	}
}

// BenchmarkPlaceAmong is one decision, as BenchmarkPlace, among few and among
// many running conferences: it must cost the same. Every other call opens
// a conference of its own, the others join one that runs.
func BenchmarkPlaceAmong(b *testing.B) {
	for _, conferences := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("conferences=%d", conferences), func(b *testing.B) {
			balancer, now := crowdedBalancer(b, conferences)
			calls := benchCalls(4096)
			for i := range calls {
				calls[i].Conference.Space = spaceID(i * 7919 % conferences)
				if i%2 == 0 {
					calls[i].Conference.Space = spaceID(conferences + i) // Runs nowhere.
				}
			}
			var d Decision
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				balancer.Place(&calls[i%len(calls)], now, &d)
				balancer.Ended(d.Placement, now)
				i++
			}
		})
	}
}

// BenchmarkReportCalls is what one bridge's list of calls costs, among as many
// conferences on the bridges of its group together. Calls go on meanwhile.
func BenchmarkReportCalls(b *testing.B) {
	for _, conferences := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("conferences=%d", conferences), func(b *testing.B) {
			balancer, now := crowdedBalancer(b, conferences)
			r := Reading{Endpoint: ReadCalls, Conferences: balancer.Table().Conferences(0)}
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				r.BeganAt, r.At = now, now
				balancer.Report(r)
			}
		})
	}
}

// BenchmarkRecord is what keeping a decision costs.
func BenchmarkRecord(b *testing.B) {
	balancer, now := busyBalancer(b)
	calls := benchCalls(256)
	var d Decision
	balancer.Place(&calls[0], now, &d)
	r := NewRecorder(4096)
	b.ReportAllocs()
	for b.Loop() {
		r.Record(&d, Result{Status: 200})
	}
}

// TestSizes holds the figures that memory per call follows from.
func TestSizes(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Decision{}), uintptr(2600))
	require.LessOrEqual(t, unsafe.Sizeof(placement{}), uintptr(64))
	require.LessOrEqual(t, unsafe.Sizeof(conference{}), uintptr(216))
}
