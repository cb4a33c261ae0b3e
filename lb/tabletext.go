package lb

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// String draws the table for people, a bridge per line. Levels are those of the
// readings alone, without reservations.
func (t *Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "group\tbridge\tstate\tload\tlimit\tnew\texisting\tlevel\tlegs\tconferences")
	for i := range t.rows {
		r, bridge := &t.rows[i], &t.topology.Bridges[i]
		limit := [3]string{"none", "-", "-"}
		if r.thresholds.limited {
			limit = [3]string{fmt.Sprint(r.limits.LoadLimit), fmt.Sprint(r.thresholds.new), fmt.Sprint(r.thresholds.existing)}
		}
		load, level := "unread", "-"
		if r.loadAt != never {
			load, level = fmt.Sprint(r.load), fmt.Sprint(r.thresholds.level(r.load))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\n", t.topology.Groups[bridge.Group].Name, bridge.Name,
			r.state, load, limit[0], limit[1], limit[2], level, r.participants, r.running.count())
	}
	w.Flush()
	return b.String()
}

// Diff says what changed since old, a line per change, in words for a log.
// Loads alone do not count as change, levels do.
func (t *Table) Diff(old *Table) []string {
	var lines []string
	for i := range t.rows {
		name, a, b := t.topology.Bridges[i].Name, &old.rows[i], &t.rows[i]
		say := func(format string, args ...any) {
			lines = append(lines, name+": "+fmt.Sprintf(format, args...))
		}
		if a.state != b.state {
			say("state %s, was %s", b.state, a.state)
		}
		if first := a.polls[ReadLimits].good.IsZero(); a.limits != b.limits && first {
			say("limits %s", b.limits)
		} else if a.limits != b.limits {
			say("limits %s, were %s", b.limits, a.limits)
		}
		if la, lb := a.thresholds.level(a.load), b.thresholds.level(b.load); a.loadAt != never && la != lb {
			say("load level %d, was %d (load %d)", lb, la, b.load)
		}
	}
	return lines
}

// String shows limits as an operator writes them.
func (l Limits) String() string {
	show := func(n, none int) string {
		if n <= none {
			return "none"
		}
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("loadLimit %s, new %s, existing %s, participantLimit %s",
		show(l.LoadLimit, 0), show(l.NewBasisPoints, -1), show(l.ExistingBasisPoints, -1), show(l.ParticipantLimit, 0))
}

// Warnings lists settings that make balancing worse than it could be, each with
// what the operator should do. Bridges whose limits were never read are not
// judged.
func (t *Table) Warnings() []string {
	var lines []string
	for i := range t.rows {
		r, bridge := &t.rows[i], &t.topology.Bridges[i]
		switch {
		case r.thresholds.limited && r.thresholds.new > r.thresholds.existing:
			lines = append(lines, fmt.Sprintf("%s: its limit for new conferences (%d) is above that for existing ones (%d): "+
				"set newConferenceLoadLimitBasisPoints below existingConferenceLoadLimitBasisPoints", bridge.Name, r.thresholds.new, r.thresholds.existing))
		case !r.thresholds.limited && !r.polls[ReadLimits].good.IsZero():
			lines = append(lines, fmt.Sprintf("%s has no loadLimit: its load level is always 0 and it is never full; "+
				"set loadLimit on the bridge or in the configuration", bridge.Name))
		}
	}
	for g := range t.topology.Groups {
		with, without := 0, 0
		for _, id := range t.topology.Groups[g].Bridges {
			if t.rows[id].limits.LoadLimit > 0 {
				with++
			} else if !t.rows[id].polls[ReadLimits].good.IsZero() {
				without++
			}
		}
		if with > 0 && without > 0 {
			lines = append(lines, fmt.Sprintf("group %s: conferences spread evenly over its bridges, whatever their size, "+
				"because not every bridge has a loadLimit", t.topology.Groups[g].Name))
		}
	}
	return lines
}
