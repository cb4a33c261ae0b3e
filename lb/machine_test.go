package lb

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// machine drives a Balancer and the simple site side by side through random
// histories, and compares every decision and every counter.
type machine struct {
	b     *Balancer
	site  *site
	now   time.Time
	calls []*machineCall
}

type machineCall struct {
	d     Decision
	model *siteCall
	spec  *Call

	observed bool
}

func TestBalancerAgainstSimpleSite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"":         func(t *rapid.T) { m.check(t) },
			"place":    m.place,
			"place2":   m.place, // More often than the others.
			"observe":  m.observe,
			"next":     m.next,
			"answer":   m.answer,
			"end":      m.end,
			"cost":     m.cost,
			"report":   m.report,
			"report2":  m.report,
			"reach":    m.reach,
			"evidence": m.evidence,
			"refused":  m.refused,
			"state":    m.state,
			"resolve":  m.resolve,
			"wait":     m.wait,
		})
		m.finish(t)
	})
}

func newMachine(t *rapid.T) *machine {
	start := testStart
	p := DefaultPolicy()
	p.MaxPerConference = rapid.SampledFrom([]int{0, 3, 450}).Draw(t, "maxPerConference")
	p.MaxBridgesPerConference = rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "maxBridges")
	p.Blind = rapid.SampledFrom([]Blind{BlindPlace, BlindRefuse}).Draw(t, "blind")
	s := &site{policy: p, start: start}
	var groups []GroupConfig
	for g := range rapid.IntRange(1, 3).Draw(t, "groups") {
		gc := GroupConfig{Name: fmt.Sprintf("group%d", g)}
		for range rapid.SampledFrom([]int{1, 2, 3, 3, 4, MaxBridges}).Draw(t, "bridges") {
			id := BridgeID(len(s.bridges))
			gc.Bridges = append(gc.Bridges, BridgeConfig{Name: fmt.Sprintf("cluster%d", id)})
			s.bridges = append(s.bridges, &siteBridge{id: id, group: GroupID(g)})
		}
		groups = append(groups, gc)
	}
	topology, err := NewTopology(groups, nil)
	require.NoError(t, err)
	return &machine{b: New(topology, p, start), site: s, now: start}
}

func (m *machine) bridge(t *rapid.T) *siteBridge {
	return m.site.bridges[rapid.IntRange(0, len(m.site.bridges)-1).Draw(t, "bridge")]
}

func (m *machine) some(t *rapid.T) *machineCall {
	if len(m.calls) == 0 {
		t.Skip("no calls")
	}
	return m.calls[rapid.IntRange(0, len(m.calls)-1).Draw(t, "call")]
}

// any returns a call of any kind.
func (m *machine) any(t *rapid.T) *Call {
	c := &Call{
		Kind:    rapid.SampledFrom([]Kind{Space, Space, Space, Space, IVR, Gateway, Lync}).Draw(t, "kind"),
		CallID:  rapid.StringMatching("[a-z]{4}").Draw(t, "callID"),
		Cost:    rapid.SampledFrom([]int{50, 1000, 2000, -5}).Draw(t, "cost"),
		Landing: BridgeID(rapid.IntRange(-1, len(m.site.bridges)-1).Draw(t, "landing")),
		Mode:    rapid.SampledFrom([]LandingMode{LandingDefault, LandingGroup, LandingNative, LandingOnly}).Draw(t, "mode"),
		Caller:  uint64(rapid.IntRange(1, 3).Draw(t, "caller")),
	}
	if rapid.IntRange(0, 4).Draw(t, "fromBridge") == 0 {
		c.Exclude, c.ExcludeSet = m.bridge(t).id, true
	}
	for _, g := range rapid.Permutation([]GroupID{0, 1, 2}).Draw(t, "route")[:rapid.IntRange(1, 3).Draw(t, "length")] {
		if int(g) < len(m.b.topology.Groups) {
			c.Groups = append(c.Groups, g)
		}
	}
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "conference")
	if rapid.Bool().Draw(t, "known") {
		c.Conference.Space = name
	}
	c.Conference.URI = name + "@meet"
	return c
}

