package transaction

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// model is what RFC 3261 section 17 with RFC 6026 and RFC 4320 says of one request
// that a proxy sends to one target and whose responses it passes up, written from
// the tables of the RFCs and from nothing in this package. Times are in
// milliseconds; a deadline of 0 is not set.
type model struct {
	invite         bool
	upTCP, downTCP bool
	now            int
	server, client string // states by the names of the RFCs
	answer         int    // what a repetition gets, 0 for nothing
	g, gap         int    // Timer G, and its interval
	lasts          int    // Timer H, I, J or L
	again, pause   int    // Timer A or E, and its interval
	gives          int    // Timer B or F
	absorbs        int    // Timer D, K or M
	late           int    // the late 100
	happened       []incident
}

// incident is something that is sent or told.
type incident struct {
	at   int
	what string
}

const (
	msT1   = 500
	msT2   = 4000
	msT4   = 5000
	msWait = 64 * msT1
)

func (m *model) name() string {
	if m.invite {
		return "INVITE"
	}
	return "BYE"
}

func (m *model) tell(what string) { m.happened = append(m.happened, incident{m.now, what}) }

func newModel(invite, upTCP, downTCP bool) *model {
	m := &model{invite: invite, upTCP: upTCP, downTCP: downTCP, server: "Trying", client: "Trying", late: 7 * msT1}
	if invite {
		m.server, m.client, m.answer, m.late = "Proceeding", "Calling", 100, 0
		m.tell("up 100")
	}
	m.tell("down0 " + m.name())
	m.gives = msWait
	if !downTCP {
		m.again, m.pause = msT1, msT1
	}
	return m
}

// pending: the client half still waits for a final response.
func (m *model) pending() bool {
	return m.client == "Calling" || m.client == "Trying" || m.client == "Proceeding"
}

// over: nothing that the caller sends belongs to this request any more.
func (m *model) over() bool { return m.server == "Terminated" }

// callee is a response of the target.
func (m *model) callee(status int) {
	shown := false
	switch {
	case m.pending() && status < 200:
		m.client, shown = "Proceeding", true
		if m.invite {
			m.again, m.gives = 0, 0 // Timer C is out of the time of this test
		} else {
			m.pause = msT2
		}
	case m.pending():
		shown = true
		m.again, m.gives = 0, 0
		switch {
		case m.invite && status < 300:
			m.client, m.absorbs = "Accepted", m.now+msWait
		case m.invite:
			m.tell("down0 ACK")
			m.client, m.absorbs = "Completed", m.now+msWait
		default:
			m.client, m.absorbs = "Completed", m.now+msT4
		}
		if m.client == "Completed" && m.downTCP {
			m.client, m.absorbs = "Terminated", 0
		}
	case m.client == "Accepted" && status/100 == 2:
		shown = true
	case m.client == "Completed" && m.invite && status >= 300:
		m.tell("down0 ACK")
	}
	if shown {
		m.tell(fmt.Sprintf("Response0 %d", status))
		if status > 100 {
			m.respond(status)
		}
	}
}

// respond is the core passing a response up.
func (m *model) respond(status int) {
	switch {
	case m.server == "Accepted" && status/100 == 2:
		m.tell(fmt.Sprintf("up %d", status))
	case m.server != "Trying" && m.server != "Proceeding":
	case status < 200:
		m.tell(fmt.Sprintf("up %d", status))
		m.server, m.answer = "Proceeding", status
	default:
		m.tell(fmt.Sprintf("up %d", status))
		m.late, m.answer, m.lasts = 0, status, m.now+msWait
		switch {
		case m.invite && status < 300:
			m.server, m.answer = "Accepted", 0
		case m.invite:
			m.server = "Completed"
			if !m.upTCP {
				m.g, m.gap = m.now+msT1, msT1
			}
		case m.upTCP:
			m.server, m.lasts = "Terminated", 0
		default:
			m.server = "Completed"
		}
	}
}

// repeat is the request again.
func (m *model) repeat() {
	if m.answer != 0 && m.server != "Confirmed" {
		m.tell(fmt.Sprintf("up %d", m.answer))
	}
}

// ack is the caller's ACK.
func (m *model) ack() {
	switch m.server {
	case "Accepted":
		m.tell("ACK")
	case "Completed":
		m.server, m.g, m.answer, m.lasts = "Confirmed", 0, 0, m.now+msT4
		if m.upTCP {
			m.server, m.lasts = "Terminated", 0
		}
	}
}

