package lb

// standing is what the Book and the call path know about one bridge at one
// moment: everything about it that no reading says.
type standing struct {
	reserved  int64   // Load units promised to calls that the load does not show yet (R10).
	calls     int32   // Calls that the status does not show yet (R4).
	pending   int32   // Calls to this conference that the list of calls does not show yet (R10).
	sip       SIP     // R11.
	heldUntil instant // Its own Retry-After (R12).
	full      bool    // A credible 488 since its last reading (R12).
	overJoins bool    // maxJoinRate is reached for this conference (R4).
	sender    bool    // The call came from this bridge.
}

// scene is what all candidates of one group have in common.
type scene struct {
	table   *Table
	first   BridgeID // The group's bridges are numbered from here.
	now     instant
	kind    Kind
	meet    uint64      // Hash of the conference that calls meet in, 0 for none.
	listed  uint32      // Places in the group where it may be listed.
	own     *placement  // What the call holds already, nil where it is not placed.
	pending *conference // Our calls on their way into it, nil for none.
	allDark bool
	spread  int // Bridges on which the conference runs; counted only when capped.
}

// judge fills in c for one bridge: how it stands, whether the conference runs
// there, and by R1, R2, R4, R11 and R12 whether it may take the call. It is a
// pure function of its arguments.
func (s *scene) judge(row *row, st *standing, c *Candidate) {
	var conf runningSlot
	if s.listed>>(c.Bridge-s.first)&1 != 0 {
		conf = row.running.find(s.meet)
	}
	c.Load, c.Reserved = row.load, st.reserved
	c.HasLimit, c.New, c.Existing = row.thresholds.limited, row.thresholds.new, row.thresholds.existing
	c.Participants, c.ParticipantLimit = row.participants+st.calls, int32(row.limits.ParticipantLimit)
	c.Local = conf.local + st.pending
	c.Pending = st.pending > 0 && !conf.running
	c.Running = conf.running || st.pending > 0
	c.Reach = s.reach(row, st)
	c.Level = levelAt(row, st, c)
	c.Veto = s.veto(row, st, c)
}

func (s *scene) reach(row *row, st *standing) Reach {
	last := row.loadAt
	if last == never {
		last = 0 // When we started.
	}
	return reachOf(signs{
		read:    row.loadAt != never,
		age:     s.now.since(last),
		anyRead: s.table.anyRead,
		allDark: s.allDark,
		sip:     st.sip,
	}, s.table.policy)
}

// levelAt is R2 and what R11 makes of it when the reading cannot be trusted.
// What we ourselves have placed since is a fact at any age of the reading: with
// that alone a bridge can be full for new conferences.
func levelAt(row *row, st *standing, c *Candidate) Level {
	if st.full {
		return 2
	}
	if c.Reach != ReachStale && c.Reach != ReachDark && c.Reach != ReachBlind {
		return row.thresholds.level(c.Effective())
	}
	if !c.Running && row.thresholds.level(st.reserved) == 2 {
		return 2
	}
	switch {
	case c.Reach == ReachBlind:
		return 0
	case c.Reach == ReachDark && row.loadAt != never:
		return min(row.thresholds.level(c.Effective()), 1)
	default:
		return 1
	}
}

// veto is R4, with the level test that R5 makes for every step.
func (s *scene) veto(row *row, st *standing, c *Candidate) Veto {
	p := s.table.policy
	switch {
	case st.sender:
		return VetoSender
	case row.state == Maintenance:
		return VetoMaintenance
	case c.Reach == ReachDown:
		return VetoDown
	case c.Reach == ReachSuspect:
		return VetoSuspect
	case st.heldUntil > s.now:
		return VetoHeld
	case c.Reach == ReachBlind && p.Blind == BlindRefuse:
		return VetoBlind
	case row.state == DrainStrict, row.state == Drain && !c.Running:
		return VetoDraining
	case c.Level == 2 && s.kind != Lync: // Lync calls are refused by the bridge itself (R8).
		return VetoLoad
	case c.ParticipantLimit > 0 && c.Participants >= c.ParticipantLimit:
		return VetoParticipants
	case s.meet == 0:
		return Free
	case p.MaxPerConference > 0 && int(c.Local) >= p.MaxPerConference:
		return VetoConferenceSize
	case st.overJoins:
		return VetoJoinRate
	case p.MaxBridgesPerConference > 0 && !c.Running && s.spread >= p.MaxBridgesPerConference:
		return VetoSpread
	default:
		return Free
	}
}

// countSpread counts the bridges on which the conference runs: in all groups by
// their readings, in this group also by calls on their way.
func (s *scene) countSpread() (n int) {
	for i := range s.table.rows {
		place := i - int(s.first)
		pending := s.pending != nil && place >= 0 && place < MaxBridges && s.pending.pending[place] > 0
		if pending || s.table.rows[i].running.find(s.meet).running {
			n++
		}
	}
	return n
}
