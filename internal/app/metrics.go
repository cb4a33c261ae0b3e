package app

import (
	"cmp"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"
)

// metricPrefix begins the name of every metric of ours.
const metricPrefix = "bridgehead_"

// metrics is all that /metrics shows. It holds no counters: it reads those of the
// parts when it is scraped, so that a call pays for none of it. Every value of every
// label is there from the first scrape on, since an alert cannot see the absence of
// a series. No label is a Call-ID, a URI or a conference: their number has no bound.
type metrics struct {
	app     *App
	process *prometheus.Registry // of the process and the Go runtime

	mu       sync.Mutex // while a page is made and written
	families []*family  // by name

	edge    edgeFamilies
	calls   callFamilies
	sip     sipFamilies
	bridges bridgeFamilies
}

// newMetrics names the families.
func newMetrics(a *App) *metrics {
	m := &metrics{app: a, process: prometheus.NewRegistry()}
	m.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.edge = newEdgeFamilies(m)
	m.calls = newCallFamilies(m)
	m.sip = newSIPFamilies(m)
	m.bridges = newBridgeFamilies(m)
	slices.SortFunc(m.families, func(a, b *family) int { return cmp.Compare(a.shown.GetName(), b.shown.GetName()) })
	return m
}

func (m *metrics) gauge(name, help string, labels ...string) *family {
	return m.family(dto.MetricType_GAUGE, name, help, labels)
}

func (m *metrics) counter(name, help string, labels ...string) *family {
	return m.family(dto.MetricType_COUNTER, name, help, labels)
}

func (m *metrics) histogram(name, help string) *family {
	return m.family(dto.MetricType_HISTOGRAM, name, help, nil)
}

func (m *metrics) family(kind dto.MetricType, name, help string, labels []string) *family {
	f := newFamily(kind, metricPrefix+name, help, labels)
	m.families = append(m.families, f)
	return f
}

// Gather implements prometheus.TransactionalGatherer: it reads what the parts have
// counted. What it returns is good until done is called, and only one scrape at a
// time has it.
func (m *metrics) Gather() (all []*dto.MetricFamily, done func(), err error) {
	m.mu.Lock()
	held := false
	defer func() {
		if !held { // a fault must not end all scrapes
			m.mu.Unlock()
		}
	}()
	for _, f := range m.families {
		f.begin()
	}
	m.edge.collect(m.app)
	m.calls.collect(m.app)
	m.sip.collect(m.app)
	m.bridges.collect(m.app, time.Now())
	for _, f := range m.families {
		all = append(all, f.page())
	}
	rest, err := m.process.Gather()
	held = true
	return append(all, rest...), m.mu.Unlock, err
}

// handler answers /metrics: two scrapes at a time at most. The page goes as it is:
// to deflate it costs as much as to write it, on the cores that calls need.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerForTransactional(m, promhttp.HandlerOpts{
		ErrorLog: zap.NewStdLog(m.app.log.Named("metrics")), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 2, Timeout: 10 * time.Second, DisableCompression: true,
	})
}

// edgeFamilies tell of the process itself.
type edgeFamilies struct {
	build, ready, fileGood, fileRead, droppedLines *family
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

func (f *edgeFamilies) collect(a *App) {
	f.build.add(1, a.version, runtime.Version())
	ready, _ := a.Ready()
	f.ready.flag(ready)
	f.fileGood.flag(a.fileGood.Load())
	f.fileRead.add(float64(a.fileRead.Load()) / float64(time.Second))
	dropped := uint64(0)
	if a.dropped != nil {
		dropped = a.dropped()
	}
	f.droppedLines.add(float64(dropped))
}
