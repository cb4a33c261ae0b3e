package lb

import (
	"cmp"
	"slices"
	"strings"
)

// ConferenceView is one conference and where it runs, for JSON.
type ConferenceView struct {
	// Space is the space id; of a conference that the directory does not know
	// yet, the dialled address (Key.URI).
	Space string `json:"space"`
	// Participants are those on all bridges, as far as bridges have counted them.
	Participants int `json:"participants"`
	// Spread says that it runs on more than one bridge, which costs distribution
	// links between them.
	Spread bool `json:"spread"`
	// Bridges are where it runs, in configuration order.
	Bridges []ConferenceShare `json:"bridges"`
}

// ConferenceShare is a conference on one bridge.
type ConferenceShare struct {
	Bridge string `json:"bridge"`
	Group  string `json:"group"`
	// Participants are the local ones, nil until the bridge was asked for
	// details.
	Participants *int `json:"participants"`
	// Pending are calls that we placed there and that are not among Participants
	// yet (R10).
	Pending int `json:"pending,omitempty"`
}

// Conferences returns every conference that runs by R5: those that a bridge
// lists as running, and those into which a call was just placed. Spread ones
// come first, then the larger ones. It costs a walk over all of them: for people,
// not for calls.
func (b *Balancer) Conferences() []ConferenceView {
	all := map[uint64]*ConferenceView{}
	t := b.table.Load()
	for i := range t.rows {
		running := t.rows[i].running
		for _, c := range t.Conferences(BridgeID(i)) {
			key := hashKey(c.Space)
			if slot := running.find(key); c.Space != "" && slot.running {
				shareOf(all, key, c.Space, t, BridgeID(i)).Participants = slot.participants()
			}
		}
	}
	for g := range t.topology.Groups {
		b.addPending(all, GroupID(g), t)
	}
	views := make([]ConferenceView, 0, len(all))
	for _, v := range all {
		v.Spread = len(v.Bridges) > 1
		for _, share := range v.Bridges {
			if share.Participants != nil {
				v.Participants += *share.Participants
			}
		}
		slices.SortFunc(v.Bridges, func(x, y ConferenceShare) int {
			return cmp.Compare(t.topology.byName[x.Bridge], t.topology.byName[y.Bridge])
		})
		views = append(views, *v)
	}
	slices.SortFunc(views, func(x, y ConferenceView) int {
		switch {
		case x.Spread != y.Spread && x.Spread:
			return -1
		case x.Spread != y.Spread:
			return 1
		case x.Participants != y.Participants:
			return cmp.Compare(y.Participants, x.Participants)
		}
		return strings.Compare(x.Space, y.Space)
	})
	return views
}

// viewChunk is how many pending conferences are copied under one hold of the lock.
const viewChunk = 64

// addPending adds the conferences of one group that only our own calls show.
func (b *Balancer) addPending(all map[uint64]*ConferenceView, g GroupID, t *Table) {
	var chunk [viewChunk]conference
	for from := 0; ; from += viewChunk {
		book := b.lock(g)
		rest := book.conferences.all[min(from, len(book.conferences.all)):]
		n := copy(chunk[:], rest)
		book.mu.Unlock()
		if n == 0 {
			return
		}
		for i := range chunk[:n] {
			c := &chunk[i]
			for place, calls := range c.pending {
				if c.key != 0 && calls > 0 {
					shareOf(all, c.key, c.name.String(), t, t.members[g].first+BridgeID(place)).Pending = int(calls)
				}
			}
		}
	}
}

// shareOf returns a conference's share on a bridge, made if it is new. It is
// valid until the next one is made.
func shareOf(all map[uint64]*ConferenceView, key uint64, name string, t *Table, id BridgeID) *ConferenceShare {
	v := all[key]
	if v == nil {
		v = &ConferenceView{Space: name}
		all[key] = v
	}
	bridge := &t.topology.Bridges[id]
	for i := range v.Bridges {
		if v.Bridges[i].Bridge == bridge.Name {
			return &v.Bridges[i]
		}
	}
	v.Bridges = append(v.Bridges, ConferenceShare{Bridge: bridge.Name, Group: t.topology.Groups[bridge.Group].Name})
	return &v.Bridges[len(v.Bridges)-1]
}