// observe: the decision is that of Place, the call goes where it was dialled.
func (m *machine) observe(t *rapid.T) {
	call := &machineCall{spec: m.any(t), observed: true}
	to := m.bridge(t).id
	m.b.Observe(call.spec, to, m.now, &call.d)
	m.site.expire(m.now)
	m.compare(t, call)
	require.Equal(t, call.d.Outcome != Chosen || call.d.Chosen != to, call.d.Differs(to))
	m.reserve(t, call, to)
	m.calls = append(m.calls, call)
}

func (m *machine) place(t *rapid.T) {
	c := m.any(t)
	call := &machineCall{spec: c}
	var explained Decision
	m.b.Explain(c, m.now, &explained)
	m.b.Place(c, m.now, &call.d)
	m.site.expire(m.now)
	m.compare(t, call)
	require.Equal(t, call.d.Chosen, explained.Chosen, "Explain must say what Place does")
	require.Equal(t, call.d.Outcome, explained.Outcome)
	require.False(t, explained.Placement.Held())
	if call.d.Outcome == Chosen {
		m.reserve(t, call, call.d.Chosen)
		m.calls = append(m.calls, call)
	} else {
		require.False(t, call.d.Placement.Held())
	}
}

// reserve books in the site what the Balancer should have booked.
func (m *machine) reserve(t *rapid.T, call *machineCall, to BridgeID) {
	c := call.spec
	require.True(t, call.d.Placement.Held())
	model := &siteCall{bridge: m.site.bridges[to], cost: max(c.Cost, 0), placed: m.now, load: true, legs: true}
	if c.Kind == Space {
		model.conference, model.byURI, model.meets = c.Conference.String(), c.Conference.Space == "", true
	}
	call.model = model
	m.site.calls = append(m.site.calls, model)
}

// verdicts are the site's word on one group for a call.
func (m *machine) verdicts(c *Call, g GroupID) (all []verdict) {
	conference, key := "", c.Conference.String()
	switch c.Kind {
	case Space:
		conference = key
	case IVR:
		key = c.CallID
	}
	table := m.b.Table()
	for place, id := range m.b.topology.Groups[g].Bridges {
		v := m.site.judge(m.site.bridges[id], c.Kind, conference, m.now)
		if c.ExcludeSet && c.Exclude == id {
			v.veto = VetoSender
		}
		v.draw = table.members[g].draw(hashKey(key), place)
		all = append(all, v)
	}
	return all
}

// compare asks the site what Place should have done.
func (m *machine) compare(t *rapid.T, call *machineCall) {
	c, d := call.spec, &call.d
	groups := slices.Clone(c.Groups)
	only := false
	if c.Landing != NoBridge {
		g := m.site.bridges[c.Landing].group
		groups = append([]GroupID{g}, slices.DeleteFunc(groups, func(o GroupID) bool { return o == g })...)
		only = c.Mode == LandingOnly
	}
	if only {
		require.Len(t, d.Candidates(), 1)
		if c.ExcludeSet && c.Exclude == c.Landing {
			require.Equal(t, Unavailable, d.Outcome, "a call never goes back to where it came from")
			return
		}
		require.Equal(t, Chosen, d.Outcome)
		require.Equal(t, c.Landing, d.Chosen)
		return
	}
	limited := false
	for _, g := range groups {
		all := m.verdicts(c, g)
		for _, v := range all {
			if c.Mode == LandingNative && v.bridge.id == c.Landing && v.level == 2 && c.Kind != Lync && (v.veto == Free || v.veto >= VetoDraining) {
				require.Equal(t, LandingFull, d.Outcome)
				return
			}
		}
		for _, v := range all {
			limited = limited || v.veto.Limit()
			m.sameCandidate(t, d, v)
		}
		if list := inOrder(c.Kind, all); len(list) > 0 {
			require.Equal(t, Chosen, d.Outcome)
			require.Equal(t, list[0].bridge.id, d.Chosen)
			return
		}
	}
	switch {
	case c.Kind == Lync && m.somebodyElse(c, groups):
		require.Equal(t, Chosen, d.Outcome)
		require.LessOrEqual(t, d.ChosenCandidate().Priority, uint8(1), "the first, or the one after the sender")
		require.False(t, c.ExcludeSet && c.Exclude == d.Chosen)
	case limited:
		require.Equal(t, Exhausted, d.Outcome)
	default:
		require.Equal(t, Unavailable, d.Outcome)
		require.Positive(t, d.RetryAfter)
	}
}

