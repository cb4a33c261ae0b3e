package transaction

import "time"

// Timers are the base values from which RFC 3261 table 4 derives all the
// others. A zero field means the default. Values over seven days are cut.
type Timers struct {
	// T1 is the round-trip estimate: 500 ms. 64*T1 is how long a request, an ACK
	// or a retransmission is waited for (timers B, D, F, H, J, L and M).
	T1 time.Duration
	// T2 caps the retransmission interval of non-INVITE requests and of INVITE
	// responses: 4 s.
	T2 time.Duration
	// T4 is how long a message stays in the network (timers I and K): 5 s.
	T4 time.Duration
	// C bounds how long an INVITE branch may ring with no news (section 16.6 step
	// 11). It must be longer than 3 minutes on a real network: 185 s.
	C time.Duration
}

// DefaultTimers returns the values of RFC 3261.
func DefaultTimers() Timers {
	return Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second, C: 185 * time.Second}
}

func (t Timers) withDefaults() Timers {
	d := DefaultTimers()
	for _, f := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&t.T1, d.T1}, {&t.T2, d.T2}, {&t.T4, d.T4}, {&t.C, d.C}} {
		if *f.value <= 0 {
			*f.value = f.usual
		}
	}
	return t
}

// durations are the timers in the milliseconds that records count in.
type durations struct {
	t1, t2, t4, c uint32
	wait          uint32 // 64*T1.
	late          uint32 // How long the client of a request that is no INVITE waits before it repeats at intervals of T2.
	grid          uint32 // See linger.
}

func (t Timers) durations() durations {
	d := durations{t1: millis(t.T1), t2: millis(t.T2), t4: millis(t.T4), c: millis(t.C), wait: millis(64 * t.T1), grid: lingerGrid}
	for e := d.t1; e < d.t2 && d.late < d.wait; e *= 2 { // Timer E.
		d.late += e
	}
	return d
}

// maxDelay bounds every deadline, so that instants can be compared although they
// wrap round.
const maxDelay = 7 * 24 * time.Hour

// millis rounds d up to whole milliseconds, at least 1.
func millis(d time.Duration) uint32 {
	d = min(max(d, time.Millisecond), maxDelay)
	return uint32((d + time.Millisecond - 1) / time.Millisecond)
}

// instant is a point in time in milliseconds of the shard's clock, modulo 2^32: a
// quarter of the size of a time.Time. 0 means never. Two of them may be compared if
// they are less than 24 days apart, which maxDelay makes sure of.
type instant uint32

// after reports whether t lies after u.
func (t instant) after(u instant) bool { return int32(t-u) > 0 }

// due reports whether t is set and has come.
func (t instant) due(now instant) bool { return t != 0 && !t.after(now) }

// earlier is the earlier one of two, either of which may be never.
func earlier(t, u instant) instant {
	if t == 0 || u != 0 && t.after(u) {
		return u
	}
	return t
}

// clock turns the times that events bring into instants. It never runs backwards,
// as events of several goroutines may come in slightly out of order.
type clock struct {
	epoch time.Time     // The first time seen.
	last  time.Duration // Since epoch.
}

func (c *clock) set(now time.Time) {
	if c.epoch.IsZero() {
		c.epoch = now
	}
	c.last = max(c.last, now.Sub(c.epoch))
}

// now is the current instant, rounded down, so that nothing fires early.
func (c *clock) now() instant { return instant(c.last / time.Millisecond) }

// in is the instant that lies ms from now, rounded up.
func (c *clock) in(ms uint32) instant {
	t := instant((c.last+time.Millisecond-1)/time.Millisecond) + instant(ms)
	return max(t, 1) // 0 means never.
}

// lingerGrid is how many milliseconds lie between the instants at which what is
// finished may be forgotten. A timer that only absorbs retransmissions may run
// longer than the RFC says, and a shard that has thousands of them need not wake up
// for each tick of its wheel.
const lingerGrid = 256

// linger is the first instant on the grid that lies ms or more from now.
func (s *shard) linger(ms uint32) instant {
	grid := instant(s.layer.times.grid)
	return max((s.clock.in(ms)+grid-1)/grid*grid, 1)
}

// tick is the current tick of the wheel, rounded down.
func (c *clock) tick() uint64 { return uint64(c.last/time.Millisecond) >> tickShift }

// untilTick is how long it is until tick begins, for a sleep.
func (c *clock) untilTick(tick uint64) time.Duration {
	return max(time.Duration(tick<<tickShift)*time.Millisecond-c.last, 0)
}

// at is the time of t, which lies in the past, or up to a millisecond ahead as
// in rounds up.
func (c *clock) at(t instant) time.Time {
	ago := max(int32(c.now()-t), 0)
	return c.epoch.Add(c.last.Truncate(time.Millisecond) - time.Duration(ago)*time.Millisecond)
}
