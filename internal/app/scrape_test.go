package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

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
