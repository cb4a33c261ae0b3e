package app

import (
	"cmp"
	"slices"

	dto "github.com/prometheus/client_model/go"
)

// family is one metric with its labels: what Prometheus calls a metric family. It
// keeps its series from one scrape to the next and only writes the new values into
// them: to make a thousand series costs more than to read the values, and at a scrape
// each second was most of the garbage of an edge. Whoever collects adds them in the
// same order each time; if he does not, they are made anew.
type family struct {
	labels []string
	shown  dto.MetricFamily
	series []series // of this scrape and, from used on, of an earlier one
	used   int
}

// series is one value of a family.
type series struct {
	labels []string // values, in the order of the family's labels
	metric *dto.Metric
}

func newFamily(kind dto.MetricType, name, help string, labels []string) *family {
	return &family{labels: labels, shown: dto.MetricFamily{Name: &name, Help: &help, Type: &kind}}
}

// add gives the next value; labels in the order of the family.
func (f *family) add(value float64, labels ...string) {
	m := f.next(labels)
	if m.Counter != nil {
		*m.Counter.Value = value
	} else {
		*m.Gauge.Value = value
	}
}

// flag gives 1 or 0.
func (f *family) flag(on bool, labels ...string) {
	value := 0.0
	if on {
		value = 1
	}
	f.add(value, labels...)
}

// histogram gives a distribution: how many values, their sum, and how many of them
// are at most as large as each bound.
func (f *family) histogram(count uint64, sum float64, bounds []float64, upTo []uint64) {
	h := &dto.Histogram{SampleCount: &count, SampleSum: &sum}
	for i := range bounds {
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &bounds[i], CumulativeCount: &upTo[i]})
	}
	f.next(nil).Histogram = h
}

// next is the series of the next value.
func (f *family) next(labels []string) *dto.Metric {
	if f.used == len(f.series) {
		f.series = append(f.series, series{})
	}
	s := &f.series[f.used]
	f.used++
	if s.metric == nil || !slices.Equal(s.labels, labels) {
		*s = f.newSeries(slices.Clone(labels))
	}
	return s.metric
}

func (f *family) newSeries(labels []string) series {
	m := &dto.Metric{}
	for i := range labels {
		m.Label = append(m.Label, &dto.LabelPair{Name: &f.labels[i], Value: &labels[i]})
	}
	slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
	switch f.shown.GetType() {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: new(float64)}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: new(float64)}
	}
	return series{labels, m}
}

// begin makes room for the values of a scrape.
func (f *family) begin() { f.used = 0 }

// page is what was added since then.
func (f *family) page() *dto.MetricFamily {
	f.shown.Metric = f.shown.Metric[:0]
	for _, s := range f.series[:f.used] {
		f.shown.Metric = append(f.shown.Metric, s.metric)
	}
	return &f.shown
}
