package transaction

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The wheel against a list that is searched from end to end.
func TestWheelFiresInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 20
		var records slots[record]
		for range n {
			records.take()
		}
		w := wheel{records: &records}
		// Begin near places where digits or the instants roll over.
		start := rapid.SampledFrom([]time.Duration{0, 2040, 1<<19 - 100, 1<<27 - 50, 1<<32 - 3000, 1<<35 - 10}).Draw(t, "start")
		c := clock{epoch: time.Unix(0, 0), last: start * time.Millisecond}
		list := map[uint32]time.Duration{} // In milliseconds since the epoch.

		pop := func() {
			for {
				i, ok := w.pop(c.tick())
				if !ok {
					break
				}
				due, ok := list[i]
				require.True(t, ok, "record %d fired, but is not queued", i)
				require.LessOrEqual(t, due, c.last/time.Millisecond, "record %d fired early", i)
				delete(list, i)
			}
			for i, due := range list {
				require.GreaterOrEqual(t, due+1<<tickShift, c.last/time.Millisecond, "record %d is late", i)
			}
			require.Equal(t, len(list), w.count)
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				i := uint32(rapid.IntRange(1, n).Draw(t, "record"))
				if _, ok := list[i]; ok {
					t.Skip("queued")
				}
				ms := uint32(rapid.OneOf(
					rapid.IntRange(0, 20), rapid.IntRange(0, 5000), rapid.IntRange(30_000, 190_000),
					rapid.IntRange(0, int(maxDelay/time.Millisecond)),
				).Draw(t, "ms"))
				due := c.in(ms)
				w.insert(i, due, c.tick())
				list[i] = (c.last+time.Millisecond-1)/time.Millisecond + time.Duration(ms)
			},
			"remove": func(t *rapid.T) {
				i := uint32(rapid.IntRange(1, n).Draw(t, "record"))
				w.remove(i)
				delete(list, i)
			},
			"pass": func(t *rapid.T) {
				c.last += time.Duration(rapid.OneOf(
					rapid.IntRange(0, 30), rapid.IntRange(0, 10_000), rapid.IntRange(0, 600_000), rapid.IntRange(0, int(maxDelay/time.Millisecond)),
				).Draw(t, "pass")) * time.Millisecond
				pop()
			},
			"sleep until next": func(t *rapid.T) {
				tick, ok := w.next()
				require.Equal(t, len(list) > 0, ok)
				if ok {
					c.last += c.untilTick(tick)
					for i, due := range list {
						require.GreaterOrEqual(t, due+1<<tickShift, c.last/time.Millisecond, "slept past record %d", i)
					}
					pop()
				}
			},
		})
	})
}

func TestInstantsWrapRound(t *testing.T) {
	c := clock{epoch: time.Unix(0, 0), last: (1<<32 - 5) * time.Millisecond}
	before := c.now()
	soon := c.in(10)
	require.True(t, soon.after(before))
	require.Equal(t, before, earlier(before, soon))
	require.Equal(t, soon, earlier(0, soon))
	require.Equal(t, soon, earlier(soon, 0))
	require.NotZero(t, c.in(5), "0 means never")
	require.False(t, soon.due(c.now()))
	c.set(time.Unix(0, 0).Add((1<<32 + 5) * time.Millisecond))
	require.True(t, soon.due(c.now()))
	require.False(t, instant(0).due(c.now()))
	require.Equal(t, time.Unix(0, 0).Add((1<<32-5)*time.Millisecond), c.at(before))

	c.set(time.Unix(0, 0))
	require.Equal(t, (1<<32+5)*time.Millisecond, c.last, "the clock never runs backwards")
}

func TestTimersHaveDefaults(t *testing.T) {
	require.Equal(t, DefaultTimers(), Timers{}.withDefaults())
	d := Timers{T1: time.Second, C: 200 * time.Second}.withDefaults().durations()
	require.Equal(t, durations{t1: 1000, t2: 4000, t4: 5000, c: 200_000, wait: 64_000, late: 3000, grid: lingerGrid}, d)
	require.Equal(t, uint32(maxDelay/time.Millisecond), millis(10000*time.Hour))
	require.Equal(t, uint32(1), millis(-1))
	require.Equal(t, uint32(2), millis(1500*time.Microsecond))
}
