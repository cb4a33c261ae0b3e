package lb

import (
	"sort"
	"time"
)

// site is a second, deliberately simple implementation of the rules: plain
// slices, every figure counted anew from the list of all calls. It shares
// nothing with the package but the draws of R3, which have their own tests.
type site struct {
	policy  Policy
	bridges []*siteBridge
	calls   []*siteCall
	start   time.Time
}

type siteBridge struct {
	id          BridgeID
	group       GroupID
	state       AdminState
	limits      *Limits
	load, legs  int
	loadAt      time.Time // Zero if never read.
	good        [endpoints]time.Time
	listed      map[string]Conference
	sip         SIP
	sipAt, held time.Time
	fullAt      time.Time // Zero if not full.
	refusedAt   time.Time
	refusedBy   uint64
}

type siteCall struct {
	bridge            *siteBridge
	conference        string // Empty if it has none.
	byURI             bool
	cost              int
	placed, answered  time.Time
	load, legs, meets bool // What it still counts for.
	ended             bool
}

// expire ends the reservations of calls that nobody answered.
func (s *site) expire(now time.Time) {
	for _, c := range s.calls {
		if c.answered.IsZero() && !now.Before(c.placed.Add(s.policy.Unanswered)) {
			c.load, c.legs = false, false
		}
	}
}

func (s *site) reserved(b *siteBridge) (sum int) {
	for _, c := range s.calls {
		if c.bridge == b && c.load {
			sum += c.cost
		}
	}
	return sum
}

func (s *site) unseen(b *siteBridge) (n int) {
	for _, c := range s.calls {
		if c.bridge == b && c.legs {
			n++
		}
	}
	return n
}

func (s *site) pending(b *siteBridge, conference string) (n int) {
	for _, c := range s.calls {
		if c.bridge == b && c.meets && c.conference == conference && conference != "" {
			n++
		}
	}
	return n
}

// report is R10's second half: a reading that began late enough shows a call.
func (s *site) report(r Reading) {
	b := s.bridges[r.Bridge]
	if r.Err != nil || r.BeganAt.Before(b.good[r.Endpoint]) {
		return
	}
	b.good[r.Endpoint] = r.BeganAt
	switch r.Endpoint {
	case ReadLoad:
		b.load, b.loadAt = r.Load, r.BeganAt
		if r.BeganAt.After(b.fullAt) {
			b.fullAt = time.Time{}
		}
		if r.BeganAt.After(b.refusedAt) {
			b.refusedAt = time.Time{}
		}
	case ReadStatus:
		b.legs = r.Participants
	case ReadLimits:
		b.limits = &r.Limits
	case ReadCalls:
		b.listed = map[string]Conference{}
		for _, c := range r.Conferences {
			b.listed[c.Space] = c
		}
	}
	for _, c := range s.calls {
		if c.bridge != b || c.answered.IsZero() {
			continue
		}
		switch shown := c.answered.Add(s.policy.Settle); r.Endpoint {
		case ReadLoad:
			c.load = c.load && !r.BeganAt.After(shown)
		case ReadStatus:
			c.legs = c.legs && !r.BeganAt.After(shown)
		case ReadCalls:
			listed, found := b.listed[c.conference]
			switch {
			case c.byURI: // A list of spaces says nothing about it.
			case found:
				c.meets = c.meets && (listed.DetailsAt.IsZero() || !listed.DetailsAt.After(shown))
			default:
				c.meets = c.meets && !r.BeganAt.After(shown)
			}
		}
	}
}

func (s *site) limitsOf(b *siteBridge) (newLimit, existing int, limited bool) {
	if b.limits == nil || b.limits.LoadLimit == 0 {
		return 0, 0, false
	}
	return b.limits.LoadLimit * 5000 / 10000, b.limits.LoadLimit * 8000 / 10000, true
}

func (s *site) level(b *siteBridge, load int) int {
	newLimit, existing, limited := s.limitsOf(b)
	if !limited || load < newLimit {
		return 0
	}
	if load < existing {
		return 1
	}
	return 2
}

