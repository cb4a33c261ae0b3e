package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Call types of the API.
const (
	typeSpace      = "coSpace"
	typeForwarding = "forwarding"
)

// Conference is a running meeting on one bridge, as /calls lists it.
type Conference struct {
	// ID is the call's GUID on this bridge, Correlator the callCorrelator,
	// which it shares with the same meeting on other bridges.
	ID, Correlator string
	// Type is callType: "coSpace" (the default), "forwarding", "adHoc" or
	// "lyncConferencing".
	Type string
	// Space is the space's GUID; Name is shown to people.
	Space, Name string
	// Participants are local participants that are no SIP calls of the
	// simulation, made up by AddConference; Legs are the real ones.
	Participants, Legs int
	// Units is what the made-up participants cost.
	Units int
	// ActiveWhenEmpty keeps it running without participants.
	ActiveWhenEmpty bool
	// Pinned conferences, those of AddConference, stay listed without
	// participants too, but claim nothing: only their distribution links keep
	// them.
	Pinned bool
}

// conference is a running one.
type conference struct {
	Conference
	legs    map[*leg]struct{}
	started time.Time
	most    int // legs at once
}

// local is numParticipantsLocal.
func (c *conference) local() int { return len(c.legs) + c.Participants }

// ErrNoConference says that there is no such conference.
var ErrNoConference = fmt.Errorf("sim: no such conference")

// conferenceOf gives the running conference of a space, nil if there is none.
// The caller holds mu.
func (b *Bridge) conferenceOf(space string) *conference {
	for _, c := range b.conferences {
		if space != "" && strings.EqualFold(c.Space, space) {
			return c
		}
	}
	return nil
}

// startConference makes one. The caller holds mu.
func (b *Bridge) startConference(c Conference) *conference {
	c.ID = uuid.NewString()
	c.Type = cmp.Or(c.Type, typeSpace)
	if c.Correlator == "" {
		c.Correlator = uuid.NewString()
		if c.Space != "" {
			c.Correlator = b.group.db.correlatorOf(c.Space)
		}
	}
	conf := &conference{Conference: c, legs: make(map[*leg]struct{}), started: time.Now()}
	b.conferences[c.ID] = conf
	if c.Space != "" {
		b.line("API \"%s\" Space GUID: %s <--> Call Correlator GUID: %s <--> Internal GUID: %s", c.Name, c.Space, c.Correlator, uuid.NewString())
	}
	return conf
}

// join puts an answered leg into its conference. The caller holds mu.
func (b *Bridge) join(l *leg, t target) {
	switch {
	case t.kind == targetSpace:
		l.conf = b.conferenceOf(t.space.ID)
		if l.conf == nil {
			l.conf = b.startConference(Conference{Space: t.space.ID, Name: t.space.Name, ActiveWhenEmpty: t.space.ActiveWhenEmpty})
		}
	case t.gateway():
		l.conf = b.startConference(Conference{Type: typeForwarding, Name: t.name})
	default:
		return
	}
	l.conf.legs[l] = struct{}{}
	l.conf.most = max(l.conf.most, l.conf.local())
	if l.conf.Space != "" {
		b.line("participant \"%s\" joined space %s (%s)", l.peer(), l.conf.Space, l.conf.Name)
	}
}

// leave takes a leg out and ends a conference that nothing keeps. The caller
// holds mu.
func (b *Bridge) leave(l *leg) {
	c := l.conf
	if c == nil {
		return
	}
	l.conf = nil
	delete(c.legs, l)
	if c.Space != "" {
		b.line("participant \"%s\" left space %s (%s)", l.peer(), c.Space, c.Name)
	}
	if c.local() == 0 && !c.ActiveWhenEmpty && !c.Pinned {
		b.destroy(c)
	}
}

// destroy removes a conference from the list. The caller holds mu.
func (b *Bridge) destroy(c *conference) {
	delete(b.conferences, c.ID)
	b.line("conference %s destroyed", c.ID)
}

// AddConference starts a conference with made-up participants, or none, and
// returns its GUID. Where the space is running already the participants join
// it. It stays until EndConference.
func (b *Bridge) AddConference(c Conference) (string, error) {
	if c.Participants < 0 || c.Units < 0 {
		return "", fmt.Errorf("sim: a conference cannot have %d participants of %d units", c.Participants, c.Units)
	}
	if c.Space != "" {
		s, ok := b.group.db.space(c.Space)
		if !ok {
			return "", fmt.Errorf("sim: there is no space %s", c.Space)
		}
		c.Space, c.Name = s.ID, cmp.Or(c.Name, s.Name)
	}
	c.Pinned = true
	defer b.group.notify()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.load.add(time.Now(), c.Units)
	running := b.conferenceOf(c.Space)
	if running == nil {
		running = b.startConference(c)
	} else {
		running.Participants += c.Participants
		running.Units += c.Units
		running.Pinned = true
		running.ActiveWhenEmpty = running.ActiveWhenEmpty || c.ActiveWhenEmpty
	}
	running.most = max(running.most, running.local())
	return running.ID, nil
}

// EndConference ends a conference: made-up participants leave, SIP calls get
// BYE in the background.
func (b *Bridge) EndConference(id string) error {
	defer b.group.notify()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conferences {
		if !strings.EqualFold(c.ID, id) {
			continue
		}
		b.load.add(time.Now(), -c.Units)
		c.Units, c.Participants, c.Pinned, c.ActiveWhenEmpty = 0, 0, false, false
		if len(c.legs) == 0 {
			b.destroy(c)
			return nil
		}
		for l := range c.legs {
			b.drop(l, "local teardown")
		}
		return nil
	}
	return fmt.Errorf("%w: %q", ErrNoConference, id)
}

// Conferences are those that /calls lists now, oldest first.
func (b *Bridge) Conferences() []Conference {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Conference, 0, len(b.conferences))
	for _, c := range b.sortedConferences() {
		s := c.Conference
		s.Legs = len(c.legs)
		all = append(all, s)
	}
	return all
}

// sortedConferences are the running ones, oldest first. The caller holds mu.
func (b *Bridge) sortedConferences() []*conference {
	all := make([]*conference, 0, len(b.conferences))
	for _, c := range b.conferences {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *conference) int {
		return cmp.Or(a.started.Compare(b.started), strings.Compare(a.ID, b.ID))
	})
	return all
}

// site is a conference of the same correlator on another bridge.
type site struct {
	bridge *Bridge
	local  int
}

// sites are the other bridges where a conference runs. It locks them, so the
// caller holds no bridge's mutex.
func (b *Bridge) sites(correlator string) []site {
	var all []site
	for _, other := range b.group.bridges {
		if other == b {
			continue
		}
		other.mu.Lock()
		for _, c := range other.conferences {
			if c.Correlator == correlator && c.local() > 0 {
				all = append(all, site{other, c.local()})
			}
		}
		other.mu.Unlock()
	}
	return all
}
