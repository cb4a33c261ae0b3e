package lb

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// faults is what happens to the bridges, by seconds from the start. An API is
// ok, dark (nobody there), 503 or hang; a SIP side is ok, silent or 503 (with
// Retry-After).
var faults = map[int]string{
	6:  "cluster1 api=dark",
	17: "cluster1 api=ok",
	18: "cluster2 api=503",
	25: "cluster2 api=ok",
	26: "cluster3 sip=silent",
	31: "cluster3 api=hang",
	38: "cluster3 sip=ok",
	42: "cluster3 api=ok",
	43: "cluster1 api=dark, cluster2 api=hang, cluster3 api=503",
	51: "cluster2 api=ok",
	53: "cluster1 api=ok, cluster3 api=ok",
	54: "cluster2 sip=503",
	56: "cluster2 sip=ok",
}

// TestFaultSequence runs a site through a minute of faults, and writes down
// second by second what the bridges did, what the edge believed of them, and
// where calls went. Every second one caller opens a new space, and one each
// joins those that were opened three and eight seconds before.
func TestFaultSequence(t *testing.T) {
	s := newFaultSite("cluster1", "cluster2", "cluster3")
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 1, ' ', 0)
	names, header := []string{"", "|"}, []string{"second", "|"}
	for _, b := range s.bridges {
		names = append(names, s.b.topology.Name(b.id), "", "", "", "", "|")
		header = append(header, "API", "SIP", "believed", "level", "calls", "|")
	}
	fmt.Fprintln(w, strings.Join(names, "\t"))
	fmt.Fprintln(w, strings.Join(header, "\t")+"\tmoved on\trefused\twhat happened")

	lost := 0
	for second := range 60 {
		news := faults[second]
		for _, change := range strings.Split(news, ", ") {
			s.fault(change)
		}
		s.after(200*time.Millisecond, func() { s.call(fmt.Sprint("space", second)) })
		for i, before := range []int{3, 8} {
			if second >= before {
				s.after(time.Duration(500+300*i)*time.Millisecond, func() { s.call(fmt.Sprint("space", second-before)) })
			}
		}
		s.after(900*time.Millisecond, func() { s.hangUp(fmt.Sprint("space", second-16)) })
		s.run(time.Second)
		lost += s.lost
		s.row(w, second, news)
	}
	require.Empty(t, s.split, "no running conference is split while the SIP side of its bridge is alive")
	require.Zero(t, lost, "while one bridge lives, every call finds it")
	w.Flush()
	text := regexp.MustCompile(" +\n").ReplaceAllString(table.String(), "\n")
	requireGolden(t, "fault_sequence.golden", "A minute of faults. believed: what the edge makes of the bridge (R11), and the level\n"+
		"that counts (R2); calls: new conferences + joiners that were sent there in that\nsecond; moved on: calls that a bridge "+
		"did not take and that went to another one.\n\n"+text)

	for _, c := range s.calls {
		s.hangUp(c.space)
	}
	s.run(10 * time.Second) // Nobody calls any more, and polls go on: nothing may be left.
	require.Empty(t, s.b.Conferences())
	require.Equal(t, Stats{}, s.b.Stats())
	for _, v := range s.b.Bridges(s.now) {
		require.Equal(t, "up", v.Reach)
		require.Zero(t, v.Effective)
	}
}

// fault makes one change: "cluster1 api=dark".
func (s *faultSite) fault(change string) {
	words := strings.Fields(change)
	if len(words) == 0 {
		return
	}
	id, _ := s.b.topology.Bridge(words[0])
	what, state, _ := strings.Cut(words[1], "=")
	if what == "api" {
		s.bridges[id].api = state
	} else {
		s.bridges[id].sip = state
	}
}

// row writes one second down.
func (s *faultSite) row(w *tabwriter.Writer, second int, news string) {
	cells := []string{fmt.Sprint(second), "|"}
	for i, v := range s.b.Bridges(s.now) {
		b := s.bridges[i]
		believed := v.Reach
		if v.Veto != "" && v.Veto != v.Reach {
			believed += ", " + v.Veto
		}
		calls := fmt.Sprintf("%d + %d", b.news, b.joins)
		if b.news+b.joins == 0 {
			calls = "-"
		}
		cells = append(cells, b.api, b.sip, believed, fmt.Sprint(v.Level), calls, "|")
		b.news, b.joins = 0, 0
	}
	count := func(n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprint(n)
	}
	fmt.Fprintln(w, strings.Join(append(cells, count(s.moved), count(s.lost), news), "\t"))
	s.moved, s.lost = 0, 0
}
