package sim

import (
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	sip.UDPMTUSize = 65535 // of the sipgo clients in the tests
	sip.SetDefaultLogger(quiet)
	goleak.VerifyTestMain(m)
}

// patience bounds everything that a test waits for.
const patience = 5 * time.Second

// room is a space of every test group.
const room = "11111111-2222-3333-4444-555555555555"

// start runs a group for a test: bridges named as given, one room unless the
// options have spaces.
func start(t *testing.T, o Options, names ...string) *Group {
	t.Helper()
	if len(names) == 0 && len(o.Bridges) == 0 {
		names = []string{"cluster1"}
	}
	for _, n := range names {
		o.Bridges = append(o.Bridges, BridgeOptions{Name: n})
	}
	if o.Spaces == nil {
		o.Spaces = []Space{{ID: room, Name: "Board Room", URI: "room", SecondaryURI: "room.alias"}}
	}
	g, err := NewGroup(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.Close()) })
	return g
}

// until waits for a condition on the group.
func until(t *testing.T, g *Group, what string, cond func() bool) {
	t.Helper()
	require.NoError(t, g.Wait(within(t), cond), what)
}

// within is a context of patience.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
