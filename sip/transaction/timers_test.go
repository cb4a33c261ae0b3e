package transaction

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// The time at which something was just done is now, however fine the clock.
func TestClockAtWithinAMillisecond(t *testing.T) {
	var c clock
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c.set(begin)
	c.set(begin.Add(10*time.Millisecond + 300*time.Microsecond))
	require.Equal(t, begin.Add(10*time.Millisecond), c.at(c.in(0)))
	require.Equal(t, begin.Add(10*time.Millisecond), c.at(c.now()))
	require.Equal(t, begin.Add(7*time.Millisecond), c.at(c.now()-3))
}

// What is finished is forgotten in groups, and never before its time.
func TestLinger(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.layer.times.grid = lingerGrid
	s := w.shard()
	seen := map[instant]bool{}
	for range 1000 {
		s.clock.set(w.now)
		at := s.linger(32_000)
		require.False(t, s.clock.in(32_000).after(at))
		require.False(t, at.after(s.clock.in(32_000+lingerGrid)))
		seen[at] = true
		w.now = w.now.Add(time.Millisecond)
	}
	require.LessOrEqual(t, len(seen), 1000/lingerGrid+2)
}
