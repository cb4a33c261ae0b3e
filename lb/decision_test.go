package lb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlaceDoesNotAllocate(t *testing.T) {
	b, now := busyBalancer(t)
	calls := benchCalls(256)
	recorder := NewRecorder(64)
	var d Decision
	i := 0
	whole := func() {
		b.Place(&calls[i%len(calls)], now, &d)
		b.Next(&d, now)
		b.Reach(d.Chosen, true, now)
		b.SetCost(d.Placement, 2000)
		b.Answered(d.Placement, now)
		b.Ended(d.Placement, now)
		recorder.Record(&d, Result{Status: 200})
		b.Observe(&calls[i%len(calls)], 3, now, &d)
		b.LevelFor(&d, now)
		b.Ended(d.Placement, now)
		recorder.Record(&d, Result{Observed: true, Delivered: 3})
		i++
	}
	whole() // The Book's first placement and conference.
	require.Zero(t, testing.AllocsPerRun(1000, whole))
	require.Equal(t, Stats{}, b.Stats())
}

func TestDecisionKeepsNothingOfTheCall(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	c := spaceCall("a")
	c.CallID, c.From, c.To = "1@x", "sip:alice@x", "sip:a@meet"
	var d Decision
	b.Place(c, now, &d)
	*c = Call{}
	require.Equal(t, "a 1@x sip:alice@x sip:a@meet", fmt.Sprintf("%s %s %s %s", d.Conference.Bytes(), d.CallID.Bytes(), d.From.Bytes(), d.To.Bytes()))
	_, ok := b.Next(&d, now)
	require.True(t, ok)
}

// manyGroups returns a site with groups of the given sizes, all read and idle.
func manyGroups(t *testing.T, sizes ...int) (*Balancer, time.Time) {
	var groups []GroupConfig
	n := 0
	for g, size := range sizes {
		gc := GroupConfig{Name: fmt.Sprintf("group%d", g)}
		for range size {
			gc.Bridges = append(gc.Bridges, BridgeConfig{Name: fmt.Sprintf("cluster%d", n)})
			n++
		}
		groups = append(groups, gc)
	}
	topology, err := NewTopology(groups, nil)
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	for i := range n {
		b.Report(Reading{Bridge: BridgeID(i), Endpoint: ReadLoad, BeganAt: testStart, At: testStart})
	}
	return b, testStart
}

func TestLaterGroupsMakeRoom(t *testing.T) {
	b, now := manyGroups(t, 20, 10, MaxBridges)
	for i := range BridgeID(29) { // All but the last of the second group, and the third group.
		b.SetState(i, Maintenance)
	}
	c := spaceCall("a")
	c.Groups = []GroupID{0, 1, 2}
	var d Decision
	b.Place(c, now, &d)
	require.Equal(t, BridgeID(29), d.Chosen)
	require.Len(t, d.Candidates(), MaxCandidates)
	require.Equal(t, 30-MaxCandidates, d.Omitted)
	require.Equal(t, BridgeID(29), d.ChosenCandidate().Bridge)

	// The whole third group must fit, though everything else has to go.
	id, ok := b.Next(&d, now)
	require.True(t, ok)
	require.Equal(t, GroupID(2), d.ChosenCandidate().Group)
	require.Equal(t, id, d.ChosenCandidate().Bridge)
	require.Equal(t, 30, d.Omitted)
	priorities := map[uint8]bool{}
	for _, c := range d.Candidates() {
		priorities[c.Priority] = true
	}
	require.Len(t, priorities, MaxBridges)
}

