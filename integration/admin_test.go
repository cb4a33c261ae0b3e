package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bridgeReport is what the tests read of a bridge in the admin API.
type bridgeReport struct {
	Name  string
	State string
	Reach string
	Veto  string
	Level int
	Polls []struct {
		Endpoint string
		Age      *float64
		Failures int
		Error    string
	}
}

// decisionReport is what they read of a decision.
type decisionReport struct {
	CallID     string
	Kind       string
	Conference string
	Outcome    string
	Observed   bool
	Delivered  string
	Differs    bool
	Chosen     string
	Local      bool
	Text       string
	Status     int
	Candidates []struct {
		Bridge          string
		Priority, Level int
		Running         bool
		Veto            string
	}
}

// get asks the admin API and gives status and body, 0 without an answer.
func (e *edge) get(path string) (int, []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.admin.String()+path, nil)
	if err != nil {
		return 0, nil
	}
	r.Close = true // no idle connection outlives the test
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, body
}

// stateOf is the status that a path answers with, 0 without an answer.
func (e *edge) stateOf(path string) int {
	status, _ := e.get(path)
	return status
}

// bridges asks for every bridge.
func (e *edge) bridges(t *testing.T) []bridgeReport {
	t.Helper()
	status, body := e.get("/api/v1/bridges")
	require.Equal(t, http.StatusOK, status)
	var reply struct{ Bridges []bridgeReport }
	require.NoError(t, json.Unmarshal(body, &reply), "%s", body)
	return reply.Bridges
}

// decisions asks for the last decisions, newest first.
func (e *edge) decisions(t *testing.T) []decisionReport {
	t.Helper()
	status, body := e.get("/api/v1/decisions")
	require.Equal(t, http.StatusOK, status)
	var reply struct{ Decisions []decisionReport }
	require.NoError(t, json.Unmarshal(body, &reply), "%s", body)
	return reply.Decisions
}

// failing is how many polls in a row show that a bridge is meant to fail. Fewer
// may be a machine that stood still.
const failing = 3

// informed waits until every endpoint of every bridge was read. Of a bridge that
// is failing nothing more is awaited.
func (e *edge) informed(t *testing.T) {
	t.Helper()
	eventually(t, "the edge has read every bridge", func() bool {
		for _, b := range e.bridges(t) {
			unread := false
			for _, p := range b.Polls {
				if p.Failures >= failing {
					unread = false
					break
				}
				unread = unread || p.Age == nil
			}
			if unread {
				return false
			}
		}
		return true
	})
}

// String is the decision as the lab cases are written: priority, level and
// running of each bridge, in the order of their names.
func (d decisionReport) String() string {
	var parts []string
	for _, c := range d.Candidates {
		running := 0
		if c.Running {
			running = 1
		}
		parts = append(parts, fmt.Sprintf("%s(%d,%d,%d)", c.Bridge, c.Priority, c.Level, running))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
