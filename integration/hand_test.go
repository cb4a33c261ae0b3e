package integration

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// put sets the state of a bridge through the admin API and gives the status.
func (e *edge) put(t *testing.T, bridge, body string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut,
		"http://"+e.admin.String()+"/api/v1/bridges/"+bridge+"/state", bytes.NewBufferString(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	return answer.StatusCode
}

// TestHandOnABridge takes the best bridge out and puts it back, by the API and by
// the command, while a conference runs there; what was set outlives a restart.
func TestHandOnABridge(t *testing.T) {
	t.Parallel()
	s := openSite(t, siteOptions{group: sim.Options{Spaces: spaces(room, "a", "b", "c", "d", "e", "f")}})
	command := func(args ...string) {
		t.Helper()
		code, out := run(t, append(args, "--server", s.edge.admin.String())...)
		require.Zero(t, code, "%v: %s", args, out)
	}
	running := s.start(t, manner{hold: time.Minute}, roomURI)
	require.Equal(t, "cluster3", running.answered(t)[0].bridge)

	// drain: the running conference is still joined, nothing new comes.
	require.Equal(t, http.StatusOK, s.edge.put(t, "cluster3", `{"state":"drain"}`))
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge, "a conference that runs there is joined there")
	for _, o := range s.dial(t, manner{}, user("a"), user("b"), user("c"), user("d"), user("e"), user("f")) {
		require.Equal(t, 200, o.status)
	}
	require.Len(t, s.group.Bridge("cluster3").Calls(), 2, "and nothing else comes to it")

	// It outlives a restart, whose edge learns from the API that the conference runs.
	s.edge.restart(t)
	s.edge.informed(t)
	directoryRead(t, s.group)
	require.Equal(t, "drain", s.bridge(t, "cluster3").State)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)

	// drain --strict: not even joiners.
	command("bridge", "drain", "cluster3", "--strict")
	require.Equal(t, "drain-strict", s.bridge(t, "cluster3").State)
	require.Equal(t, "cluster1", s.one(t, roomURI).bridge, "the next in order")

	// maint, and again a restart.
	command("bridge", "maint", "cluster3")
	s.edge.restart(t)
	s.edge.informed(t)
	directoryRead(t, s.group)
	require.Equal(t, "maint", s.bridge(t, "cluster3").State)
	require.Equal(t, "cluster1", s.one(t, roomURI).bridge)

	// Every bridge out: this is no lack of room.
	require.Equal(t, http.StatusOK, s.edge.put(t, "cluster1", `{"state":"maint"}`))
	require.Equal(t, http.StatusOK, s.edge.put(t, "cluster2", `{"state":"drain"}`))
	none := s.one(t, roomURI)
	require.Equal(t, 503, none.status)
	require.Regexp(t, `^\d+`, none.final.get("Retry-After"))
	require.Regexp(t, `^399 \S+ ".+"$`, none.final.get("Warning"))

	// ready: as before.
	command("bridge", "ready", "cluster3")
	require.Equal(t, "ready", s.bridge(t, "cluster3").State)
	require.Equal(t, "cluster3", s.one(t, roomURI).bridge)
	require.Equal(t, http.StatusNotFound, s.edge.put(t, "cluster9", `{"state":"maint"}`))
	require.Equal(t, http.StatusUnprocessableEntity, s.edge.put(t, "cluster1", `{"state":"asleep"}`))
	require.Equal(t, "maint", s.bridge(t, "cluster1").State, "a wrong order changes nothing")
}
