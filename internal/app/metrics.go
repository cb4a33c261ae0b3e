package app

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// metricPrefix begins the name of every metric of ours.
const metricPrefix = "bridgehead_"

// family is one metric with its labels: what Prometheus calls a metric family.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// metrics is the one collector of an edge. It holds no counters: it reads those
// of the parts when it is scraped, so that a call pays for none of it. Every
// value of every label is there from the first scrape on, since an alert cannot
// see the absence of a series. No label is a Call-ID, a URI or a conference:
// their number has no bound.
type metrics struct {
	app      *App
	families []family

	edge    edgeFamilies
	calls   callFamilies
	sip     sipFamilies
	bridges bridgeFamilies
}

// newMetrics makes the collector and names its families.
func newMetrics(a *App) *metrics {
	m := &metrics{app: a}
	m.edge = newEdgeFamilies(m)
	m.calls = newCallFamilies(m)
	m.sip = newSIPFamilies(m)
	m.bridges = newBridgeFamilies(m)
	return m
}

func (m *metrics) gauge(name, help string, labels ...string) family {
	return m.family(prometheus.GaugeValue, name, help, labels)
}

func (m *metrics) counter(name, help string, labels ...string) family {
	return m.family(prometheus.CounterValue, name, help, labels)
}

// histogram names a family whose values collect builds itself.
func (m *metrics) histogram(name, help string) family {
	return m.family(prometheus.UntypedValue, name, help, nil)
}

func (m *metrics) family(kind prometheus.ValueType, name, help string, labels []string) family {
	f := family{prometheus.NewDesc(metricPrefix+name, help, labels, nil), kind}
	m.families = append(m.families, f)
	return f
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, f := range m.families {
		to <- f.desc
	}
}

// Collect implements prometheus.Collector: it reads what the parts have counted.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	out := samples{to}
	now := time.Now()
	m.edge.collect(m.app, out)
	m.calls.collect(m.app, out)
	m.sip.collect(m.app, out)
	m.bridges.collect(m.app, out, now)
}

// samples takes the values of one scrape.
type samples struct{ to chan<- prometheus.Metric }

// add gives one value; labels in the order of the family.
func (s samples) add(f family, value float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

// flag gives 1 or 0.
func (s samples) flag(f family, on bool, labels ...string) {
	value := 0.0
	if on {
		value = 1
	}
	s.add(f, value, labels...)
}

// registry holds the collector of the edge, and those of the process and the Go
// runtime.
func (a *App) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(newMetrics(a), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// metricsHandler answers /metrics: two scrapes at a time at most. The page goes as
// it is: to deflate it costs as much as to write it, on the cores that calls need.
func (a *App) metricsHandler() http.Handler {
	return promhttp.HandlerFor(a.registry(), promhttp.HandlerOpts{
		ErrorLog: zap.NewStdLog(a.log.Named("metrics")), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 2, Timeout: 10 * time.Second, DisableCompression: true,
	})
}

// edgeFamilies tell of the process itself.
type edgeFamilies struct {
	build, ready, fileGood, fileRead, droppedLines family
}

func newEdgeFamilies(m *metrics) edgeFamilies {
	return edgeFamilies{
		build:        m.gauge("build_info", "1, with what this edge was built from.", "version", "goversion"),
		ready:        m.gauge("ready", "1 once every bridge was polled and some bridge is in service, as /readyz says."),
		fileGood:     m.gauge("config_last_reload_successful", "1 if the configuration file was good when it was last read, at the start or on SIGHUP."),
		fileRead:     m.gauge("config_last_reload_success_timestamp_seconds", "When the configuration file was last read and found good."),
		droppedLines: m.counter("log_lines_dropped_total", "Log lines dropped because whatever reads the log was too slow."),
	}
}

func (f *edgeFamilies) collect(a *App, out samples) {
	out.add(f.build, 1, a.version, runtime.Version())
	ready, _ := a.Ready()
	out.flag(f.ready, ready)
	out.flag(f.fileGood, a.fileGood.Load())
	out.add(f.fileRead, float64(a.fileRead.Load())/float64(time.Second))
	dropped := uint64(0)
	if a.dropped != nil {
		dropped = a.dropped()
	}
	out.add(f.droppedLines, float64(dropped))
}
