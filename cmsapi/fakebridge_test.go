package cmsapi

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"bridgehead/lb"
)

// fakeBridge is the API of a bridge with no network in between, so that time in
// a synctest bubble stands still while it answers.
type fakeBridge struct {
	mu       sync.Mutex
	load     string
	cluster  string
	calls    []fakeCall
	spaces   []fakeSpace
	details  map[string]detailed
	inbound  []string // elements of each rule
	forward  []string
	ivrs     map[string]string // uri, tenant
	users    []string          // JIDs
	usage    map[string]string // elements by tenant/uri
	pageCap  int               // most objects of a page
	totalLie int               // added to every total
	deaf     bool
	fault    map[string]func(r *http.Request) (*http.Response, error) // by path below the prefix, "" for all
	latency  time.Duration
	requests []request
	inFlight map[string]int
	overlaps []string
}

type fakeCall struct{ id, space, details string }

type fakeSpace struct{ id, uri string }

// detailed are the details of spaces that have some; all others have none.
type detailed struct {
	uri, secondary, tenant string
	methods                []string
}

type request struct {
	at   time.Time
	path string // below the prefix, with query
}

func newFakeBridge() *fakeBridge {
	return &fakeBridge{
		load:     "100",
		cluster:  "<loadLimit>96000</loadLimit>",
		pageCap:  10,
		fault:    make(map[string]func(*http.Request) (*http.Response, error)),
		inFlight: make(map[string]int),
	}
}

// set changes the bridge.
func (b *fakeBridge) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// answer makes an HTTP answer.
func answer(status int, body string, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// always answers so.
func always(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return answer(status, body, header...), nil }
}

// hang answers never.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// RoundTrip answers r.
func (b *fakeBridge) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.RequestURI(), apiPrefix)
	kind := strings.TrimRight(r.URL.Path, "0123456789c-")
	b.mu.Lock()
	b.requests = append(b.requests, request{time.Now(), path})
	b.inFlight[kind]++
	if b.inFlight[kind] > 1 {
		b.overlaps = append(b.overlaps, path)
	}
	fault, latency := b.fault[""], b.latency
	for prefix, f := range b.fault {
		if prefix != "" && strings.HasPrefix(path, prefix) {
			fault = f
		}
	}
	b.mu.Unlock()
	defer func() { b.mu.Lock(); b.inFlight[kind]--; b.mu.Unlock() }()
	if err := nap(r.Context(), latency); err != nil {
		return nil, err
	}
	if fault != nil {
		return fault(r)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.respond(strings.TrimPrefix(r.URL.Path, apiPrefix), r), nil
}

func nap(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *fakeBridge) respond(path string, r *http.Request) *http.Response {
	switch path {
	case "/system/load":
		return answer(200, "<load><mediaProcessingLoad>"+b.load+"</mediaProcessingLoad></load>")
	case "/system/configuration/cluster":
		return answer(200, "<cluster><uniqueName>one</uniqueName>"+b.cluster+"</cluster>")
	case "/system/status":
		return answer(200, "<status><softwareVersion>3.9</softwareVersion><uptimeSeconds>60</uptimeSeconds><callLegsActive>7</callLegsActive></status>")
	case "/calls":
		return b.list(r, "calls", len(b.calls), func(i int) string {
			return `<call id="` + b.calls[i].id + `"><coSpace>` + b.calls[i].space + `</coSpace></call>`
		})
	case "/coSpaces":
		return b.list(r, "coSpaces", len(b.spaces), func(i int) string {
			return `<coSpace id="` + b.spaces[i].id + `"><uri>` + b.spaces[i].uri + `</uri></coSpace>`
		})
	}
	if a := b.directory(path, r); a != nil {
		return a
	}
	for _, c := range b.calls {
		if path == "/calls/"+c.id {
			return answer(200, `<call id="`+c.id+`">`+c.details+"</call>")
		}
	}
	return answer(404, "<failureDetails><callDoesNotExist/></failureDetails>")
}

