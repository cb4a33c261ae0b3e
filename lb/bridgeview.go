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
		d := Decision{Kind: Gateway}
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
