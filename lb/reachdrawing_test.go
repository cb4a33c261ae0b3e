package lb

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// requireGolden compares with a file in testdata, or rewrites it.
func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestReachDrawsItself(t *testing.T) { requireGolden(t, "reach.mmd", DrawReach()) }

// TestReachSequence runs one sequence through every change that the drawing
// shows, and sees no other: what the rule says of classes of ages is what a
// Balancer does in time.
func TestReachSequence(t *testing.T) {
	const path = "testdata/reach_sequence.txt"
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	allowed := map[string]bool{}
	for _, e := range reachEdges() {
		allowed[fmt.Sprintf("%s, %s: %s", e.from, cause(e.event), e.to)] = false
	}
	before := map[string]string{}
	runScript(t, path, string(source), func(l *lab, command string) {
		words := strings.Fields(command)
		for _, v := range l.balancer().Bridges(l.now) {
			was, known := before[v.Name]
			before[v.Name] = v.Reach
			if !known || was == v.Reach {
				continue
			}
			e := reachOtherRead
			switch {
			case words[0] == "wait":
				e = reachStaleAfter
			case words[1] != v.Name:
			case words[0] == "read":
				e = reachRead
			case words[2] == "answers":
				e = reachAnswered
			default:
				e = reachFailed
			}
			change := fmt.Sprintf("%s, %s: %s", was, cause(e), v.Reach)
			require.Contains(t, allowed, change, "after %q", command)
			allowed[change] = true
		}
	})
	for change, seen := range allowed {
		require.True(t, seen, "the sequence never shows %s", change)
	}
}

// cause is an event as a script can tell it: that time has passed is one.
func cause(e reachEvent) string {
	switch e {
	case reachStaleAfter, reachDownAfter, reachOthersOld:
		return "time"
	}
	return e.String()
}

// TestEveryRowOfReach writes R11 down as a table: for all that can be known of a
// bridge what is believed of it, and whether it gets calls.
func TestEveryRowOfReach(t *testing.T) {
	var b strings.Builder
	b.WriteString("What is believed of a bridge (R11). Its last load reading showed it idle, busy\n" +
		"(above its limit for new conferences) or full; the figures are the levels that\n" +
		"count for a conference that does not run there.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "its load was read\tits SIP side\tother bridges\tbelieved\tidle\tbusy\tfull\tgets calls")
	owns := []string{"never, for 10 s", "never, for 20 s", "2 s ago", "10 s ago", "20 s ago"}
	for own := ageNever; own <= ageLong; own++ {
		for sip := SIPUnproven; sip <= SIPSilent; sip++ {
			for others, name := range []string{"never read", "read", "silent, too"} {
				row := fmt.Sprintf("%s\t%s\t%s", owns[own], sip, name)
				var reach, calls string
				var levels []string
				for _, load := range []int{0, 6000, 9000} {
					v := believed(t, own, sip, others, load)
					reach = v.Reach
					if own.read() || load == 0 {
						levels = append(levels, fmt.Sprint(v.Level))
					} else {
						levels = append(levels, "-")
					}
					if load == 0 {
						calls = "yes"
						if v.Veto != "" {
							calls = "no: " + v.Veto
						}
					}
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", row, reach, strings.Join(levels, "\t"), calls)
			}
		}
	}
	w.Flush()
	requireGolden(t, "reach.golden", b.String())
}

// believed brings a bridge into a situation and returns how it then stands.
func believed(t *testing.T, own age, sip SIP, others, load int) BridgeView {
	group := GroupConfig{Name: "london", Bridges: []BridgeConfig{{Name: "cluster1"}, {Name: "cluster2"}}}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	now := testStart
	ago := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	ages := [...]int{ageNever: 10, ageNeverLong: 20, ageFresh: 2, ageOld: 10, ageLong: 20}
	start := ago(ages[own])
	if own.read() {
		start = ago(30)
	}
	b := New(topology, DefaultPolicy(), start)
	if own.read() {
		b.Report(Reading{Endpoint: ReadLimits, BeganAt: start, At: start, Limits: Limits{LoadLimit: 10000, NewBasisPoints: -1, ExistingBasisPoints: -1}})
		b.Report(Reading{Endpoint: ReadLoad, BeganAt: ago(ages[own]), At: ago(ages[own]), Load: load})
	}
	for poll := ago(8); own != ageFresh && poll.Before(now); poll = poll.Add(time.Second) { // Failures renew nothing.
		b.Report(Reading{Endpoint: ReadLoad, BeganAt: poll, At: poll, Err: errors.New("no answer")})
	}
	if at := ago([]int{0, 1, 9}[others]); others > 0 {
		b.Report(Reading{Bridge: 1, Endpoint: ReadLoad, BeganAt: at, At: at})
	}
	if sip != SIPUnproven {
		b.Reach(0, sip == SIPAnswers, ago(1))
	}
	return b.Bridges(now)[0]
}
