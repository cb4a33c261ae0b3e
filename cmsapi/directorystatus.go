package cmsapi

import (
	"time"

	"go.uber.org/zap"
)

// DirectoryStatus tells how complete a directory is. It is a copy; nothing in it
// changes any more.
type DirectoryStatus struct {
	// Group is the group's name; Source the bridge asked last.
	Group, Source string
	// URIs is the number of different user parts of spaces, Spaces that of
	// spaces; of these, Detailed is how many had their secondaryUri and access
	// methods read.
	URIs, Spaces, Detailed int
	// InboundRules, ForwardingRules, IVRs and Users are how many are known;
	// PlanRead says that rules and IVRs were all read once.
	InboundRules, ForwardingRules, IVRs, Users int
	PlanRead                                   bool
	// LastFull is when the newest pass over all spaces ended, Took how long it
	// took; zero before the first. PassBegan is when the pass under way began,
	// zero between two, and PassSeen how many spaces it has listed.
	LastFull  time.Time
	Took      time.Duration
	PassBegan time.Time
	PassSeen  int
	// Queries are the counts of uriUsageQuery.
	Queries QueryStatus
	// Error is why no bridge could be asked for spaces last, "" while one can.
	Error string
}

// Status returns what is known now. It does not block on the network and is safe
// for concurrent use.
func (d *Directory) Status() DirectoryStatus {
	p := d.plan.Load()
	d.mu.Lock()
	s := d.status
	d.mu.Unlock()
	s.URIs, s.Users = int(d.index.size.Load()), int(d.users.size.Load())
	s.InboundRules, s.ForwardingRules, s.IVRs = p.inbounds, len(p.forwarding), p.ivrCount
	s.PlanRead = p.inboundRead && p.forwardingRead && p.ivrsRead
	s.Queries = d.queries.snapshot()
	return s
}

// tell makes known what a request has changed, and logs the first complete pass
// and a directory that is too large.
func (d *Directory) tell(now time.Time) {
	d.mu.Lock()
	first := d.status.LastFull.IsZero() && !d.spaces.done.IsZero()
	d.status.Spaces, d.status.Detailed = len(d.book.byID), d.book.detailed
	d.status.LastFull, d.status.Took = d.spaces.done, d.spaces.took
	d.status.PassBegan, d.status.PassSeen = time.Time{}, 0
	if d.spaces.walking {
		d.status.PassBegan, d.status.PassSeen = d.spaces.began, d.spaces.distinct
	}
	d.mu.Unlock()
	if first {
		d.log.Info("the directory of spaces is complete", zap.Int("spaces", len(d.book.byID)),
			zap.Int64("uris", d.index.size.Load()), zap.Duration("took", d.spaces.took))
	}
	if d.book.truncated && !d.warned {
		d.warned = true
		d.log.Warn("the group has more spaces than are kept; those beyond are asked about when they are dialled", zap.Int("kept", maxSpaces))
	}
}