func TestUnknownGroupsAndBridges(t *testing.T) {
	b, now := manyGroups(t, 2)
	c := &Call{Conference: Key{Space: "a"}, Groups: []GroupID{7, -1}, Landing: 99}
	var d Decision
	b.Place(c, now, &d)
	require.Equal(t, Unavailable, d.Outcome)
	require.Equal(t, NoBridge, d.Landing)
	require.Equal(t, defaultRetryAfter, d.RetryAfter)
	_, ok := b.Next(&d, now)
	require.False(t, ok)

	b.Report(Reading{Bridge: 99, Endpoint: ReadLoad})
	b.Report(Reading{Bridge: 0, Endpoint: 77})
	b.Reach(-1, true, now)
	b.SetState(99, Maintenance)
	b.Evidence(99, Evidence{}, now)
	require.False(t, b.Suspect(99))
	require.Zero(t, b.Level(99, now))
	b.Ended(Placement{}, now)
	require.Equal(t, "none", b.Table().Topology().Name(99))
}

func TestRetryAfterIsTheEarliestBridge(t *testing.T) {
	b, now := manyGroups(t, 3)
	b.Evidence(0, Evidence{Kind: Unavailable503, RetryAfter: 40 * time.Second}, now)
	b.Evidence(1, Evidence{Kind: Unavailable503, RetryAfter: 25 * time.Second}, now)
	b.Evidence(2, Evidence{Kind: Unavailable503, RetryAfter: 1e6 * time.Hour}, now)
	var d Decision
	b.Explain(spaceCall("a"), now, &d)
	require.Equal(t, Unavailable, d.Outcome)
	require.Equal(t, 25*time.Second, d.RetryAfter)

	only := spaceCall("a")
	only.Landing, only.Mode, only.Exclude, only.ExcludeSet = 0, LandingOnly, 0, true
	b.Explain(only, now, &d)
	require.Equal(t, Unavailable, d.Outcome)
	require.Equal(t, defaultRetryAfter, d.RetryAfter, "another bridge's says nothing of a call for this one alone")

	b.Report(Reading{Bridge: 2, Endpoint: ReadLoad, BeganAt: now.Add(MaxRetryAfter), At: now.Add(MaxRetryAfter)})
	b.Explain(spaceCall("a"), now.Add(MaxRetryAfter), &d)
	require.Equal(t, Chosen, d.Outcome, "no Retry-After is believed for longer than an hour")
}

func TestOldNewsOfReachIsIgnored(t *testing.T) {
	b, now := manyGroups(t, 1)
	b.Reach(0, true, now.Add(2*time.Second))
	b.Reach(0, false, now.Add(1*time.Second)) // A probe that was sent earlier and given up later.
	require.False(t, b.Suspect(0))
	b.Reach(0, false, now.Add(3*time.Second))
	require.True(t, b.Suspect(0))
	b.Reach(0, true, now.Add(2*time.Second))
	require.True(t, b.Suspect(0))
	b.Reach(0, true, now.Add(4*time.Second))
	require.False(t, b.Suspect(0))
}

func TestRefusalFitsIntoAHeader(t *testing.T) {
	group := GroupConfig{Name: "g", Bridges: []BridgeConfig{{Name: "a\"b\\c\r\nd"}}}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	require.NoError(t, err)
	b := New(topology, DefaultPolicy(), testStart)
	b.SetState(0, Maintenance)
	var d Decision
	b.Place(spaceCall("x"), testStart, &d)
	text := string(d.AppendRefusal([]byte("\""), b.Table()))
	require.Equal(t, "\"refused, no bridge is available; a'b'c''d in maintenance", text)
}

