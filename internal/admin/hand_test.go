package admin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// send asks the API with a body, as a client on this machine would.
func send(source Source, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "localhost:9495"
	r.Header.Set("Content-Type", "application/json")
	Handler(Options{Source: source}).ServeHTTP(w, r)
	return w
}

func TestSetState(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		set        string
	}{
		{"cluster1", `{"state":"drain"}`, http.StatusOK, "cluster1 drain"},
		{"cluster1", `{"state":"drain","strict":true}`, http.StatusOK, "cluster1 drain-strict"},
		{"cluster1", `{"state":"drain-strict"}`, http.StatusOK, "cluster1 drain-strict"},
		{"cluster1", `{"state":"maint"}`, http.StatusOK, "cluster1 maint"},
		{"cluster1", `{"state":"ready"}`, http.StatusOK, "cluster1 ready"},
		{"cluster%201", `{"state":"ready"}`, http.StatusOK, "cluster 1 ready"},
		{"cluster9", `{"state":"ready"}`, http.StatusNotFound, "cluster9 ready"},
		{"cluster1", `{"state":"maint","strict":true}`, http.StatusUnprocessableEntity, ""},
		{"cluster1", `{"state":"off"}`, http.StatusUnprocessableEntity, ""},
		{"cluster1", `{}`, http.StatusUnprocessableEntity, ""},
		{"cluster1", `{"state":"ready","since":1}`, http.StatusUnprocessableEntity, ""},
		{"cluster1", `ready`, http.StatusBadRequest, ""},
		{"cluster1", ``, http.StatusBadRequest, ""},
	} {
		source := &fixed{bridges: []Bridge{{BridgeView: lb.BridgeView{Name: "cluster1"}}, {BridgeView: lb.BridgeView{Name: "cluster 1"}}}}
		w := send(source, http.MethodPut, "/api/v1/bridges/"+c.name+"/state", c.body)
		require.Equal(t, c.status, w.Code, "%s %s: %s", c.name, c.body, w.Body)
		if c.set == "" {
			require.Empty(t, source.set, c.body)
			continue
		}
		require.Equal(t, []string{c.set}, source.set)
		if c.status == http.StatusOK {
			var got StateReply
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.True(t, strings.HasSuffix(c.set, got.Bridge.State))
		}
	}
	w := send(&fixed{}, http.MethodGet, "/api/v1/bridges/cluster1/state", "")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestGroups(t *testing.T) {
	require.JSONEq(t, `{"groups":[]}`, get(&fixed{}, "/api/v1/groups").Body.String())
	limit := int64(5000)
	w := get(&fixed{groups: []Group{{Name: "london", Bridges: []string{"cluster1"}, ExistingLimit: &limit, InService: 1}}}, "/api/v1/groups")
	require.Equal(t, http.StatusOK, w.Code)
	var got struct{ Groups []map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.EqualValues(t, 5000, got.Groups[0]["existingLimit"])
	require.Nil(t, got.Groups[0]["newLimit"])
	require.Contains(t, got.Groups[0], "directory")
}

func TestConferences(t *testing.T) {
	source := &fixed{conferences: []lb.ConferenceView{{Space: "a", Spread: true}, {Space: "b"}, {Space: "c"}}}
	for _, c := range []struct {
		query  string
		spaces string
	}{{"", "abc"}, {"?limit=2", "ab"}, {"?spread=true", "a"}} {
		w := get(source, "/api/v1/conferences"+c.query)
		require.Equal(t, http.StatusOK, w.Code, c.query)
		var got ConferencesReply
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		spaces := ""
		for _, x := range got.Conferences {
			spaces += x.Space
		}
		require.Equal(t, c.spaces, spaces, c.query)
		require.Equal(t, 3, got.Total, "of all, whatever is shown")
		require.Equal(t, 1, got.Spread)
	}
	require.Equal(t, http.StatusUnprocessableEntity, get(source, "/api/v1/conferences?limit=0").Code)
	require.JSONEq(t, `{"total":0,"spread":0,"conferences":[]}`, get(&fixed{}, "/api/v1/conferences").Body.String())
}

func TestDecision(t *testing.T) {
	source := &fixed{decisions: []Decision{{DecisionView: lb.DecisionView{ID: 7}, Status: 200}}}
	var got Account
	require.NoError(t, json.Unmarshal(get(source, "/api/v1/decisions/7").Body.Bytes(), &got))
	require.EqualValues(t, 7, got.ID)
	require.Equal(t, "replace query", got.CMSLog)
	require.Equal(t, http.StatusNotFound, get(source, "/api/v1/decisions/8").Code)
	require.Equal(t, http.StatusUnprocessableEntity, get(source, "/api/v1/decisions/0").Code)
	require.Equal(t, http.StatusUnprocessableEntity, get(source, "/api/v1/decisions/seven").Code)
}

func TestExplain(t *testing.T) {
	w := get(&fixed{}, "/api/v1/explain?to=sip%3Aroom%40meet.example.com&from=alice@example.com&landing=cluster1")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var got Explanation
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "sip:room@meet.example.com", got.To)
	require.Equal(t, "alice@example.com", got.From)
	require.Equal(t, "cluster1", got.Landing)
	require.NotNil(t, got.Bridges)

	w = send(&fixed{}, http.MethodPost, "/api/v1/explain", `{"to":"room@meet.example.com","sdp":"v=0"}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, 3, got.Cost)

	w = get(&fixed{}, "/api/v1/explain?to=room@elsewhere")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "the call would get 404")
	require.Equal(t, http.StatusUnprocessableEntity, get(&fixed{}, "/api/v1/explain").Code)
	w = send(&fixed{}, http.MethodPost, "/api/v1/explain", `{"to":"`+strings.Repeat("x", maxOffer)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestObserve(t *testing.T) {
	var got Observation
	require.NoError(t, json.Unmarshal(get(&fixed{}, "/api/v1/observe").Body.Bytes(), &got))
	require.Equal(t, 0.25, got.Share)
}