// directory answers what a directory asks besides the list of spaces.
func (b *fakeBridge) directory(path string, r *http.Request) *http.Response {
	id, method, _ := strings.Cut(strings.TrimPrefix(path, "/coSpaces/"), "/")
	uris := slices.Sorted(maps.Keys(b.ivrs))
	switch {
	case path == "/inboundDialPlanRules":
		return b.list(r, path[1:], len(b.inbound), func(i int) string {
			return fmt.Sprintf("<inboundDialPlanRule id=\"r%d\">%s</inboundDialPlanRule>", i, b.inbound[i])
		})
	case path == "/forwardingDialPlanRules":
		return b.list(r, path[1:], len(b.forward), func(i int) string {
			return fmt.Sprintf("<forwardingDialPlanRule id=\"f%d\">%s</forwardingDialPlanRule>", i, b.forward[i])
		})
	case path == "/ivrs":
		return b.list(r, path[1:], len(uris), func(i int) string { return `<ivr id="` + uris[i] + `"><uri>` + uris[i] + `</uri></ivr>` })
	case strings.HasPrefix(path, "/ivrs/"):
		return answer(200, "<ivr><tenant>"+b.ivrs[path[len("/ivrs/"):]]+"</tenant></ivr>")
	case path == "/users":
		return b.list(r, path[1:], len(b.users), func(i int) string {
			return fmt.Sprintf("<user id=\"u%d\"><userJid>%s</userJid></user>", i, b.users[i])
		})
	case path == "/uriUsageQuery":
		_ = r.ParseForm()
		return answer(200, "<uriUsageQuery>"+b.usage[r.PostForm.Get("tenant")+"/"+r.PostForm.Get("uri")]+"</uriUsageQuery>")
	case strings.HasPrefix(path, "/coSpaces/") && method == "accessMethods":
		list := b.details[id].methods
		return b.list(r, method, len(list), func(i int) string {
			return fmt.Sprintf("<accessMethod id=\"m%d\"><uri>%s</uri></accessMethod>", i, list[i])
		})
	case strings.HasPrefix(path, "/coSpaces/"):
		d := b.details[id]
		return answer(200, fmt.Sprintf("<coSpace><uri>%s</uri><secondaryUri>%s</secondaryUri><tenant>%s</tenant><numAccessMethods>%d</numAccessMethods></coSpace>",
			d.uri, d.secondary, d.tenant, len(d.methods)))
	}
	return nil
}

// list answers with a page, as CMS would.
func (b *fakeBridge) list(r *http.Request, root string, n int, object func(int) string) *http.Response {
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if b.deaf {
		offset = 0
	}
	var s strings.Builder
	fmt.Fprintf(&s, "<%s total=\"%d\">", root, n+b.totalLie)
	for i := min(offset, n); i < min(offset+min(limit, b.pageCap), n); i++ {
		s.WriteString(object(i))
	}
	s.WriteString("</" + root + ">")
	return answer(200, s.String())
}

// asked returns when each request that begins with prefix came, since a time.
func (b *fakeBridge) asked(prefix string, since time.Time) []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	var at []time.Time
	for _, r := range b.requests {
		if strings.HasPrefix(r.path, prefix) && !r.at.Before(since) {
			at = append(at, r.at)
		}
	}
	return at
}

// mostInASecond is the largest number of requests that came in any second, both
// of its ends counted in.
func (b *fakeBridge) mostInASecond() int {
	at := b.asked("", time.Time{})
	most, from := 0, 0
	for i := range at {
		for at[i].Sub(at[from]) > time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// recorder keeps readings.
type recorder struct {
	mu       sync.Mutex
	readings []lb.Reading
}

// Report keeps r.
func (r *recorder) Report(reading lb.Reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readings = append(r.readings, reading)
}

// of returns the readings of an endpoint.
func (r *recorder) of(e lb.Endpoint) []lb.Reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []lb.Reading
	for _, reading := range r.readings {
		if reading.Endpoint == e {
			list = append(list, reading)
		}
	}
	return list
}

// last returns the newest reading of an endpoint.
func (r *recorder) last(t testing.TB, e lb.Endpoint) lb.Reading {
	t.Helper()
	list := r.of(e)
	require.NotEmpty(t, list)
	return list[len(list)-1]
}

// spaces returns the spaces that the newest list of calls shows as running, in
// order.
func (r *recorder) spaces(t testing.TB) []string {
	t.Helper()
	var running []string
	for _, c := range r.last(t, lb.ReadCalls).Conferences {
		if c.Running() {
			running = append(running, c.Space)
		}
	}
	slices.Sort(running)
	return running
}

// bench is a poller on a fake bridge.
type bench struct {
	*Poller
	bridge *fakeBridge
	recorder
	logs  *observer.ObservedLogs
	began time.Time
}

// startBench runs a poller until the test, or stop, ends it.
func startBench(t *testing.T, bridge *fakeBridge, change ...func(*PollerOptions)) (b *bench, stop func()) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	b = &bench{bridge: bridge, logs: logs, began: time.Now()}
	o := PollerOptions{
		Client:   clientFor(t, "https://10.0.1.11:445", func(o *ClientOptions) { o.Transport, o.Timeout = bridge, 0 }),
		Bridge:   3,
		Reporter: &b.recorder,
		Logger:   zap.New(core),
	}
	for _, f := range change {
		f(&o)
	}
	p, err := NewPoller(o)
	require.NoError(t, err)
	b.Poller = p
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		require.Empty(t, bridge.overlaps, "one in flight per endpoint")
		for _, l := range logs.All() {
			hush(t, fmt.Sprint(l.Message, l.ContextMap()))
		}
		hush(t, fmt.Sprintf("%+v", p.Status()))
	})
	t.Cleanup(stop)
	return b, stop
}

// startLog returns a logger, and a function that returns what it was told.
func startLog() (*zap.Logger, func() []observer.LoggedEntry) {
	core, logs := observer.New(zapcore.DebugLevel)
	return zap.New(core), logs.All
}
