package cmsapi

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"
)

// TestFlapping fails every second request for load, for ten minutes.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		b, stop := startBench(t, bridge)
		for range 300 {
			bridge.set(func() { bridge.fault["/system/load"] = always(500, "") })
			time.Sleep(time.Second)
			bridge.set(func() { delete(bridge.fault, "/system/load") })
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, b.logs.FilterField(endpointField(AskLoad)).Len(), 600/15+logBurst)
		time.Sleep(20 * time.Second)
		stop()
		lines := b.logs.FilterField(endpointField(AskLoad)).All()
		require.Contains(t, lines[len(lines)-1].Message, "answers again", "the last line tells the truth")
	})
}

// TestRestartOfABridge is told by its uptime.
func TestRestartOfABridge(t *testing.T) {
	core := newHealth(nil)
	b, stop := startLog()
	core.log = b
	now := time.Now()
	for second := range 100 {
		core.setSystem(SystemStatus{SoftwareVersion: "3.9", Uptime: time.Duration(second+50) * time.Second}, now.Add(time.Duration(second)*time.Second))
	}
	started := core.startedAt
	require.WithinDuration(t, now.Add(-50*time.Second), started, time.Second)
	core.setSystem(SystemStatus{SoftwareVersion: "3.9", Uptime: 5 * time.Second}, now.Add(200*time.Second))
	require.WithinDuration(t, now.Add(195*time.Second), core.startedAt, time.Second)
	core.setSystem(SystemStatus{SoftwareVersion: "3.10"}, now.Add(201*time.Second))
	logs := stop()
	require.Len(t, logs, 3)
	require.Equal(t, false, logs[0].ContextMap()["restarted"])
	require.Equal(t, true, logs[1].ContextMap()["restarted"])
	require.Equal(t, "3.10", logs[2].ContextMap()["version"])
}

// TestNothingPrintsThePassword dumps what somebody might dump.
func TestNothingPrintsThePassword(t *testing.T) {
	c := clientFor(t, "https://10.0.1.11")
	p, err := NewPoller(PollerOptions{Client: c, Reporter: &recorder{}})
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		hush(t, fmt.Sprintf(verb, c))
		hush(t, fmt.Sprintf(verb, *c))
		hush(t, fmt.Sprintf(verb, p.Status()))
	}
	log, stop := startLog()
	log.Info("dump", zapcore.Field{Key: "client", Type: zapcore.ReflectType, Interface: c})
	hush(t, fmt.Sprint(stop()[0].ContextMap()))
}
