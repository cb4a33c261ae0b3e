package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// stuck is a terminal that is not read until it is released.
type stuck struct {
	tape
	released chan struct{}
}

func (w *stuck) Write(p []byte) (int, error) {
	<-w.released
	return w.tape.Write(p)
}

// TestJournalNeverWaits wants the call path to go on while nobody reads, and the
// reader to learn what is missing.
func TestJournalNeverWaits(t *testing.T) {
	t.Parallel()
	topology, err := lb.NewTopology([]lb.GroupConfig{{Name: "g", Bridges: []lb.BridgeConfig{{Name: "cluster1"}}}}, nil)
	require.NoError(t, err)
	now := time.Now()
	b := lb.New(topology, lb.DefaultPolicy(), now)
	var d lb.Decision
	b.Explain(&lb.Call{CallID: "one", Conference: lb.Key{URI: "room@meet"}, Groups: []lb.GroupID{0}, Landing: lb.NoBridge}, now, &d)

	out := &stuck{released: make(chan struct{})}
	j := newJournal(out)
	const lost = 10
	for range 1 + journalNotes + lost { // One note is in the printer's hand at most.
		j.decided(&d, b.Table())
	}
	close(out.released)
	j.close()
	printed := strings.Count(out.String(), "incoming SIP call")
	require.GreaterOrEqual(t, printed, journalNotes)
	require.Contains(t, out.String(), "decisions were not printed: the output is read too slowly")
	require.Contains(t, out.String(), "call 1: incoming SIP call from \"\" to local URI \"\"\n")
	require.NotContains(t, out.String(), "call 2:", "it is one call, by its Call-ID")
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		`"Alice" <sip:alice@example.com>;tag=1`: "sip:alice@example.com",
		`<sip:alice@example.com;user=phone>`:    "sip:alice@example.com;user=phone",
		`sip:alice@example.com;tag=1`:           "sip:alice@example.com",
		``:                                      "",
	} {
		require.Equal(t, want, addressOf(from), from)
	}
}