// wait lets time pass.
func (m *model) wait(ms int) {
	end := m.now + ms
	for {
		next := 0
		for _, t := range []int{m.g, m.lasts, m.late, m.again, m.gives, m.absorbs} {
			if t != 0 && (next == 0 || t < next) {
				next = t
			}
		}
		if next == 0 || next > end {
			m.now = end
			return
		}
		m.now = next
		switch next {
		case m.g:
			m.tell(fmt.Sprintf("up %d", m.answer))
			m.gap = min(2*m.gap, msT2)
			m.g += m.gap
		case m.lasts:
			m.server, m.g, m.lasts, m.answer = "Terminated", 0, 0, 0
		case m.late:
			if m.late = 0; m.server == "Trying" {
				m.respond(100)
			}
		case m.again:
			m.tell("down0 " + m.name())
			if m.pause *= 2; !m.invite {
				m.pause = min(m.pause, msT2)
			}
			m.again += m.pause
		case m.gives:
			m.client, m.again, m.gives = "Terminated", 0, 0
			m.tell("Failed0 timeout")
			if m.invite {
				m.respond(408)
			} else {
				m.server, m.late, m.answer = "Terminated", 0, 0 // RFC 4320
			}
		case m.absorbs:
			m.client, m.absorbs = "Terminated", 0
		}
	}
}

// settled reports that nothing is due in the last moments of a wait, when timers
// of the layer may be late.
func (m *model) settled(ms int) bool {
	early, whole := *m, *m
	early.happened, whole.happened = nil, nil
	early.wait(max(ms-slack, 0))
	whole.wait(ms)
	return len(early.happened) == len(whole.happened) && early.server == whole.server && early.client == whole.client
}

// Whatever comes in whatever order, and is repeated or lost, what the layer sends
// and tells is what the tables of the RFCs say.
func TestStateTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		invite := rapid.Bool().Draw(t, "INVITE")
		upTCP, downTCP := rapid.Bool().Draw(t, "caller by TCP"), rapid.Bool().Draw(t, "callee by TCP")
		m, w := newModel(invite, upTCP, downTCP), modelWorld(t, upTCP, downTCP)
		w.act([]string{"caller", m.name()})
		same(t, "the request", m, w)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			step := ""
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				status := rapid.SampledFrom([]int{100, 180, 183, 200, 302, 404, 486, 503, 603}).Draw(t, "status")
				step = fmt.Sprint("callee 0 ", status)
				m.callee(status)
			case 1:
				if upTCP || m.over() {
					continue
				}
				step = "caller " + m.name()
				m.repeat()
			case 2:
				if !invite || m.over() {
					continue
				}
				step = "caller ACK"
				m.ack()
			case 3:
				ms := rapid.OneOf(rapid.IntRange(1, 900), rapid.IntRange(1, 40_000)).Draw(t, "ms")
				if m.now+ms > 170_000 || !m.settled(ms) { // Timer C is scripts' business
					continue
				}
				step = fmt.Sprintf("wait %dms", ms)
				m.wait(ms)
			}
			w.act(strings.Fields(step))
			same(t, step, m, w)
		}
	})
}

// modelWorld is a world whose core answers 408 to an INVITE that nobody answers.
func modelWorld(t *rapid.T, upTCP, downTCP bool) *world {
	transport := map[bool]wire.Transport{false: wire.UDP, true: wire.TCP}
	w := newWorld(drawnTB{t: t}, transport[upTCP], transport[downTCP], Options{})
	w.onEvent = func(tx *Tx, event string) {
		if event != "Failed0 timeout" {
			return
		}
		if tx.Method() == wire.INVITE {
			w.respond(tx, 408)
		} else {
			tx.Drop()
		}
	}
	return w
}

// drawnTB lets a run of rapid stand for a testing.TB, as far as worlds need one.
type drawnTB struct {
	testing.TB // nil
	t          *rapid.T
}

func (d drawnTB) Helper()                           { d.t.Helper() }
func (d drawnTB) Errorf(format string, args ...any) { d.t.Errorf(format, args...) }
func (d drawnTB) FailNow()                          { d.t.FailNow() }

// slack is how late a timer may be: a tick of the wheel, at each repetition.
const slack = 200

// same compares what happened, up and down each in order; times within slack.
func same(t *rapid.T, step string, m *model, w *world) {
	var got []incident
	for _, line := range w.log {
		at, rest, timed := strings.Cut(line, " ")
		seconds, err := strconv.ParseFloat(at, 64)
		if !timed || err != nil {
			seconds, rest = w.now.Sub(w.begun).Seconds(), line
		}
		word, _, _ := strings.Cut(rest, " ")
		if word != "Request" && word != "Released" && word != "Ended" {
			got = append(got, incident{int(seconds * 1000), rest})
		}
	}
	w.log = w.log[:0]
	want := m.happened
	m.happened = nil
	for _, side := range []string{"up", ""} {
		of := func(list []incident) []incident {
			return slices.DeleteFunc(slices.Clone(list), func(i incident) bool { return strings.HasPrefix(i.what, "up ") != (side == "up") })
		}
		g, x := of(got), of(want)
		require.Equal(t, whats(x), whats(g), "%s, at %d ms, %+v", step, m.now, *m)
		for i := range x {
			require.InDelta(t, x[i].at, g[i].at, slack, "%s: %s", step, x[i].what)
		}
	}
}

func whats(list []incident) []string {
	out := make([]string, 0, len(list))
	for _, i := range list {
		out = append(out, i.what)
	}
	return out
}
