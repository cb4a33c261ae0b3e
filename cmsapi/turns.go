package cmsapi

// fairShare is how many requests of higher rank pass before one of the lowest
// that waits is let through: a bridge with many calls still has a directory.
const fairShare = 8

// rank orders what is not load (the budget's order).
type rank uint8

const (
	rankUpkeep  rank = iota // limits and status: seldom due
	rankQuery               // questions of calls that wait: few, and bounded by themselves
	rankCalls               // the list of calls, and calls whose answer can change a decision
	rankLeisure             // all other calls, and the directory

	ranks = 4
)

// turns remembers who went last, where two may go.
type turns struct {
	scarce  bool // questions alone could take half of what load leaves
	loads   int  // loads in a row
	passed  int  // requests since the lowest rank went
	last    rank // of the newest request but load
	detail  bool // the newest request of rankCalls was for one call
	listing bool // the newest request of rankLeisure was for the directory
}

// order is the order of ranks for the next request: questions first, as a caller
// waits, but not twice in a row where they could use up the budget; upkeep next, as
// it is seldom due, but not twice in a row either; and now and then the lowest
// first.
func (t *turns) order() [ranks]rank {
	switch {
	case t.passed >= fairShare-1:
		return [...]rank{rankLeisure, rankQuery, rankCalls, rankUpkeep}
	case t.last == rankQuery && t.scarce:
		return [...]rank{rankUpkeep, rankCalls, rankLeisure, rankQuery}
	case t.last == rankUpkeep:
		return [...]rank{rankQuery, rankCalls, rankUpkeep, rankLeisure}
	default:
		return [...]rank{rankQuery, rankUpkeep, rankCalls, rankLeisure}
	}
}

// went notes that c goes out.
func (t *turns) went(c choice) {
	t.loads, t.last = 0, c.rank
	t.passed++
	switch c.rank {
	case rankCalls:
		t.detail = c.endpoint == AskCall
	case rankLeisure:
		t.listing = c.endpoint != AskCall
		t.passed = 0
	}
}
