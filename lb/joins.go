package lb

import "time"

const (
	joinWindow = instant(time.Minute)
	maxJoins   = 1 << 17
)

// joins counts joins per minute, conference and bridge, for maxJoinRate (R4).
// The zero value is empty; it stays so while the cap is off.
type joins struct{ counts map[joinKey]joinCount }

type joinKey struct {
	meet   uint64
	bridge uint8
}

// joinCount is a sliding window made of two fixed ones: the joins of the last
// minute are those of this window and the matching share of the one before.
type joinCount struct {
	start              instant
	current, preceding int32
}

// advance moves the windows to now.
func (c joinCount) advance(now instant) joinCount {
	switch age := now - c.start; {
	case age < joinWindow:
		return c
	case age < 2*joinWindow:
		return joinCount{start: c.start + joinWindow, preceding: c.current}
	default:
		return joinCount{start: now}
	}
}

// reached says whether a minute's joins have used up the cap.
func (c joinCount) reached(limit int, now instant) bool {
	c = c.advance(now)
	share := int64(joinWindow - (now - c.start))
	return int64(c.current)*int64(joinWindow)+int64(c.preceding)*share >= int64(limit)*int64(joinWindow)
}

func (j *joins) reached(meet uint64, bridge uint8, limit int, now instant) bool {
	c, known := j.counts[joinKey{meet, bridge}]
	return known && c.reached(limit, now)
}

// add counts one join, and drops a few counts that have run out, so that the
// map stays as small as the last two minutes ask for.
func (j *joins) add(meet uint64, bridge uint8, now instant) {
	if j.counts == nil {
		j.counts = map[joinKey]joinCount{}
	}
	looked := 0
	for k, c := range j.counts {
		if now-c.start >= 2*joinWindow {
			delete(j.counts, k)
		}
		if looked++; looked == 4 {
			break
		}
	}
	key := joinKey{meet, bridge}
	c, known := j.counts[key]
	if !known {
		if len(j.counts) >= maxJoins {
			return
		}
		c.start = now
	}
	c = c.advance(now)
	c.current++
	j.counts[key] = c
}
