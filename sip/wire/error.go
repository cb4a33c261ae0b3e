package wire

import "strconv"

// Error is a fault in a message. Values are shared and must not be changed.
type Error struct {
	// Status is the response code that the fault deserves: 400, 505, 513.
	// 0 means drop in silence: a faulty response, a faulty ACK, or no SIP at all.
	Status int
	// Reason is a short text, fit for the reason phrase of a response and for a log.
	Reason string
}

// Error gives status and reason in one line.
func (e *Error) Error() string {
	if e.Status == 0 {
		return "sip: " + e.Reason
	}
	return "sip: " + strconv.Itoa(e.Status) + " " + e.Reason
}
