package lb

import "time"

// BridgeView is one bridge at one moment, for JSON, metrics and people. Loads
// are in load units, ages and times in seconds.
type BridgeView struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	State string `json:"state"`
	Reach string `json:"reach"`
	SIP   string `json:"sip"`
	// Veto says why it takes no call of a new conference; empty if it does.
	Veto  string `json:"veto,omitempty"`
	Level int    `json:"level"`

	Load      int64 `json:"load"`
	Reserved  int64 `json:"reserved"`
	Effective int64 `json:"effective"`
	// LoadLimit and what follows from it are 0 where no limit is set or known.
	LoadLimit     int   `json:"loadLimit"`
	NewLimit      int64 `json:"newLimit"`
	ExistingLimit int64 `json:"existingLimit"`

	// Participants are the call legs that the bridge itself last counted.
	Participants     int `json:"participants"`
	ParticipantLimit int `json:"participantLimit"`
	// Conferences counts the conferences that run there by its own list.
	Conferences int `json:"conferences"`
	// Unseen counts calls that no reading of the status shows yet.
	Unseen int `json:"unseenCalls"`
	// HeldFor is what is left of the bridge's own Retry-After.
	HeldFor float64 `json:"heldFor,omitempty"`
	// Full says that credible 488 answers make it count as full.
	Full bool `json:"refusedAsFull,omitempty"`

	Polls []PollView `json:"polls"`
}

// PollView is one polled endpoint of one bridge.
type PollView struct {
	Endpoint string   `json:"endpoint"`
	Age      *float64 `json:"age"` // Of the last good reading, null if there was none.
	Failures int      `json:"failures"`
	Error    string   `json:"error,omitempty"` // Of the last poll, if it failed.
}

// Bridges returns every bridge as it stands at now, in configuration order.
func (b *Balancer) Bridges(now time.Time) []BridgeView {
	views := make([]BridgeView, 0, len(b.topology.Bridges))
	at := b.clock.at(now)
	for g := range b.topology.Groups {
		group := &b.topology.Groups[g]
		d := Decision{Kind: Gateway, question: question{sender: NoBridge}}
		book := b.lock(GroupID(g))
		s := b.scene(book, &d, GroupID(g), at)
		for place, id := range group.Bridges {
			var c Candidate
			c.Bridge = id
			b.judge(book, &s, &d, &c)
			e := &book.bridges[place].evidence
			v := newBridgeView(s.table, &c, now)
			v.SIP = b.signals[id].load().String()
			v.Unseen = int(book.bridges[place].calls)
			v.HeldFor = max(e.heldUntil.since(at), 0).Seconds()
			v.Full = e.isFull(at, b.policy)
			views = append(views, v)
		}
		book.mu.Unlock()
	}
	return views
}

// Level returns a bridge's load level as it stands at now, reservations and
// evidence included.
func (b *Balancer) Level(id BridgeID, now time.Time) Level {
	return b.levelFor(id, &Decision{}, now)
}

// LevelFor returns the load level of the chosen bridge of d as it stands at now
// for that call: what the call itself holds there is no part of it (R2). A 486
// from a bridge at level 2 need not be the callee's word (R8).
func (b *Balancer) LevelFor(d *Decision, now time.Time) Level {
	return b.levelFor(d.Chosen, d, now)
}

func (b *Balancer) levelFor(id BridgeID, d *Decision, now time.Time) Level {
	if !b.known(id) {
		return 0
	}
	question := Decision{Kind: Gateway, question: question{sender: NoBridge}}
	c := Candidate{Bridge: id}
	g := b.topology.Bridges[id].Group
	book := b.lock(g)
	defer book.mu.Unlock()
	s := b.scene(book, &question, g, b.clock.at(now))
	s.own = b.own(book, d, id)
	b.judge(book, &s, &question, &c)
	return c.Level
}

// Stats are the sizes of the Books together.
type Stats struct {
	// Placements are calls that hold something: in setup, or not shown by a
	// reading yet. It is no count of calls that are up.
	Placements int
	// Pending are conferences with such calls.
	Pending int
	// Unreserved counts calls that went on without a reservation because the
	// Book was full, since the start.
	Unreserved uint64
}

// Stats returns the sizes of the Books.
func (b *Balancer) Stats() (s Stats) {
	for g := range b.books {
		book := b.lock(GroupID(g))
		s.Placements += len(book.placements) - len(book.free)
		s.Pending += len(book.conferences.byKey)
		s.Unreserved += book.unreserved
		book.mu.Unlock()
	}
	return s
}

func newBridgeView(t *Table, c *Candidate, now time.Time) BridgeView {
	row, bridge := &t.rows[c.Bridge], &t.topology.Bridges[c.Bridge]
	v := BridgeView{
		Name: bridge.Name, Group: t.topology.Groups[bridge.Group].Name,
		State: row.state.String(), Reach: c.Reach.String(), Veto: c.Veto.String(), Level: int(c.Level),
		Load: c.Load, Reserved: c.Reserved, Effective: c.Effective(),
		LoadLimit: row.limits.LoadLimit, NewLimit: c.New, ExistingLimit: c.Existing,
		Participants: int(row.participants), ParticipantLimit: row.limits.ParticipantLimit,
		Conferences: row.running.count(),
	}
	for e := range Endpoint(endpoints) {
		p := &row.polls[e]
		pv := PollView{Endpoint: e.String(), Failures: p.failures}
		if !p.good.IsZero() {
			age := now.Sub(p.good).Seconds()
			pv.Age = &age
		}
		if p.err != nil {
			pv.Error = p.err.Error()
		}
		v.Polls = append(v.Polls, pv)
	}
	return v
}
