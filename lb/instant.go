package lb

import "time"

// instant is a time in nanoseconds since the Balancer was made. Differences
// follow the monotonic clock, so a step of the wall clock ages nothing.
type instant int64

// never lies before every instant, far enough to be subtracted safely.
const never instant = -1 << 62

// clock turns times into instants.
type clock struct{ epoch time.Time }

func (c clock) at(t time.Time) instant { return instant(t.Sub(c.epoch)) }

// since returns the time from an earlier instant to this one; since never it is
// longer than any limit.
func (i instant) since(earlier instant) time.Duration { return time.Duration(i - earlier) }

func (i instant) plus(d time.Duration) instant { return i + instant(d) }
