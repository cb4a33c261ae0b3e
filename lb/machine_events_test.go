package lb

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func (m *machine) drop(c *siteCall) { c.load, c.legs, c.meets, c.ended = false, false, false, true }

func (m *machine) answer(t *rapid.T) {
	call := m.some(t)
	m.b.Answered(call.d.Placement, m.now)
	if c := call.model; !c.ended && c.answered.IsZero() {
		m.site.expire(m.now)
		c.answered, c.load, c.legs = m.now, true, true
	}
}

func (m *machine) end(t *rapid.T) {
	call := m.some(t)
	m.b.Ended(call.d.Placement, m.now)
	m.drop(call.model)
}

func (m *machine) cost(t *rapid.T) {
	call, cost := m.some(t), rapid.IntRange(-10, 3000).Draw(t, "cost")
	m.b.SetCost(call.d.Placement, cost)
	call.model.cost = max(cost, 0)
}

func (m *machine) report(t *rapid.T) {
	r := Reading{
		Bridge:   m.bridge(t).id,
		Endpoint: Endpoint(rapid.IntRange(0, endpoints-1).Draw(t, "endpoint")),
		At:       m.now,
	}
	r.BeganAt = m.now.Add(-time.Duration(rapid.IntRange(0, 2000).Draw(t, "latency")) * time.Millisecond)
	if rapid.IntRange(0, 5).Draw(t, "fails") == 0 {
		r.Err = errors.New("no answer")
	}
	r.Load = rapid.IntRange(0, 10000).Draw(t, "load")
	r.Participants = rapid.IntRange(0, 10).Draw(t, "legs")
	r.Limits = NoLimits()
	r.Limits.LoadLimit = rapid.SampledFrom([]int{0, 600, 5000, 10000}).Draw(t, "limit")
	r.Limits.ParticipantLimit = rapid.SampledFrom([]int{0, 0, 10}).Draw(t, "participantLimit")
	for _, space := range []string{"a", "b", "c"} {
		if !rapid.Bool().Draw(t, "listed") {
			continue
		}
		c := Conference{Space: space}
		if rapid.Bool().Draw(t, "detailed") {
			c.Type, c.Local = TypeSpace, rapid.IntRange(0, 3).Draw(t, "local")
			c.ActiveWhenEmpty = rapid.Bool().Draw(t, "activeWhenEmpty")
			c.DetailsAt = r.BeganAt.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "detailsAge")) * time.Second)
		}
		r.Conferences = append(r.Conferences, c)
	}
	m.b.Report(r)
	m.site.report(r)
}

func (m *machine) reach(t *rapid.T) {
	b, ok := m.bridge(t), rapid.Bool().Draw(t, "ok")
	at := m.now.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "late")) * time.Millisecond)
	m.b.Reach(b.id, ok, at)
	m.sign(b, ok, at)
}

func (m *machine) sign(b *siteBridge, ok bool, at time.Time) {
	if at.Before(b.sipAt) {
		return
	}
	b.sipAt, b.sip = at, SIPSilent
	if ok {
		b.sip = SIPAnswers
	}
}

func (m *machine) evidence(t *rapid.T) {
	b := m.bridge(t)
	e := Evidence{Kind: rapid.SampledFrom([]EvidenceKind{Timeout, Transport, Unavailable503, Refused488}).Draw(t, "kind")}
	e.RetryAfter = time.Duration(rapid.IntRange(0, 20).Draw(t, "retryAfter")) * time.Second
	e.Caller = uint64(rapid.IntRange(1, 3).Draw(t, "caller"))
	m.b.Evidence(b.id, e, m.now)
	switch e.Kind {
	case Timeout, Transport:
		m.sign(b, false, m.now)
	case Unavailable503:
		if until := m.now.Add(e.RetryAfter); until.After(b.held) {
			b.held = until
		}
	case Refused488:
		m.refuse(b, e.Caller, nil)
	}
}

// refuse is the guard of R12. What the refused call holds is no proof.
func (m *machine) refuse(b *siteBridge, caller uint64, own *siteCall) {
	_, existing, limited := m.site.limitsOf(b)
	load, legs := b.load+m.site.reserved(b), b.legs+m.site.unseen(b)
	if own != nil && own.load {
		load -= own.cost
	}
	if own != nil && own.legs {
		legs--
	}
	full := limited && 10*load >= 9*existing
	full = full || b.limits != nil && b.limits.ParticipantLimit > 0 && legs >= b.limits.ParticipantLimit
	if full || !b.refusedAt.IsZero() && b.refusedBy != caller {
		b.fullAt = m.now
		return
	}
	b.refusedAt, b.refusedBy = m.now, caller
}

func (m *machine) refused(t *rapid.T) {
	call := m.some(t)
	if call.observed || call.d.Outcome != Chosen || call.d.question.refused || !call.model.answered.IsZero() {
		t.Skip("no first refusal")
	}
	require.False(t, m.b.Refused(&call.d, m.now), "one refusal is no proof")
	m.refuse(m.site.bridges[call.d.Chosen], call.spec.Caller, call.model)
}

func (m *machine) state(t *rapid.T) {
	b := m.bridge(t)
	b.state = rapid.SampledFrom([]AdminState{Ready, Ready, Drain, DrainStrict, Maintenance}).Draw(t, "state")
	m.b.SetState(b.id, b.state)
}

func (m *machine) resolve(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "conference")
	m.b.Resolve(name+"@meet", name)
	for _, c := range m.site.calls {
		if c.conference == name+"@meet" {
			c.conference, c.byURI = name, false
		}
	}
}

func (m *machine) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.SampledFrom([]int{1, 500, 1000, 3500, 6000, 20000, 40000}).Draw(t, "ms")) * time.Millisecond)
	m.site.expire(m.now)
}
