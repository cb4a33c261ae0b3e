package cmsapi

import "time"

// enqueue gives c its place at the end of q; an older place of it is void.
func (r *roster) enqueue(q *[]place, c *rosterCall, due time.Time) {
	r.serial++
	c.serial = r.serial
	*q = append(*q, place{c, r.serial, due})
}

// head drops void places from the front of q and returns the first valid one.
func head(q *[]place) *place {
	for len(*q) > 0 {
		if first := &(*q)[0]; first.serial == first.call.serial {
			return first
		}
		(*q)[0] = place{}
		*q = (*q)[1:]
	}
	*q = nil // gives an array back that was once long
	return nil
}

// due reports whether the front of q is due, else in how long it will be.
func due(q *[]place, now time.Time) (bool, time.Duration) {
	first := head(q)
	switch {
	case first == nil:
		return false, forever
	case now.Before(first.due):
		return false, first.due.Sub(now)
	default:
		return true, 0
	}
}

// pressing reports whether a call is to be read before others, else in how long
// one will be.
func (r *roster) pressing(now time.Time) (bool, time.Duration) {
	if ok, _ := due(&r.fresh, now); ok {
		return true, 0
	}
	return due(&r.pressed, now)
}

// leisurely does the same for calls that can wait.
func (r *roster) leisurely(now time.Time) (bool, time.Duration) { return due(&r.relaxed, now) }

// pop takes the call whose turn it is in that rank; it has no place until it is
// learnt or retried.
func (r *roster) pop(k rank, now time.Time) *rosterCall {
	q := &r.relaxed
	if k == rankCalls {
		q = &r.pressed
		if ok, _ := due(&r.fresh, now); ok {
			q = &r.fresh
		}
	}
	c := (*q)[0].call
	c.serial = 0
	return c
}
