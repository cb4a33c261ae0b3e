package transaction

import "time"

// Timers are the base values from which RFC 3261 table 4 derives all the
// others. A zero field means the default.
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
	if t.T1 <= 0 {
		t.T1 = d.T1
	}
	if t.T2 <= 0 {
		t.T2 = d.T2
	}
	if t.T4 <= 0 {
		t.T4 = d.T4
	}
	if t.C <= 0 {
		t.C = d.C
	}
	return t
}
