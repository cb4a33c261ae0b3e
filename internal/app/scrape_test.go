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

// A fault in one scrape ends that one alone.
func TestScrapeAfterAFault(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	m := newMetrics(a)
	m.app = nil
	require.Panics(t, func() { _, _, _ = m.Gather() })
	m.app = a
	require.True(t, m.mu.TryLock(), "the faulty one still holds the page")
	m.mu.Unlock()
	require.NotEmpty(t, scrape(t, m))
}

// Whoever takes compressed pages gets a plain one.
func TestScrapeIsNotCompressed(t *testing.T) {
	a, err := New(parse(t, minimal), Options{})
	require.NoError(t, err)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	newMetrics(a).handler().ServeHTTP(w, r)
	require.Empty(t, w.Header().Get("Content-Encoding"))
	require.Contains(t, w.Body.String(), "\n"+metricPrefix)
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
