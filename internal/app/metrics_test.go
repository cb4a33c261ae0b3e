package app

import (
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// scrape returns all values by name and labels, as name{a=b,c=d}, none of them twice.
func scrape(t *testing.T, x *metrics) map[string]float64 {
	t.Helper()
	all, done, err := x.Gather()
	defer done()
	require.NoError(t, err)
	out := make(map[string]float64)
	for _, f := range all {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			key := f.GetName() + "{" + strings.Join(labels, ",") + "}"
			require.NotContains(t, out, key, "twice")
			out[key] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

// Names, units and help texts are as Prometheus wants them, ours begin alike, and
// every family has a value from the start.
func TestMetricsLint(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	x := newMetrics(a)
	all, done, err := x.Gather()
	defer done()
	require.NoError(t, err)
	require.True(t, slices.IsSortedFunc(all, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) }))
	problems, err := promlint.NewWithMetricFamilies(ours(all)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Len(t, ours(all), len(x.families), "a family without a value")
	require.Greater(t, len(all), len(ours(all))+10, "those of the process and of Go")
}

func ours(all []*dto.MetricFamily) []*dto.MetricFamily {
	var out []*dto.MetricFamily
	for _, f := range all {
		if strings.HasPrefix(f.GetName(), metricPrefix) {
			out = append(out, f)
		}
	}
	return out
}

// Every label value is there before anything happens, and no series is added by
// what happens.
func TestMetricsFromTheStart(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	x := newMetrics(a)
	before := scrape(t, x)
	for _, want := range []string{
		`bridgehead_placements_total{group=london,reason=full,result=refused}`,
		`bridgehead_placements_total{group=london,reason=running,result=placed}`,
		`bridgehead_bridge_state{bridge=cluster1,group=london,state=drain-strict}`,
		`bridgehead_bridge_reach{bridge=cluster1,group=london,reach=suspect}`,
		`bridgehead_bridge_api_requests_total{bridge=cluster1,endpoint=load,group=london,result=timeout}`,
		`bridgehead_sip_dropped_total{reason=queue_full}`,
	} {
		require.Contains(t, before, want)
		require.Zero(t, before[want], want)
	}
	require.Equal(t, math.Inf(1), before[`bridgehead_bridge_load_limit{bridge=cluster1,group=london,kind=existing}`])
	require.Equal(t, math.Inf(1), before[`bridgehead_bridge_data_age_seconds{bridge=cluster1,endpoint=load,group=london}`])

	now := time.Now()
	a.balancer.Report(lb.Reading{Bridge: 0, Endpoint: lb.ReadLimits, BeganAt: now, At: now, Limits: lb.Limits{LoadLimit: 1000, NewBasisPoints: 5000, ExistingBasisPoints: 8000}})
	a.balancer.Report(lb.Reading{Bridge: 0, Endpoint: lb.ReadLoad, BeganAt: now, At: now, Load: 700})
	a.balancer.Report(lb.Reading{Bridge: 0, Endpoint: lb.ReadCalls, BeganAt: now, At: now, Conferences: []lb.Conference{{Space: "secret-space"}}})
	var d lb.Decision
	a.balancer.Place(&lb.Call{CallID: "secret-call", Conference: lb.Key{Space: "secret-space"}, Groups: []lb.GroupID{0}, Landing: lb.NoBridge, Cost: 50}, now, &d)
	a.tally.Record(&d, lb.Result{Status: 200, Took: 30 * time.Millisecond})
	_, _, err = a.SetState("cluster1", lb.Drain)
	require.NoError(t, err)
	after := scrape(t, x)
	for key := range after {
		require.True(t, strings.HasPrefix(key, "go_") || strings.HasPrefix(key, "process_") || contains(before, key), "%s came later", key)
		require.NotContains(t, key, "secret")
	}
	require.Equal(t, 1.0, after[`bridgehead_placements_total{group=london,reason=running,result=placed}`])
	require.Equal(t, 1.0, after[`bridgehead_placement_duration_seconds{}`])
	require.Equal(t, 800.0, after[`bridgehead_bridge_load_limit{bridge=cluster1,group=london,kind=existing}`])
	require.Equal(t, 700.0, after[`bridgehead_bridge_load{bridge=cluster1,group=london}`])
	require.Equal(t, 50.0, after[`bridgehead_bridge_reservations{bridge=cluster1,group=london}`])
	require.Equal(t, 1.0, after[`bridgehead_bridge_level{bridge=cluster1,group=london}`])
	require.Equal(t, 1.0, after[`bridgehead_conferences{group=london}`])
	require.Equal(t, 1.0, after[`bridgehead_bridge_state{bridge=cluster1,group=london,state=drain}`])
	require.Zero(t, after[`bridgehead_bridge_state{bridge=cluster1,group=london,state=ready}`])
}

func contains(m map[string]float64, key string) bool { _, ok := m[key]; return ok }

// The text is what Prometheus reads.
func TestMetricsText(t *testing.T) {
	a, err := New(parse(t, minimal), Options{Version: "1.2.3"})
	require.NoError(t, err)
	a.FileRead(false)
	w := httptest.NewRecorder()
	newMetrics(a).handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `version="1.2.3"} 1`)
	require.Contains(t, w.Body.String(), "\nbridgehead_config_last_reload_successful 0\n")
	require.Contains(t, w.Body.String(), `bridgehead_placement_duration_seconds_bucket{le="0.25"} 0`)
}

// Every end of a call has its verdict, and observed calls are compared.
func TestTally(t *testing.T) {
	topology, b := twoBridges(t)
	y := newTally(topology, lb.NewRecorder(64))
	now := time.Now()
	call := func(kind lb.Kind) *lb.Call {
		return &lb.Call{Kind: kind, Conference: lb.Key{Space: "a"}, Groups: []lb.GroupID{0}, Landing: lb.NoBridge}
	}
	var d lb.Decision
	want := map[verdict]uint64{}
	record := func(v verdict, r lb.Result) {
		y.Record(&d, r)
		want[v]++
	}
	b.Explain(call(lb.Gateway), now, &d)
	record(verdict{"placed", "new"}, lb.Result{Status: 200})
	record(verdict{"declined", "new"}, lb.Result{Status: 486})
	record(verdict{"cancelled", "new"}, lb.Result{Status: 487})
	record(verdict{"cancelled", "new"}, lb.Result{})
	b.Explain(call(lb.IVR), now, &d)
	record(verdict{"placed", "other"}, lb.Result{Status: 200})
	d.Outcome = lb.Spent
	record(verdict{"failed", "tries"}, lb.Result{Status: 500})
	d.OfferAtFault = true
	record(verdict{"failed", "offer"}, lb.Result{Status: 488})
	d.Outcome = lb.LandingFull
	record(verdict{"refused", "landing_full"}, lb.Result{Status: 488})
	d.Outcome = lb.Exhausted
	record(verdict{"refused", "full"}, lb.Result{Status: 488})
	b.SetState(0, lb.Maintenance)
	b.SetState(1, lb.Maintenance)
	b.Explain(call(lb.Space), now, &d)
	record(verdict{"refused", "unavailable"}, lb.Result{Status: 503, Took: time.Hour})
	for i, v := range verdicts {
		require.Equal(t, want[v], y.placements(0, i), v)
	}
	count, sum, upTo := y.took()
	require.EqualValues(t, 10, count)
	require.Equal(t, time.Hour.Seconds(), sum)
	require.EqualValues(t, 9, upTo[0])
	require.EqualValues(t, 9, upTo[len(upTo)-1])

	b.SetState(0, lb.Ready)
	b.SetState(1, lb.Ready)
	b.Observe(call(lb.Space), 0, now, &d)
	other := 1 - d.Chosen
	y.Record(&d, lb.Result{Status: 200, Observed: true, Delivered: d.Chosen})
	y.Record(&d, lb.Result{Status: 200, Observed: true, Delivered: other})
	all, differ := y.observed()
	require.EqualValues(t, 2, all)
	require.EqualValues(t, 1, differ)
}

// Counting costs the call path no memory.
func TestTallyAllocatesNothing(t *testing.T) {
	topology, b := twoBridges(t)
	y := newTally(topology, lb.NewRecorder(64))
	var d lb.Decision
	b.Explain(&lb.Call{Conference: lb.Key{Space: "a"}, Groups: []lb.GroupID{0}, Landing: lb.NoBridge}, time.Now(), &d)
	require.Zero(t, testing.AllocsPerRun(100, func() { y.Record(&d, lb.Result{Status: 200, Took: time.Millisecond}) }))
}
