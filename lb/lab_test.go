package lb

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// lab is a site in virtual time, driven by the commands of the scripts.
type lab struct {
	groups   []GroupConfig
	pins     []Pin
	policy   Policy
	now      time.Time
	b        *Balancer // Made by the first command that needs it.
	calls    map[string]*Decision
	commands map[string]func(a args) string
}

// args are the words of a command: plain ones in order, and name=value ones.
type args struct {
	words []string
	named map[string]string
}

func (a args) has(name string) bool { _, ok := a.named[name]; return ok }

func (a args) number(name string, fallback int) int {
	if !a.has(name) {
		return fallback
	}
	n, err := strconv.Atoi(a.named[name])
	if err != nil {
		panic(err)
	}
	return n
}

func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return d
}

// newLab returns an empty site. The commands are:
//
//	new                                      begin again with nothing
//	group london cluster1 cluster2           a group and its bridges
//	pin boardroom cluster2 cluster1          an operator's order
//	policy settle=5s maxJoinRate=30          fields of the policy
//	read cluster1 limit=4000 load=100 legs=3 participantLimit=9 runs=a,b:450,c:0
//	                                         good polls that begin now; runs: space:local participants
//	fail cluster1 load                       a poll that fails now
//	sip cluster1 answers | silent            the result of an OPTIONS probe
//	state cluster1 drain                     the operator's hand
//	call alice space=a cost=1000 landing=cluster1 mode=native groups=london,paris kind=ivr uri=x@y caller=7 from=cluster2
//	                                         a call; prints the event-log lines and where it goes;
//	                                         from: the bridge that sent it
//	ask alice space=a …                      the same, with no side effect
//	answer alice; end alice; cost alice 50   what becomes of it
//	next alice 503                           its bridge answered that: the next candidate
//	refused alice                            its bridge answered 488: who is at fault?
//	explain alice                            its decision in words
//	warning alice                            its refusal in a line
//	burst 14 spaces=14 cost=1000             that many calls at once, counted per bridge
//	evidence cluster1 timeout | transport | 503 retryAfter=30s | 488 caller=7
//	resolve boardroom@meet a                 the directory has learned a URI
//	wait 3s                                  time passes
//	show                                     the bridges as they stand
//	reach                                    what is believed of each bridge, in a word
//	level cluster1                           its level
//	level cluster1 for alice                 its level without what alice's call holds there
//	conferences                              what runs where
//	priorities a                             the order of a conference's bridges
//	warnings                                 what is wrong with the settings
func newLab() *lab {
	l := &lab{}
	l.reset(args{})
	l.commands = map[string]func(args) string{
		"new": l.reset, "group": l.group, "pin": l.pin, "policy": l.setPolicy,
		"read": l.read, "fail": l.fail, "sip": l.sip, "state": l.state,
		"call": l.call, "ask": l.ask, "answer": l.answer, "end": l.end, "cost": l.cost, "next": l.next, "refused": l.refused,
		"explain": l.explain, "warning": l.warning, "burst": l.burst, "evidence": l.evidence, "resolve": l.resolve,
		"wait": l.wait, "show": l.show, "priorities": l.priorities, "warnings": l.warnings,
		"conferences": l.showConferences, "reach": l.reach, "level": l.level,
	}
	return l
}

func (l *lab) run(line string) string {
	words := strings.Fields(line)
	a := args{named: map[string]string{}}
	for _, w := range words[1:] {
		if name, value, ok := strings.Cut(w, "="); ok {
			a.named[name] = value
		} else {
			a.words = append(a.words, w)
		}
	}
	command, ok := l.commands[words[0]]
	if !ok {
		return "no such command"
	}
	return command(a)
}

func (l *lab) balancer() *Balancer {
	if l.b == nil {
		t, err := NewTopology(l.groups, l.pins)
		if err != nil {
			panic(err)
		}
		if err := l.policy.Validate(); err != nil {
			panic(err)
		}
		l.b = New(t, l.policy, l.now)
	}
	return l.b
}

func (l *lab) bridge(name string) BridgeID {
	id, ok := l.balancer().Table().Topology().Bridge(name)
	if !ok {
		panic("no bridge " + name)
	}
	return id
}

func (l *lab) reset(args) string {
	*l = lab{policy: DefaultPolicy(), now: testStart, calls: map[string]*Decision{}, commands: l.commands}
	return ""
}

func (l *lab) group(a args) string {
	g := GroupConfig{Name: a.words[0]}
	for _, name := range a.words[1:] {
		g.Bridges = append(g.Bridges, BridgeConfig{Name: name})
	}
	l.groups = append(l.groups, g)
	return ""
}

func (l *lab) pin(a args) string {
	l.pins = append(l.pins, Pin{Conference: a.words[0], Order: a.words[1:]})
	return ""
}

