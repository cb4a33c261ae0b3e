package lb

// step is a place in R5: lower is tried first.
type step uint8

// The steps of R5.
const (
	stepRunning step = iota // (a) running, level 0 or 1.
	stepIdle                // (b) not running, level 0.
	stepBusy                // (c) not running, level 1.
	stepNobody              // (d) vetoed.
	steps
)

// stepOf is R5 for one candidate; eligibility and level 2 are vetoes already.
// Gateway calls run nowhere, so (b) and (c) remain for them. IVR and Lync calls
// know no steps (R8): whoever is eligible is as good.
func stepOf(kind Kind, c *Candidate) step {
	switch {
	case c.Veto != Free:
		return stepNobody
	case c.Running || kind == IVR || kind == Lync:
		return stepRunning
	case c.Level == 0:
		return stepIdle
	default:
		return stepBusy
	}
}

// before says whether a is tried before b, both of one group: the lower step of
// R5, and within a step the lower priority. An IVR call goes to the emptiest
// bridge: the lowest level, then most room in load units.
func before(kind Kind, a, b *Candidate) bool {
	if sa, sb := stepOf(kind, a), stepOf(kind, b); sa != sb {
		return sa < sb
	}
	return within(kind, a, b)
}

// within is before for two candidates of one step.
func within(kind Kind, a, b *Candidate) bool {
	if kind == IVR {
		if a.Level != b.Level {
			return a.Level < b.Level
		}
		if ra, rb := a.room(), b.room(); ra != rb {
			return ra > rb
		}
	}
	return a.draw < b.draw
}

// best returns the place of the candidate that R5 tries first among those of
// one group that may take the call; -1 is nobody.
func best(kind Kind, list []Candidate) int {
	found, lowest := -1, stepNobody
	for i := range list {
		s := stepOf(kind, &list[i])
		if s < lowest || s == lowest && s != stepNobody && within(kind, &list[i], &list[found]) {
			found, lowest = i, s
		}
	}
	return found
}

// lowest returns the place of the candidate of the lowest priority among those
// of one group, whatever stands in its way; -1 if that is only the call's sender.
func lowest(list []Candidate) int {
	found := -1
	for i := range list {
		if list[i].Veto != VetoSender && (found < 0 || list[i].draw < list[found].draw) {
			found = i
		}
	}
	return found
}

// room returns the load units left below the existing-conference limit; without
// a limit there is always more room than with one.
func (c *Candidate) room() int64 {
	if !c.HasLimit {
		return maxUnits * maxUnits
	}
	return c.Existing - c.Effective()
}
