package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bridgehead/lb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixed is a Source that always says the same.
type fixed struct {
	bridges     []Bridge
	decisions   []Decision
	reasons     []string
	groups      []Group
	conferences []lb.ConferenceView
	set         []string // what SetState was asked for
}

func (f *fixed) Bridges() []Bridge { return f.bridges }

func (f *fixed) Decisions(limit int) []Decision { return f.decisions[:min(limit, len(f.decisions))] }

func (f *fixed) Groups() []Group { return f.groups }

func (f *fixed) Conferences() []lb.ConferenceView { return f.conferences }

func (f *fixed) Observation() Observation {
	return Observation{Mode: "observe", Decisions: 4, Differed: 1, Share: 0.25}
}

func (f *fixed) SetState(name string, s lb.AdminState) (Bridge, string, error) {
	f.set = append(f.set, name+" "+s.String())
	for _, b := range f.bridges {
		if b.Name == name {
			b.State = s.String()
			return b, "", nil
		}
	}
	return Bridge{}, "", ErrUnknownBridge
}

func (f *fixed) Decision(id uint64) (Account, bool) {
	for _, d := range f.decisions {
		if d.ID == id {
			return Account{Decision: d, CMSLog: "replace query"}, true
		}
	}
	return Account{}, false
}

func (f *fixed) Explain(_ context.Context, q Question) (Explanation, error) {
	if q.To == "room@elsewhere" {
		return Explanation{}, errors.New("the call would get 404")
	}
	return Explanation{DecisionView: lb.DecisionView{To: q.To, From: q.From, Landing: q.Landing, Cost: len(q.SDP)}, CMSLog: "replace query"}, nil
}

func (f *fixed) Ready() (bool, []string) { return len(f.reasons) == 0, f.reasons }

// get asks the API for a path, as a client on this machine would.
func get(source Source, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:9495"
	Handler(Options{Source: source, Version: "1.2.3"}).ServeHTTP(w, r)
	return w
}

func TestHealth(t *testing.T) {
	w := get(&fixed{reasons: []string{"not yet"}}, "/healthz")
	require.Equal(t, http.StatusOK, w.Code, "a process that cannot place calls is still healthy")
	require.Equal(t, "ok\n", w.Body.String())
}

func TestReady(t *testing.T) {
	w := get(&fixed{}, "/readyz")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "ok\n", w.Body.String())

	w = get(&fixed{reasons: []string{"cluster1 was not polled yet", "no route can take calls"}}, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "cluster1 was not polled yet\nno route can take calls\n", w.Body.String())
}

func TestBridges(t *testing.T) {
	age := 0.5
	w := get(&fixed{bridges: []Bridge{{
		BridgeView: lb.BridgeView{Name: "cluster1", Group: "london", Reach: "up", Load: 700,
			Polls: []lb.PollView{{Endpoint: "load", Age: &age}, {Endpoint: "calls", Error: "401 Unauthorized"}}},
		SIPAddress: "sip:10.0.1.11:5060", API: "https://10.0.1.11:445",
	}}}, "/api/v1/bridges")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var got struct{ Bridges []map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Len(t, got.Bridges, 1)
	b := got.Bridges[0]
	require.Equal(t, "cluster1", b["name"], "fields of the view stand beside the others, not inside one of them")
	require.Equal(t, "sip:10.0.1.11:5060", b["sipAddress"])
	require.EqualValues(t, 700, b["load"])
	require.Equal(t, "401 Unauthorized", b["polls"].([]any)[1].(map[string]any)["error"])
}

func TestDecisions(t *testing.T) {
	source := &fixed{}
	for id := range 60 {
		source.decisions = append(source.decisions, Decision{DecisionView: lb.DecisionView{ID: uint64(60 - id), Outcome: "chosen"}, Status: 200})
	}
	for _, c := range []struct {
		query  string
		status int
		count  int
	}{
		{"", http.StatusOK, 50},
		{"?limit=1", http.StatusOK, 1},
		{"?limit=1000", http.StatusOK, 60},
		{"?limit=0", http.StatusUnprocessableEntity, 0},
		{"?limit=1001", http.StatusUnprocessableEntity, 0},
		{"?limit=many", http.StatusUnprocessableEntity, 0},
		{"?limits=3", http.StatusUnprocessableEntity, 0},
	} {
		w := get(source, "/api/v1/decisions"+c.query)
		require.Equal(t, c.status, w.Code, c.query)
		if c.status != http.StatusOK {
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), c.query)
			continue
		}
		var got struct{ Decisions []Decision }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), c.query)
		require.Len(t, got.Decisions, c.count, c.query)
		require.Equal(t, source.decisions[0], got.Decisions[0], c.query)
	}
}

func TestNothingIsAnEmptyList(t *testing.T) {
	require.JSONEq(t, `{"bridges":[]}`, get(&fixed{}, "/api/v1/bridges").Body.String())
	require.JSONEq(t, `{"decisions":[]}`, get(&fixed{}, "/api/v1/decisions").Body.String())
}

