package lb

import "strconv"

// AppendLog appends the decision as the lines that CMS would write to its event
// log (R13), each ended by a newline: what every bridge answered, the landing
// bridge first, then in configuration order, then the bridge that is used.
// Bridges that could not have answered are left out, as CMS leaves them out. A
// landing bridge that refuses in native mode asks nobody, so there is no line.
func (d *Decision) AppendLog(dst []byte, t *Table) []byte {
	if d.Outcome == LandingFull {
		return dst
	}
	d.prioritise()
	for _, g := range d.question.groups[:d.question.next] {
		landing := d.find(d.Landing)
		if landing != nil && landing.Group == g && landing.answers() {
			dst = d.appendLine(dst, t, "response from", landing)
		}
		for _, id := range t.topology.Groups[g].Bridges {
			if c := d.find(id); c != nil && c != landing && c.answers() {
				dst = d.appendLine(dst, t, "response from", c)
			}
		}
	}
	if c := d.current(); c != nil && d.Outcome == Chosen {
		using := "using remote server"
		if d.Local() {
			using = "using local server"
		}
		dst = d.appendLine(dst, t, using, c)
	}
	return dst
}

// Local says whether the call stays on the bridge that it named.
func (d *Decision) Local() bool { return d.Landing != NoBridge && d.Landing == d.Chosen }

// find returns a bridge's candidate, nil if it was not looked at or left out.
func (d *Decision) find(id BridgeID) *Candidate {
	for i := range d.candidates[:d.count] {
		if d.candidates[i].Bridge == id {
			return &d.candidates[i]
		}
	}
	return nil
}

// answers says whether the bridge would have answered a query.
func (c *Candidate) answers() bool {
	switch c.Veto {
	case VetoSender, VetoMaintenance, VetoDown, VetoSuspect, VetoBlind:
		return false
	}
	return true
}

func (d *Decision) appendLine(dst []byte, t *Table, what string, c *Candidate) []byte {
	running := byte('0')
	if c.Running {
		running = '1'
	}
	dst = append(dst, "replace query for conference "...)
	dst = append(dst, d.Conference.Bytes()...)
	dst = append(append(append(dst, ": "...), what...), " '"...)
	dst = append(dst, t.topology.Name(c.Bridge)...)
	dst = append(dst, "' (priority: "...)
	dst = strconv.AppendUint(dst, uint64(c.Priority), 10)
	dst = append(dst, ", load level: "...)
	dst = strconv.AppendUint(dst, uint64(c.Level), 10)
	dst = append(dst, ", conference is running: "...)
	return append(dst, running, ')', '\n')
}
