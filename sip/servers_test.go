package sip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// ranked are servers with these priorities and weights, each of its own record.
func ranked(ranks ...[2]uint16) *servers {
	s := &servers{}
	for i, r := range ranks {
		at := netip.MustParseAddrPort(fmt.Sprintf("192.0.2.%d:5060", i+1))
		s.list = append(s.list, server{wire.UDP, at, uint8(i), r[0], r[1]})
		s.all = append(s.all, at)
	}
	return s
}

// RFC 2782: of one priority each server is chosen as often as its weight says, one
// of weight 0 almost never; a lower priority figure goes before any weight.
func TestChooseByWeight(t *testing.T) {
	s := ranked([2]uint16{1, 60}, [2]uint16{1, 30}, [2]uint16{1, 10}, [2]uint16{1, 0}, [2]uint16{2, 65535})
	var chosen [5]int
	const calls = 100_000
	for seed := range uint64(calls) {
		i, ok := s.choose(draw(seed, 77), 0, time.Now())
		require.True(t, ok)
		chosen[i]++
	}
	for i, want := range []float64{0.6, 0.3, 0.1, 0, 0} {
		require.InDelta(t, want, float64(chosen[i])/calls, 0.01, "server %d", i)
	}
	require.Positive(t, chosen[3], "weight 0 is little, not nothing")
	require.Zero(t, chosen[4])

	equal := ranked([2]uint16{1, 0}, [2]uint16{1, 0})
	chosen = [5]int{}
	for seed := range uint64(calls) {
		i, _ := equal.choose(draw(seed, 77), 0, time.Now())
		chosen[i]++
	}
	require.InDelta(t, 0.5, float64(chosen[0])/calls, 0.01, "where all weigh nothing all weigh the same")
}

// The addresses of one SRV record share its weight: it does not weigh more for
// having two.
func TestWeightIsOfTheRecord(t *testing.T) {
	s := ranked([2]uint16{1, 50}, [2]uint16{1, 50}, [2]uint16{1, 50})
	s.list[1].record = s.list[0].record
	var first int
	const calls = 100_000
	for seed := range uint64(calls) {
		if i, _ := s.choose(draw(seed, 77), 0, time.Now()); i < 2 {
			first++
		}
	}
	require.InDelta(t, 0.5, float64(first)/calls, 0.01)
}

// Whatever is ranked how and down: all servers come, none twice, those that are
// up first, and of these the lowest priority figures; the same for the same seed.
func TestChooseEachOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, maxServers).Draw(t, "servers")
		var ranks [][2]uint16
		priority := uint16(0)
		for range n {
			priority += rapid.Uint16Range(0, 1).Draw(t, "priority")
			ranks = append(ranks, [2]uint16{priority, rapid.Uint16Range(0, 3).Draw(t, "weight")})
		}
		s, now := ranked(ranks...), time.Now()
		down := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "down")
		for i, d := range down {
			if d {
				s.fail(s.list[i].at, now)
			}
		}
		seed := rapid.Uint64().Draw(t, "seed")
		var tried serverSet
		last := -1
		for range n {
			i, ok := s.choose(seed, tried, now)
			again, _ := s.choose(seed, tried, now)
			require.True(t, ok)
			require.Equal(t, i, again)
			require.False(t, tried.has(i))
			if last >= 0 {
				require.False(t, s.before(i, last, now.UnixNano()), "%d after %d", i, last)
			}
			tried, last = tried|1<<i, i
		}
		_, ok := s.choose(seed, tried, now)
		require.False(t, ok)
	})
}

// A server that failed is the last one for a while, and no longer.
func TestFailedServerIsLast(t *testing.T) {
	s, now := ranked([2]uint16{1, 0}, [2]uint16{2, 0}), time.Now()
	first := func(at time.Time) int { i, _ := s.choose(1, 0, at); return i }
	require.Equal(t, 0, first(now))
	s.fail(s.list[0].at, now)
	require.Equal(t, 1, first(now.Add(downFor-1)))
	require.Equal(t, 0, first(now.Add(downFor)))
	s.fail(s.list[1].at, now)
	require.Equal(t, 0, first(now), "all are down: as if none were")
	var none *servers
	none.fail(s.list[0].at, now)
	_, ok := none.choose(1, 0, now)
	require.False(t, ok)
}

// A new answer takes over which servers are down and, without SRV, the one that is
// in use; the same servers in another order are no new answer.
func TestSucceed(t *testing.T) {
	plain := func(hosts ...int) *servers {
		s := &servers{}
		for _, h := range hosts {
			at := netip.MustParseAddrPort(fmt.Sprintf("192.0.2.%d:5060", h))
			s.list, s.all = append(s.list, server{transport: wire.UDP, at: at}), append(s.all, at)
		}
		return s
	}
	now := time.Now()
	old := plain(1, 2)
	require.True(t, old.same(plain(2, 1)))
	require.False(t, old.same(plain(2, 3)))
	require.False(t, old.same(plain(1)))
	old.fail(old.list[1].at, now)
	next := plain(2, 3, 1)
	next.succeed(old)
	require.Equal(t, "192.0.2.1:5060", next.list[0].at.String())
	require.Equal(t, "192.0.2.2:5060", next.list[1].at.String())
	require.Zero(t, next.down[0].Load())
	require.Equal(t, old.down[1].Load(), next.down[1].Load())
	next.succeed(nil)

	ranked1 := ranked([2]uint16{1, 0}, [2]uint16{2, 0})
	inUse := plain(2)
	ranked1.succeed(inUse)
	require.Equal(t, "192.0.2.1:5060", ranked1.list[0].at.String(), "SRV ranks them")
}