// somebodyElse says whether the groups have a bridge that did not send the call.
func (m *machine) somebodyElse(c *Call, groups []GroupID) bool {
	for _, b := range m.site.bridges {
		if slices.Contains(groups, b.group) && !(c.ExcludeSet && c.Exclude == b.id) {
			return true
		}
	}
	return false
}

func (m *machine) sameCandidate(t *rapid.T, d *Decision, v verdict) {
	c := d.find(v.bridge.id)
	if c == nil {
		require.True(t, d.Omitted > 0 || d.Kind == Lync, "a candidate is missing")
		return
	}
	if d.Tries > 1 {
		return // Judged at another time.
	}
	require.Equal(t, v.veto.String(), c.Veto.String(), "veto of bridge %d", v.bridge.id)
	require.EqualValues(t, v.level, c.Level, "level of bridge %d", v.bridge.id)
	require.Equal(t, v.running, c.Running, "running on bridge %d", v.bridge.id)
}

func (m *machine) next(t *rapid.T) {
	call := m.some(t)
	if call.observed || call.d.Outcome != Chosen || !call.model.answered.IsZero() {
		t.Skip("nothing to fail")
	}
	tried := map[BridgeID]bool{}
	for _, c := range call.d.Candidates() {
		if c.Tried() {
			tried[c.Bridge] = true
		}
	}
	tries := call.d.Tries
	m.drop(call.model)
	m.site.expire(m.now)
	id, ok := m.b.Next(&call.d, m.now)
	if !ok {
		require.Equal(t, Spent, call.d.Outcome)
		require.False(t, call.d.Placement.Held())
		return
	}
	require.False(t, tried[id], "a bridge is tried once")
	require.False(t, call.spec.ExcludeSet && call.spec.Exclude == id, "a call never goes back to where it came from")
	require.Equal(t, tries+1, call.d.Tries)
	require.LessOrEqual(t, call.d.Tries, m.site.policy.Attempts)
	conference := ""
	if call.spec.Kind == Space {
		conference = call.spec.Conference.String()
	}
	require.Equal(t, Free, m.site.judge(m.site.bridges[id], call.spec.Kind, conference, m.now).veto)
	m.reserve(t, call, id)
}

// check compares every counter, and looks for leaks inside the Books.
func (m *machine) check(t *rapid.T) {
	for i, v := range m.b.Bridges(m.now) {
		b := m.site.bridges[i]
		require.EqualValues(t, m.site.reserved(b), v.Reserved, "reserved on bridge %d", i)
		require.Equal(t, m.site.unseen(b), v.Unseen, "unseen calls on bridge %d", i)
	}
	for g := range m.b.books {
		checkBook(t, &m.b.books[g])
	}
}

// finish ends every call: nothing may be left.
func (m *machine) finish(t *rapid.T) {
	for _, call := range m.calls {
		m.b.Ended(call.d.Placement, m.now)
		m.drop(call.model)
	}
	m.check(t)
	require.Equal(t, Stats{}, m.b.Stats())
}
