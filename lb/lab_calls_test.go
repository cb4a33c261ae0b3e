package lb

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

func (l *lab) callOf(a args) *Call {
	c := &Call{
		CallID: a.words[0] + "@caller.example.com", Conference: Key{Space: a.named["space"], URI: a.named["uri"]},
		Cost: a.number("cost", 1000), Landing: NoBridge, Caller: uint64(a.number("caller", 1)),
	}
	for k := Space; k <= Lync; k++ {
		if a.named["kind"] == k.String() {
			c.Kind = k
		}
	}
	for m := LandingDefault; m <= LandingOnly; m++ {
		if a.named["mode"] == m.String() {
			c.Mode = m
		}
	}
	topology := l.balancer().Table().Topology()
	if a.has("landing") {
		c.Landing = l.bridge(a.named["landing"])
	}
	if a.has("from") {
		c.Exclude, c.ExcludeSet = l.bridge(a.named["from"]), true
	}
	names := strings.Split(a.named["groups"], ",")
	if !a.has("groups") {
		names = []string{topology.Groups[0].Name}
	}
	for _, name := range names {
		g, ok := topology.Group(name)
		if !ok {
			panic("no group " + name)
		}
		c.Groups = append(c.Groups, g)
	}
	return c
}

func (l *lab) call(a args) string {
	d := &Decision{}
	l.calls[a.words[0]] = d
	l.balancer().Place(l.callOf(a), l.now, d)
	return l.outcome(d)
}

func (l *lab) ask(a args) string {
	d := &Decision{}
	l.calls[a.words[0]] = d
	l.balancer().Explain(l.callOf(a), l.now, d)
	return l.outcome(d)
}

// outcome prints the event-log lines and, in a line of its own, what came of it.
func (l *lab) outcome(d *Decision) string {
	t := l.b.Table()
	return string(d.AppendLog(nil, t)) + "=> " + d.short(t)
}

func (d *Decision) short(t *Table) string {
	if d.Outcome != Chosen {
		return d.Outcome.String()
	}
	s := t.Topology().Name(d.Chosen)
	if d.Local() {
		s += ", local"
	}
	return s
}

func (l *lab) answer(a args) string {
	for _, name := range a.words {
		l.b.Answered(l.calls[name].Placement, l.now)
	}
	return ""
}

func (l *lab) end(a args) string {
	for _, name := range a.words {
		l.b.Ended(l.calls[name].Placement, l.now)
	}
	return ""
}

func (l *lab) cost(a args) string {
	n, _ := strconv.Atoi(a.words[1])
	l.b.SetCost(l.calls[a.words[0]].Placement, n)
	return ""
}

func (l *lab) next(a args) string {
	d := l.calls[a.words[0]]
	if len(a.words) > 1 {
		status, _ := strconv.Atoi(a.words[1])
		d.NoteAnswer(status)
	}
	l.b.Next(d, l.now)
	return "=> " + d.short(l.b.Table())
}

func (l *lab) refused(a args) string {
	if l.b.Refused(l.calls[a.words[0]], l.now) {
		return "the offer is at fault"
	}
	return "try the next"
}

func (l *lab) explain(a args) string {
	return string(l.calls[a.words[0]].AppendExplanation(nil, l.b.Table()))
}

func (l *lab) warning(a args) string {
	return string(l.calls[a.words[0]].AppendRefusal(nil, l.b.Table()))
}

func (l *lab) showConferences(args) string {
	var b strings.Builder
	for _, c := range l.balancer().Conferences() {
		fmt.Fprintf(&b, "%s: %d participants", c.Space, c.Participants)
		if c.Spread {
			b.WriteString(", spread")
		}
		for _, s := range c.Bridges {
			fmt.Fprintf(&b, "; %s (%s) ", s.Bridge, s.Group)
			if s.Participants == nil {
				b.WriteString("uncounted")
			} else {
				fmt.Fprint(&b, *s.Participants)
			}
			if s.Pending > 0 {
				fmt.Fprintf(&b, " + %d on the way", s.Pending)
			}
		}
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}

func (l *lab) burst(a args) string {
	n, _ := strconv.Atoi(a.words[0])
	spaces := a.number("spaces", 1)
	count := map[string]int{}
	for i := range n {
		a.words = []string{fmt.Sprintf("burst%d", i)}
		a.named["space"] = fmt.Sprintf("%s%d", a.named["prefix"], i%spaces)
		l.call(a)
		count[l.calls[a.words[0]].short(l.b.Table())]++
	}
	var lines []string
	for where, calls := range count {
		lines = append(lines, fmt.Sprintf("%s: %d", where, calls))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
