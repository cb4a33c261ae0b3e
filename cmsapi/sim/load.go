package sim

import (
	"strconv"
	"time"
)

// Load units of one call, by the best main picture that it may carry.
const (
	unitsAudio   = 50
	units480     = 500
	units720     = 1000
	units1080    = 2000
	unitsUnknown = 1000 // no SDP from the caller yet
)

// meter is mediaProcessingLoad: the sum of what the calls cost, told some
// time later, as media must be up first.
type meter struct {
	lag   time.Duration
	value int
	late  []change // not told yet, oldest first
	fixed *int
	text  string
}

// change is a rise or fall that the meter tells from a moment on.
type change struct {
	at    time.Time
	units int
}

// add records a rise or a fall at now.
func (m *meter) add(now time.Time, units int) {
	if units == 0 {
		return
	}
	m.late = append(m.late, change{now.Add(m.lag), units})
	m.settle(now)
}

// settle moves what is due into the value.
func (m *meter) settle(now time.Time) {
	n := 0
	for n < len(m.late) && !m.late[n].at.After(now) {
		m.value += m.late[n].units
		n++
	}
	m.late = append(m.late[:0], m.late[n:]...)
}

// load is what the bridge believes and its limits obey.
func (m *meter) load(now time.Time) int {
	m.settle(now)
	if m.fixed != nil {
		return *m.fixed
	}
	return m.value
}

// told is what the API says.
func (m *meter) told(now time.Time) string {
	if m.text != "" {
		return m.text
	}
	return strconv.Itoa(m.load(now))
}

// limits are the figures of /system/configuration/cluster; nil is unset.
type limits struct {
	loadLimit, participantLimit *int
	newBP, existingBP           int
}

// level is the load level of the CMS load balancing document: 0 below the new
// conference limit, 1 from there, 2 from the existing conference limit on.
func (l limits) level(load int) int {
	if l.loadLimit == nil || *l.loadLimit == 0 {
		return 0
	}
	switch {
	case load >= *l.loadLimit*l.existingBP/maxBasisPoints:
		return 2
	case load >= *l.loadLimit*l.newBP/maxBasisPoints:
		return 1
	}
	return 0
}

// optional is nil for 0.
func optional(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// orZero is 0 for nil.
func orZero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
