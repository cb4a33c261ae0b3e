package app

import (
	"fmt"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
)

// shown is what a scrape shows of a family to which collect adds.
func shown(f *family, collect func()) (lines []string) {
	f.begin()
	collect()
	for _, m := range f.page().Metric {
		line := ""
		for _, l := range m.Label {
			line += l.GetName() + "=" + l.GetValue() + " "
		}
		lines = append(lines, line+fmt.Sprint(m.GetCounter().GetValue()+m.GetGauge().GetValue()))
	}
	return lines
}

// A page has what was added for it and nothing of an earlier one, whatever came
// and went in between.
func TestFamilyAnew(t *testing.T) {
	for _, kind := range []dto.MetricType{dto.MetricType_COUNTER, dto.MetricType_GAUGE} {
		f := newFamily(kind, "x", "X.", []string{"to", "by"})
		first := func() { f.add(1, "a", "b"); f.flag(true, "c", "d"); f.add(3, "e", "f") }
		want := []string{"by=b to=a 1", "by=d to=c 1", "by=f to=e 3"}
		require.Equal(t, want, shown(f, first))
		require.Equal(t, []string{"by=d to=c 0"}, shown(f, func() { f.flag(false, "c", "d") }))
		require.Equal(t, want, shown(f, first))
		kept := f.page().Metric[2]
		shown(f, first)
		require.Same(t, kept, f.page().Metric[2], "a series is made once")
		f.begin()
		f.add(7, "half", "of a page") // and then a fault
		require.Equal(t, want, shown(f, first))
		require.Empty(t, shown(f, func() {}))
	}
}

func TestFamilyHistogram(t *testing.T) {
	f := newFamily(dto.MetricType_HISTOGRAM, "x", "X.", nil)
	for _, n := range []uint64{3, 5} {
		f.begin()
		f.histogram(n, 1.5, []float64{1, 2}, []uint64{1, n})
		require.Len(t, f.page().Metric, 1)
		h := f.page().Metric[0].Histogram
		require.Equal(t, n, h.GetSampleCount())
		require.Equal(t, n, h.Bucket[1].GetCumulativeCount())
		require.Equal(t, 2.0, h.Bucket[1].GetUpperBound())
	}
}

// Values are written into the series that are there.
func TestFamilyAllocatesNothing(t *testing.T) {
	f := newFamily(dto.MetricType_GAUGE, "x", "X.", []string{"by"})
	add := func() { f.begin(); f.add(1, "a"); f.add(2, "b"); f.page() }
	add()
	require.Zero(t, testing.AllocsPerRun(100, add))
}
