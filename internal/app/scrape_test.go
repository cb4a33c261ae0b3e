package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Scrapes that come together do not write into each other's page.
func TestScrapesTogether(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	h := newMetrics(a).handler()
	page := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w
	}
	lines := strings.Count(page().Body.String(), "\n"+metricPrefix)
	require.NotZero(t, lines)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				if w := page(); w.Code == http.StatusOK {
					assert.Equal(t, lines, strings.Count(w.Body.String(), "\n"+metricPrefix))
				} else {
					assert.Equal(t, http.StatusServiceUnavailable, w.Code, "more than two at a time")
				}
			}
		})
	}
	all.Wait()
}

// What a scrape costs: one every few seconds, on the cores that calls need.
func BenchmarkScrape(b *testing.B) {
	a, err := New(parse(b, minimal), Options{})
	require.NoError(b, err)
	h := newMetrics(a).handler()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
