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

// arrange orders one group's candidates, which come by priority, as they are to
// be tried, and returns how many of them are eligible. Within a step the lowest
// priority wins, except that an IVR call goes to the emptiest bridge.
func arrange(kind Kind, byPriority, dst []Candidate) (eligible int) {
	var of [MaxBridges]step
	var ends [steps]int
	for i := range byPriority {
		of[i] = stepOf(kind, &byPriority[i])
		ends[of[i]]++
	}
	eligible = len(byPriority) - ends[stepNobody]
	start := 0
	for s := range ends {
		start, ends[s] = start+ends[s], start
	}
	for i := range byPriority {
		dst[ends[of[i]]] = byPriority[i]
		ends[of[i]]++
	}
	if kind == IVR {
		byRoom(dst[:eligible])
	}
	return eligible
}

// byRoom orders candidates for an IVR call (R8): lowest level, then most room
// in load units, ties by rendezvous, which is the order they come in.
func byRoom(list []Candidate) {
	room := func(c *Candidate) int64 {
		return thresholds{limited: c.HasLimit, existing: c.Existing}.room(c.Effective())
	}
	for i := 1; i < len(list); i++ {
		c := list[i]
		j := i
		for ; j > 0 && (list[j-1].Level > c.Level || list[j-1].Level == c.Level && room(&list[j-1]) < room(&c)); j-- {
			list[j] = list[j-1]
		}
		list[j] = c
	}
}