func (l *lab) setPolicy(a args) string {
	p := &l.policy
	numbers := map[string]*int{"maxPerConference": &p.MaxPerConference, "maxJoinRate": &p.MaxJoinRate,
		"maxBridgesPerConference": &p.MaxBridgesPerConference, "attempts": &p.Attempts}
	times := map[string]*time.Duration{"staleAfter": &p.StaleAfter, "downAfter": &p.DownAfter, "settle": &p.Settle, "unanswered": &p.Unanswered}
	for name, value := range a.named {
		switch {
		case numbers[name] != nil:
			*numbers[name] = a.number(name, 0)
		case times[name] != nil:
			*times[name] = duration(value)
		case name == "blind" && value == "refuse":
			p.Blind = BlindRefuse
		default:
			return "no such field: " + name
		}
	}
	return ""
}

func (l *lab) read(a args) string {
	for _, name := range a.words {
		r := Reading{Bridge: l.bridge(name), BeganAt: l.now, At: l.now}
		if a.has("limit") || a.has("participantLimit") {
			r.Endpoint = ReadLimits
			r.Limits = Limits{LoadLimit: a.number("limit", 0), NewBasisPoints: a.number("new", -1),
				ExistingBasisPoints: a.number("existing", -1), ParticipantLimit: a.number("participantLimit", 0)}
			l.b.Report(r)
		}
		if a.has("load") {
			r.Endpoint, r.Load = ReadLoad, a.number("load", 0)
			l.b.Report(r)
		}
		if a.has("legs") {
			r.Endpoint, r.Participants = ReadStatus, a.number("legs", 0)
			l.b.Report(r)
		}
		if a.has("runs") {
			r.Endpoint, r.Conferences = ReadCalls, l.conferences(a.named["runs"])
			l.b.Report(r)
		}
	}
	return ""
}

// conferences reads "a,b:450": a with unknown details, b with 450 participants.
func (l *lab) conferences(list string) (all []Conference) {
	for _, item := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		space, local, detailed := strings.Cut(item, ":")
		c := Conference{Space: space}
		if detailed {
			c.Type, c.DetailsAt = TypeSpace, l.now
			c.Local, _ = strconv.Atoi(local)
		}
		all = append(all, c)
	}
	return all
}

func (l *lab) fail(a args) string {
	for e := range Endpoint(endpoints) {
		if e.String() == a.words[1] {
			l.balancer().Report(Reading{Bridge: l.bridge(a.words[0]), Endpoint: e, BeganAt: l.now, At: l.now, Err: errors.New("no answer")})
		}
	}
	return ""
}

func (l *lab) sip(a args) string {
	l.balancer().Reach(l.bridge(a.words[0]), a.words[1] == "answers", l.now)
	return ""
}

func (l *lab) state(a args) string {
	s, err := ParseAdminState(a.words[1])
	if err != nil {
		return err.Error()
	}
	l.balancer().SetState(l.bridge(a.words[0]), s)
	return ""
}

func (l *lab) evidence(a args) string {
	e := Evidence{Caller: uint64(a.number("caller", 1))}
	for k := Timeout; k <= Refused488; k++ {
		if a.words[1] == k.String() {
			e.Kind = k
		}
	}
	if a.has("retryAfter") {
		e.RetryAfter = duration(a.named["retryAfter"])
	}
	if l.balancer().Evidence(l.bridge(a.words[0]), e, l.now) {
		return "probe it"
	}
	return ""
}

func (l *lab) resolve(a args) string {
	l.balancer().Resolve(a.words[0], a.words[1])
	return ""
}

func (l *lab) wait(a args) string {
	l.now = l.now.Add(duration(a.words[0]))
	return ""
}

func (l *lab) show(args) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range l.balancer().Bridges(l.now) {
		limit := "no limit"
		if v.LoadLimit > 0 {
			limit = strconv.FormatInt(v.ExistingLimit, 10)
		}
		fmt.Fprintf(w, "%s\t%s\tlevel %d\tload %d + reserved %d of %s\tlegs %d + %d", v.Name, v.Reach, v.Level, v.Load, v.Reserved, limit, v.Participants, v.Unseen)
		if v.Veto != "" {
			fmt.Fprintf(w, "\tno calls: %s", v.Veto)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func (l *lab) reach(args) string {
	var words []string
	for _, v := range l.balancer().Bridges(l.now) {
		words = append(words, v.Name+" "+v.Reach)
	}
	return strings.Join(words, ", ")
}

func (l *lab) level(a args) string {
	if len(a.words) > 2 {
		return fmt.Sprint("level ", l.b.LevelFor(l.calls[a.words[2]], l.now))
	}
	return fmt.Sprint("level ", l.balancer().Level(l.bridge(a.words[0]), l.now))
}

func (l *lab) priorities(a args) string {
	var names []string
	t := l.balancer().Table()
	for g := range t.topology.Groups {
		d := &Decision{}
		a.named["groups"] = t.topology.Groups[g].Name
		c := l.callOf(a)
		c.Conference.Space, c.Kind = a.words[0], Space
		l.b.Explain(c, l.now, d)
		list := d.Candidates()
		sort.Slice(list, func(i, j int) bool { return list[i].Priority < list[j].Priority })
		for i := range list {
			names = append(names, t.topology.Name(list[i].Bridge))
		}
	}
	return strings.Join(names, " ")
}

func (l *lab) warnings(args) string {
	if lines := l.balancer().Table().Warnings(); len(lines) > 0 {
		return strings.Join(lines, "\n")
	}
	return "none"
}