func TestViewIsWholeJSON(t *testing.T) {
	b, now := smallSite(t, 2, DefaultPolicy())
	c := spaceCall("a")
	c.Landing, c.CallID = 0, "1@x"
	var d Decision
	b.Place(c, now, &d)
	raw, err := json.MarshalIndent(d.View(b.Table()), "", " ")
	require.NoError(t, err)
	want := `{
 "at": "2026-01-05T09:00:00Z",
 "kind": "space",
 "conference": "a",
 "callId": "1@x",
 "cost": 10,
 "landing": "cluster1",
 "mode": "group",
 "outcome": "chosen",
 "chosen": "cluster1",
 "local": true,
 "tries": 1,
 "text": "goes to cluster1 (try 1, where it landed)",
 "candidates": [
  {
   "bridge": "cluster1",
   "group": "london",
   "priority": 0,
   "level": 0,
   "running": false,
   "load": 0,
   "reserved": 0,
   "effective": 0,
   "newLimit": 48000,
   "existingLimit": 76800,
   "participants": 0,
   "localParticipants": 0,
   "reach": "up",
   "attempt": 1,
   "reason": "priority 0, level 0: effective load 0 of new limit 48000"
  },`
	require.True(t, strings.HasPrefix(string(raw), want), "%s", raw)
}

func TestText(t *testing.T) {
	var text Text
	for n := range 200 {
		s := strings.Repeat("é", n)
		text.Set(s)
		got := text.String()
		if len(s) < textSize {
			require.Equal(t, s, got)
			continue
		}
		require.LessOrEqual(t, len(got), textSize-1)
		require.True(t, strings.HasSuffix(got, ellipsis))
		require.Equal(t, strings.Repeat("é", len(strings.TrimSuffix(got, ellipsis))/2)+ellipsis, got, "cut between characters")
	}
	text.Set(strings.Repeat("\x80", 200)) // Not UTF-8 at all: nothing to cut at.
	require.Equal(t, ellipsis, text.String())
}

func TestLevelNow(t *testing.T) {
	b, now := smallSite(t, 1, DefaultPolicy())
	require.EqualValues(t, 0, b.Level(0, now))
	c := spaceCall("a")
	c.Cost = 50000
	var d Decision
	b.Place(c, now, &d)
	require.EqualValues(t, 1, b.Level(0, now))
	b.Evidence(0, Evidence{Kind: Refused488, Caller: 1}, now)
	b.Evidence(0, Evidence{Kind: Refused488, Caller: 2}, now)
	require.EqualValues(t, 2, b.Level(0, now))
	require.True(t, b.Bridges(now)[0].Full)
	require.Equal(t, DefaultPolicy(), b.Policy())
}

// TestNamesInRecords: metrics, JSON and logs are made of these words.
func TestNamesInRecords(t *testing.T) {
	require.Equal(t, "chosen exhausted unavailable landing-full spent outcome 9",
		fmt.Sprint(Chosen, Exhausted, Unavailable, LandingFull, Spent, Outcome(9)))
	require.Equal(t, " sender maintenance down suspect retry-after blind draining load participant-limit conference-size join-rate spread tried veto 99",
		fmt.Sprint(Free, VetoSender, VetoMaintenance, VetoDown, VetoSuspect, VetoHeld, VetoBlind, VetoDraining, VetoLoad, VetoParticipants,
			VetoConferenceSize, VetoJoinRate, VetoSpread, VetoTried, Veto(99)))
	require.Equal(t, "up stale dark blind suspect down reach 9", fmt.Sprint(ReachUp, ReachStale, ReachDark, ReachBlind, ReachSuspect, ReachDown, Reach(9)))
	require.Equal(t, "unproven answers silent", fmt.Sprint(SIPUnproven, SIPAnswers, SIPSilent))
	require.Equal(t, "load calls limits status", fmt.Sprint(ReadLoad, ReadCalls, ReadLimits, ReadStatus))
	require.Equal(t, "state 9", AdminState(9).String())
}

// TestEveryVetoHasWords: each reason names its figures.
func TestEveryVetoHasWords(t *testing.T) {
	seen := map[string]bool{}
	for v := Free; v <= VetoTried; v++ {
		c := Candidate{Veto: v, HasLimit: true, Existing: 8000, Load: 9000, Level: 2}
		text := c.Reason()
		require.True(t, strings.HasPrefix(text, "priority 0, "))
		require.Equal(t, v == VetoLoad, seen[text], "%s", text) // As the text of a free bridge, with its level.
		seen[text] = true
	}
}
