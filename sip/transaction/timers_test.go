package transaction

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
