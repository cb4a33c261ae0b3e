package lb

import (
	"fmt"
	"strconv"
	"strings"
)

// AppendExplanation appends the decision for people: what was asked, what came
// of it, and a line with a reason per candidate, as R5 orders them.
func (d *Decision) AppendExplanation(dst []byte, t *Table) []byte {
	dst = fmt.Appendf(dst, "%s call to %s, cost %d", d.Kind, d.Conference.Bytes(), d.Cost)
	if d.Landing != NoBridge {
		dst = fmt.Appendf(dst, ", landed on %s (mode %s)", t.topology.Name(d.Landing), d.Mode)
	}
	dst = fmt.Appendf(dst, ": %s\n", d.result(t))
	for _, c := range d.Ordered() {
		dst = fmt.Appendf(dst, "  %s: %s\n", t.topology.Name(c.Bridge), c.Reason())
	}
	if d.Omitted > 0 {
		dst = fmt.Appendf(dst, "  and %d more that could not take it\n", d.Omitted)
	}
	return dst
}

// result is the outcome in words.
func (d *Decision) result(t *Table) string {
	switch d.Outcome {
	case Chosen:
		where := "not where it landed"
		switch {
		case d.Landing == NoBridge:
			where = "no landing bridge"
		case d.Local():
			where = "where it landed"
		}
		return fmt.Sprintf("goes to %s (try %d, %s)", t.topology.Name(d.Chosen), d.Tries, where)
	case Exhausted:
		return "refused, no bridge has room"
	case Unavailable:
		return "refused, no bridge is available"
	case LandingFull:
		return "refused, the landing bridge is full"
	default:
		if d.OfferAtFault {
			return "given up, two bridges that are not full refused the offer"
		}
		return fmt.Sprintf("given up after %d tries", d.Tries)
	}
}

// Reason says in words why the candidate could take the call, or could not.
func (c *Candidate) Reason() string {
	var b strings.Builder
	fmt.Fprintf(&b, "priority %d, ", c.Priority)
	switch c.Veto {
	case Free:
		b.WriteString(c.loadText())
		if c.Running {
			b.WriteString(", the conference runs there")
		}
		if c.Pending {
			b.WriteString(" (by a call that we just placed)")
		}
		switch c.Reach {
		case ReachStale:
			b.WriteString(", its reading is old")
		case ReachDark:
			b.WriteString(", all readings are old")
		case ReachBlind:
			b.WriteString(", nothing was ever read")
		}
	case VetoTried:
		fmt.Fprintf(&b, "tried, %s; %s", answerText(c.Answer), c.loadText())
	default:
		b.WriteString(c.vetoText())
	}
	return b.String()
}

func answerText(status uint16) string {
	switch status {
	case 0:
		return "failed"
	case 408:
		return "did not answer (408)"
	default:
		return fmt.Sprintf("answered %d", status)
	}
}

// loadText shows R2 with its figures.
func (c *Candidate) loadText() string {
	switch {
	case !c.HasLimit:
		return fmt.Sprintf("level %d: effective load %d, no load limit", c.Level, c.Effective())
	case c.Level == 0:
		return fmt.Sprintf("level 0: effective load %d of new limit %d", c.Effective(), c.New)
	default:
		return fmt.Sprintf("level %d: effective load %d of existing limit %d", c.Level, c.Effective(), c.Existing)
	}
}

// vetoText says what stands in the way, with the figures.
func (c *Candidate) vetoText() string {
	switch c.Veto {
	case VetoSender:
		return "sent the call itself"
	case VetoMaintenance:
		return "in maintenance"
	case VetoDown:
		return "down: its API is silent, and its SIP side does not answer or never has"
	case VetoSuspect:
		return "suspect: its SIP side does not answer"
	case VetoHeld:
		return "left alone as its Retry-After asks"
	case VetoBlind:
		return "never read, and the policy refuses to place blindly"
	case VetoDraining:
		return "draining"
	case VetoParticipants:
		return fmt.Sprintf("at its participant limit: %d of %d", c.Participants, c.ParticipantLimit)
	case VetoConferenceSize:
		return fmt.Sprintf("%d participants of the conference already", c.Local)
	case VetoJoinRate:
		return "too many joins of the conference in the last minute"
	case VetoSpread:
		return "the conference runs on enough bridges already"
	}
	if c.HasLimit && c.Effective() >= c.Existing {
		return c.loadText()
	}
	return fmt.Sprintf("%s, but it refused calls as if full", c.loadText())
}

// refusalNames is how many bridges AppendRefusal names.
const refusalNames = 4

// AppendRefusal appends one line that says why nobody took the call, fit for
// the quoted text of a Warning header: no quotes, backslashes or controls.
func (d *Decision) AppendRefusal(dst []byte, t *Table) []byte {
	start := len(dst)
	dst = append(dst, d.result(t)...)
	var room [MaxCandidates]Candidate
	list := d.appendOrdered(room[:0])
	for i := range list { // With no formatting: a group that is full says this to every caller.
		if i == refusalNames {
			dst = append(dst, "; "...)
			dst = strconv.AppendInt(dst, int64(d.count-i+d.Omitted), 10)
			dst = append(dst, " more"...)
			break
		}
		c := &list[i]
		dst = append(dst, "; "...)
		dst = append(dst, t.topology.Name(c.Bridge)...)
		dst = append(dst, ' ')
		switch {
		case c.Veto == Free || c.Veto == VetoTried:
			dst = append(dst, answerText(c.Answer)...)
		case c.Veto == VetoLoad && c.HasLimit:
			dst = append(dst, "full (load "...)
			dst = strconv.AppendInt(dst, c.Effective(), 10)
			dst = append(dst, " of "...)
			dst = append(strconv.AppendInt(dst, c.Existing, 10), ')')
		default:
			dst = append(dst, c.vetoText()...)
		}
	}
	for i, ch := range dst[start:] {
		if ch < ' ' || ch == '"' || ch == '\\' || ch == 0x7f {
			dst[start+i] = '\''
		}
	}
	return dst
}
