package sim

import (
	"slices"
	"strings"
	"time"
)

// Load is mediaProcessingLoad as the API would tell it now, in load units.
func (b *Bridge) Load() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.load.load(time.Now())
}

// SetLoad fixes mediaProcessingLoad whatever the calls cost. Native limits
// obey it.
func (b *Bridge) SetLoad(units int) {
	b.change(func() { b.load.fixed = &units })
}

// SetLoadText makes the API give that text for mediaProcessingLoad, to be
// wrong in any way. Native limits ignore it. The empty string ends it.
func (b *Bridge) SetLoadText(text string) {
	b.change(func() { b.load.text = text })
}

// ClearLoad ends SetLoad and SetLoadText: the load is that of the calls again.
func (b *Bridge) ClearLoad() {
	b.change(func() { b.load.fixed, b.load.text = nil, "" })
}

// Level is the bridge's own load level: 0, 1 or 2.
func (b *Bridge) Level() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level()
}

// level is Level; the caller holds mu.
func (b *Bridge) level() int { return b.limits.level(b.load.load(time.Now())) }

// Limits are the figures of a bridge's /system/configuration/cluster.
type Limits struct {
	// LoadLimit and ParticipantLimit are unset when 0.
	LoadLimit, ParticipantLimit int
	// NewBP and ExistingBP are basis points, 0..10000.
	NewBP, ExistingBP int
}

// Limits are those in force.
func (b *Bridge) Limits() Limits {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.limits
	return Limits{orZero(l.loadLimit), orZero(l.participantLimit), l.newBP, l.existingBP}
}

// SetLimits changes them at once, all four: basis points of 0 are 0.
func (b *Bridge) SetLimits(l Limits) {
	b.change(func() {
		b.limits = limits{optional(l.LoadLimit), optional(l.ParticipantLimit), l.NewBP, l.ExistingBP}
	})
}

// SIPMode is the behaviour of the SIP side.
func (b *Bridge) SIPMode() SIPMode {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sipMode
}

// SetSIPMode changes the behaviour of the SIP side for what comes from now on.
func (b *Bridge) SetSIPMode(m SIPMode) {
	b.change(func() {
		b.sipMode = m
		clear(b.silenced)
	})
}

// APIMode is the behaviour of the API where no path has its own.
func (b *Bridge) APIMode() APIMode {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.apiModes[""]
}

// SetAPIMode changes the behaviour of the API: with no path for all of it,
// ending every exception made before; else for these paths below /api/v1/
// and everything under them, e.g. "system/load", "calls".
func (b *Bridge) SetAPIMode(m APIMode, paths ...string) {
	b.change(func() {
		if len(paths) == 0 {
			clear(b.apiModes)
			b.apiModes[""] = m
		}
		for _, p := range paths {
			b.apiModes[strings.ToLower(strings.Trim(p, "/"))] = m
		}
	})
}

// apiModeOf is the mode of a path, that of the longest prefix. The caller
// holds mu.
func (b *Bridge) apiModeOf(path string) APIMode {
	path = strings.ToLower(path)
	for {
		if m, ok := b.apiModes[path]; ok {
			return m
		}
		if path == "" {
			return APIMode{}
		}
		path = path[:max(0, strings.LastIndexByte(path, '/'))]
	}
}

// Quirks are liberties that real servers take with the API's documents.
type Quirks struct {
	// Shuffle puts the elements of every object in another order each time.
	Shuffle bool
	// Pad surrounds texts with blanks and newlines.
	Pad bool
	// British writes unrecognisedObject instead of unrecognizedObject.
	British bool
	// TotalOff is added to every collection's total.
	TotalOff int
}

// SetQuirks changes how the API writes its documents.
func (b *Bridge) SetQuirks(q Quirks) {
	b.change(func() { b.quirks = q })
}

// Counters count what came to a bridge since the start.
type Counters struct {
	// Invites are new INVITEs outside dialogs, Retransmissions requests that
	// were seen before, of any method, an ACK of a 2xx included.
	Invites, Retransmissions int
	// Requests are all others by method, re-INVITEs as "re-INVITE".
	Requests map[string]int
	// Malformed are messages that could not be read, Stray responses that
	// belong to nothing.
	Malformed, Stray int
	// APIRequests are the requests to the REST API.
	APIRequests int
}

// Counters are the counts so far.
func (b *Bridge) Counters() Counters {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.counts
	c.Requests = make(map[string]int, len(b.counts.Requests))
	for k, v := range b.counts.Requests {
		c.Requests[k] = v
	}
	return c
}

// keepRequests bounds Bridge.Requests.
const keepRequests = 256

// Requests are the last 256 requests that belong to no call and are no
// INVITEs, oldest first: OPTIONS, strays.
func (b *Bridge) Requests() []Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.others)
}

// change makes a change under the mutex and tells those who wait.
func (b *Bridge) change(f func()) {
	b.mu.Lock()
	f()
	b.mu.Unlock()
	b.group.notify()
}