func TestDocument(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil)
	r.Host = "localhost"
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a_total 1\n")) })
	Handler(Options{Source: &fixed{}, Version: "1.2.3", Metrics: metrics}).ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	var doc struct {
		OpenAPI    string
		Info       struct{ Version string }
		Paths      map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Equal(t, "1.2.3", doc.Info.Version)
	for _, path := range []string{
		"/healthz", "/readyz", "/metrics", "/api/v1/bridges", "/api/v1/bridges/{name}/state", "/api/v1/groups",
		"/api/v1/conferences", "/api/v1/decisions", "/api/v1/decisions/{id}", "/api/v1/explain", "/api/v1/observe",
	} {
		require.Contains(t, doc.Paths, path)
	}
	require.Contains(t, doc.Components.Schemas["Bridge"].Properties, "effective")
	require.Contains(t, doc.Components.Schemas["Bridge"].Properties, "sipAddress")
	require.Contains(t, doc.Components.Schemas["Decision"].Properties, "candidates")
	require.Equal(t, http.StatusOK, get(&fixed{}, "/api/v1/openapi.yaml").Code)
}

func TestOnlyWhatIsThere(t *testing.T) {
	for _, path := range []string{"/docs", "/metrics", "/schemas/Bridge.json", "/api/v1/nothing", "/debug/pprof/"} {
		require.Equal(t, http.StatusNotFound, get(&fixed{}, path).Code, path)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/bridges", strings.NewReader("{}"))
	r.Host = "localhost"
	Handler(Options{Source: &fixed{}}).ServeHTTP(w, r)
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestForeignNamesAreRefused(t *testing.T) {
	for host, local := range map[string]bool{
		"": true, "localhost": true, "LOCALHOST:9495": true, "127.0.0.1:9495": true, "127.8.9.1": true, "[::1]:9495": true, "::1": true,
		"edge.example.com": false, "edge.example.com:9495": false, "10.0.0.1:9495": false, "127.0.0.1.example.com": false, "[::2]:80": false,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/api/v1/bridges", nil)
		r.Host = host
		Handler(Options{Source: &fixed{}}).ServeHTTP(w, r)
		require.Equal(t, local, w.Code == http.StatusOK, host)
		require.Equal(t, local, w.Code != http.StatusMisdirectedRequest, host)
	}
}

func TestNewWantsLoopback(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:9495", "10.0.0.1:9495", "[::]:9495", "edge:9495", "127.0.0.1", ""} {
		_, err := New(Options{Listen: listen, Source: &fixed{}})
		require.ErrorContains(t, err, "admin.listen", listen)
	}
}

func start(t *testing.T, source Source) *Server {
	t.Helper()
	s, err := New(Options{Listen: "127.0.0.1:0", Source: source})
	require.NoError(t, err)
	require.Empty(t, s.Addr())
	require.NoError(t, s.Start())
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestServe(t *testing.T) {
	s := start(t, &fixed{})
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + s.Addr() + "/healthz")
	require.NoError(t, err)
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, "ok\n", string(b))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second time")
	_, err = client.Get("http://" + s.Addr() + "/healthz")
	require.Error(t, err, "closed")
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // nothing to lose
	s, err := New(Options{Listen: l.Addr().String(), Source: &fixed{}})
	require.NoError(t, err)
	require.ErrorContains(t, s.Start(), "set admin.listen to a free address")
	require.NoError(t, s.Close())
}

func TestCloseWithoutStart(t *testing.T) {
	s, err := New(Options{Listen: "127.0.0.1:0", Source: &fixed{}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// stuck is a Source whose answer waits for release.
type stuck struct {
	fixed
	asked, release chan struct{}
	once           sync.Once
}

func (s *stuck) Bridges() []Bridge {
	s.once.Do(func() { close(s.asked) })
	<-s.release
	return nil
}

// TestCloseDoesNotWaitForever closes while a request is being answered.
func TestCloseDoesNotWaitForever(t *testing.T) {
	source := &stuck{asked: make(chan struct{}), release: make(chan struct{})}
	s := start(t, source)
	failed := make(chan error, 1)
	go func() {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Get("http://" + s.Addr() + "/api/v1/bridges")
		if err == nil {
			err = errors.Join(errors.New("answered: "+res.Status), res.Body.Close())
		}
		failed <- err
	}()
	<-source.asked
	began := time.Now()
	require.NoError(t, s.Close())
	require.Less(t, time.Since(began), 4*closeTimeout)
	require.NotContains(t, (<-failed).Error(), "answered")
	close(source.release)
}

// TestConnectionsAreBounded holds as many connections as are served: the next
// one waits in the kernel, and is served when one of them goes.
func TestConnectionsAreBounded(t *testing.T) {
	s := start(t, &fixed{})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Addr())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = c.Write([]byte("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		require.NoError(t, err)
		return c
	}
	first := make([]byte, 12)
	var held []net.Conn
	for range maxConnections {
		c := dial()
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err := io.ReadFull(c, first)
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 200", string(first))
		held = append(held, c)
	}
	next := dial()
	require.NoError(t, next.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	_, err := next.Read(first)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, held[0].Close())
	require.NoError(t, next.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = io.ReadFull(next, first)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200", string(first))
}