// verdict is what the rules say of one bridge for one call.
type verdict struct {
	bridge  *siteBridge
	level   int
	running bool
	veto    Veto
	draw    float64
	room    int
}

func (s *site) judge(b *siteBridge, kind Kind, conference string, now time.Time) verdict {
	v := verdict{bridge: b}
	listed, isListed := b.listed[conference]
	pending := s.pending(b, conference)
	v.running = pending > 0 || conference != "" && isListed && (listed.DetailsAt.IsZero() || listed.Local > 0 || listed.ActiveWhenEmpty)

	anyRead, anyFresh := false, false
	for _, o := range s.bridges {
		anyRead = anyRead || !o.loadAt.IsZero()
		anyFresh = anyFresh || !o.loadAt.IsZero() && o.state != Maintenance && now.Sub(o.loadAt) <= s.policy.StaleAfter
	}
	since := s.start
	if !b.loadAt.IsZero() {
		since = b.loadAt
	}
	fresh := !b.loadAt.IsZero() && now.Sub(b.loadAt) <= s.policy.StaleAfter
	down := !fresh && (b.sip == SIPSilent || anyRead && anyFresh && b.sip == SIPUnproven && now.Sub(since) > s.policy.DownAfter)

	effective := b.load + s.reserved(b)
	_, existing, limited := s.limitsOf(b)
	v.room = maxUnits
	if limited {
		v.room = existing - effective
	}
	switch {
	case !b.fullAt.IsZero() && now.Sub(b.fullAt) <= s.policy.StaleAfter:
		v.level = 2
	case fresh || down:
		v.level = s.level(b, effective)
	case !v.running && s.level(b, s.reserved(b)) == 2:
		v.level = 2
	case !anyRead:
		v.level = 0
	case !anyFresh && !b.loadAt.IsZero():
		v.level = min(1, s.level(b, effective))
	default:
		v.level = 1
	}

	local := pending
	if conference != "" && isListed && !listed.DetailsAt.IsZero() {
		local += listed.Local
	}
	legLimit := 0
	if b.limits != nil {
		legLimit = b.limits.ParticipantLimit
	}
	spread := 0
	for _, o := range s.bridges {
		l, found := o.listed[conference]
		runs := found && (l.DetailsAt.IsZero() || l.Local > 0 || l.ActiveWhenEmpty)
		if runs || o.group == b.group && s.pending(o, conference) > 0 {
			spread++
		}
	}
	for _, rule := range []struct {
		broken bool
		veto   Veto
	}{
		{b.state == Maintenance, VetoMaintenance},
		{down, VetoDown},
		{b.sip == SIPSilent, VetoSuspect},
		{b.held.After(now), VetoHeld},
		{!anyRead && s.policy.Blind == BlindRefuse, VetoBlind},
		{b.state == DrainStrict || b.state == Drain && !v.running, VetoDraining},
		{v.level == 2 && kind != Lync, VetoLoad},
		{legLimit > 0 && b.legs+s.unseen(b) >= legLimit, VetoParticipants},
		{conference != "" && s.policy.MaxPerConference > 0 && local >= s.policy.MaxPerConference, VetoConferenceSize},
		{conference != "" && s.policy.MaxBridgesPerConference > 0 && !v.running && spread >= s.policy.MaxBridgesPerConference, VetoSpread},
	} {
		if rule.broken {
			v.veto = rule.veto
			break
		}
	}
	return v
}

// inOrder sorts one group's verdicts as R5 and R8 want them tried, the vetoed
// left out.
func inOrder(kind Kind, all []verdict) (list []verdict) {
	for _, v := range all {
		if v.veto == Free {
			list = append(list, v)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].draw < list[j].draw })
	step := func(v verdict) int {
		switch {
		case kind == Lync:
			return 0
		case kind == IVR:
			return v.level*4*maxUnits - v.room
		case v.running:
			return 0
		default:
			return 1 + v.level
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return step(list[i]) < step(list[j]) })
	return list
}
