package lb

import "time"

// DecisionView is a Decision with names instead of numbers, for JSON. It holds
// every figure that the decision was made from.
type DecisionView struct {
	ID           uint64    `json:"id,omitempty"`
	At           time.Time `json:"at"`
	Kind         string    `json:"kind"`
	Conference   string    `json:"conference"`
	CallID       string    `json:"callId,omitempty"`
	From         string    `json:"from,omitempty"`
	To           string    `json:"to,omitempty"`
	Cost         int       `json:"cost"`
	Landing      string    `json:"landing,omitempty"`
	Mode         string    `json:"mode"`
	Outcome      string    `json:"outcome"`
	Chosen       string    `json:"chosen,omitempty"`
	Local        bool      `json:"local"`
	Tries        int       `json:"tries"`
	OfferAtFault bool      `json:"offerAtFault,omitempty"`
	Omitted      int       `json:"omitted,omitempty"`
	Text         string    `json:"text"`
	// Observed, Delivered and Differs are those of a Result; Record.View sets them.
	Observed   bool            `json:"observed,omitempty"`
	Delivered  string          `json:"delivered,omitempty"`
	Differs    bool            `json:"differs,omitempty"`
	Candidates []CandidateView `json:"candidates"`
}

// CandidateView is a Candidate with names instead of numbers, for JSON. Loads
// are in load units.
type CandidateView struct {
	Bridge           string `json:"bridge"`
	Group            string `json:"group"`
	Priority         int    `json:"priority"`
	Level            int    `json:"level"`
	Running          bool   `json:"running"`
	Pending          bool   `json:"pending,omitempty"`
	Load             int64  `json:"load"`
	Reserved         int64  `json:"reserved"`
	Effective        int64  `json:"effective"`
	NewLimit         *int64 `json:"newLimit,omitempty"`
	ExistingLimit    *int64 `json:"existingLimit,omitempty"`
	Participants     int    `json:"participants"`
	ParticipantLimit int    `json:"participantLimit,omitempty"`
	Local            int    `json:"localParticipants"`
	Reach            string `json:"reach"`
	Veto             string `json:"veto,omitempty"`
	Attempt          int    `json:"attempt,omitempty"` // 1 for the first bridge that was chosen.
	Answer           int    `json:"answer,omitempty"`
	Reason           string `json:"reason"`
}

// View returns the decision as JSON shows it. t supplies the names: any table
// of the same topology.
func (d *Decision) View(t *Table) DecisionView {
	v := DecisionView{
		ID: d.ID, At: d.At, Kind: d.Kind.String(), Conference: d.Conference.String(),
		CallID: d.CallID.String(), From: d.From.String(), To: d.To.String(), Cost: d.Cost,
		Mode: d.Mode.String(), Outcome: d.Outcome.String(), Local: d.Local(), Tries: d.Tries,
		OfferAtFault: d.OfferAtFault, Omitted: d.Omitted, Text: d.result(t),
		Candidates: make([]CandidateView, 0, d.count),
	}
	if d.Landing != NoBridge {
		v.Landing = t.topology.Name(d.Landing)
	}
	if d.Chosen != NoBridge {
		v.Chosen = t.topology.Name(d.Chosen)
	}
	for _, c := range d.Ordered() {
		v.Candidates = append(v.Candidates, c.view(t))
	}
	return v
}

func (c Candidate) view(t *Table) CandidateView {
	v := CandidateView{
		Bridge: t.topology.Name(c.Bridge), Group: t.topology.Groups[c.Group].Name,
		Priority: int(c.Priority), Level: int(c.Level), Running: c.Running, Pending: c.Pending,
		Load: c.Load, Reserved: c.Reserved, Effective: c.Effective(),
		Participants: int(c.Participants), ParticipantLimit: int(c.ParticipantLimit), Local: int(c.Local),
		Reach: c.Reach.String(), Veto: c.Veto.String(), Attempt: int(c.try), Answer: int(c.Answer), Reason: c.Reason(),
	}
	if c.HasLimit {
		v.NewLimit, v.ExistingLimit = &c.New, &c.Existing
	}
	return v
}
