package lb

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// reachEvent is something that may change a bridge's reach (R11).
type reachEvent uint8

const (
	reachRead       reachEvent = iota // Its load was read.
	reachStaleAfter                   // Its load was not read for staleAfter.
	reachDownAfter                    // Its load was not read for downAfter.
	reachOtherRead                    // Another bridge's load was read.
	reachOthersOld                    // No other bridge's load was read for staleAfter.
	reachAnswered                     // Its SIP side answered a probe or a call.
	reachFailed                       // Its SIP side did not.
	reachEvents
)

// String names the event in a drawing.
func (e reachEvent) String() string {
	return [...]string{"read", "staleAfter", "downAfter", "other read", "others old", "SIP answers", "SIP fails", "?"}[e&7]
}

// history is all that R11 can know of one bridge, with ages in classes.
type history struct {
	own    age
	others age // Of the newest reading of any other bridge.
	sip    SIP
}

// age is the age of a load reading: never, or since which limit it has passed.
type age uint8

const (
	ageNever     age = iota // Never read, for downAfter at most.
	ageNeverLong            // Never read for longer than downAfter.
	ageFresh
	ageOld  // Older than staleAfter.
	ageLong // Older than downAfter.
)

func (a age) read() bool { return a >= ageFresh }

// reach asks the rule itself, with an age of the class.
func (h history) reach(p *Policy) Reach {
	ages := [...]time.Duration{ageNever: p.DownAfter, ageNeverLong: p.DownAfter + 1, ageFresh: p.StaleAfter,
		ageOld: p.DownAfter, ageLong: p.DownAfter + 1}
	return reachOf(signs{
		read: h.own.read(), age: ages[h.own], sip: h.sip,
		anyRead: h.own.read() || h.others.read(),
		allDark: h.own != ageFresh && h.others != ageFresh,
	}, p)
}

// after returns what R11 knows after an event; false if it cannot happen now.
func (h history) after(e reachEvent) (history, bool) {
	happens := true
	switch e {
	case reachRead:
		h.own = ageFresh
	case reachStaleAfter:
		happens, h.own = h.own == ageFresh, ageOld
	case reachDownAfter:
		happens = h.own == ageNever || h.own == ageOld
		h.own++ // The class that follows.
	case reachOtherRead:
		h.others = ageFresh
	case reachOthersOld:
		happens, h.others = h.others == ageFresh, ageOld
	case reachAnswered:
		h.sip = SIPAnswers
	case reachFailed:
		h.sip = SIPSilent
	}
	return h, happens
}

// reachEdge is one change that R11 allows.
type reachEdge struct {
	from  Reach
	event reachEvent
	to    Reach
}

// reachEdges walks through everything that can happen to a bridge, from the
// start of the edge on, and returns every change of reach once, in order.
func reachEdges() []reachEdge {
	p := DefaultPolicy()
	seen := map[history]bool{{}: true}
	edges := map[reachEdge]bool{}
	for open := []history{{}}; len(open) > 0; open = open[1:] {
		for e := range reachEvents {
			next, happens := open[0].after(e)
			if !happens {
				continue
			}
			if edge := (reachEdge{open[0].reach(&p), e, next.reach(&p)}); edge.from != edge.to {
				edges[edge] = true
			}
			if !seen[next] {
				seen[next] = true
				open = append(open, next)
			}
		}
	}
	list := make([]reachEdge, 0, len(edges))
	for e := range edges {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b reachEdge) int { return a.order() - b.order() })
	return list
}

func (e reachEdge) order() int { return int(e.from)<<16 | int(e.event)<<8 | int(e.to) }

// DrawReach returns the states of R11 and what changes them as a Mermaid state
// diagram. It is drawn by asking the rule itself, so it is never out of date.
func DrawReach() string {
	var b strings.Builder
	p := DefaultPolicy()
	fmt.Fprintf(&b, "stateDiagram-v2\n    [*] --> %s\n", history{}.reach(&p))
	for _, e := range reachEdges() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, e.event)
	}
	return b.String()
}
