package cmsapi

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

// TestOverTheNetwork polls a bridge over TLS and real connections, some of which
// it closes after the answer, as CMS may.
func TestOverTheNetwork(t *testing.T) {
	bridge := newFakeBridge()
	bridge.calls = []fakeCall{{"c1", "space1", inSpace(2)}}
	bridge.spaces = rooms(25)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, pass, _ := r.BasicAuth(); user != "api" || pass != password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		bridge.mu.Lock()
		defer bridge.mu.Unlock()
		a := bridge.respond(strings.TrimPrefix(r.URL.Path, apiPrefix), r)
		if strings.HasPrefix(r.URL.Path, apiPrefix+"/calls") {
			w.Header().Set("Connection", "close")
		}
		w.WriteHeader(a.StatusCode)
		_, _ = io.Copy(w, a.Body)
	}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	readings := &recorder{}
	p, err := NewPoller(PollerOptions{
		Client:   clientFor(t, s.URL, func(o *ClientOptions) { o.Roots = roots }),
		Reporter: readings,
		Budget:   100,
	})
	require.NoError(t, err)
	d, err := NewDirectory(DirectoryOptions{Group: "london", Pollers: []*Poller{p}})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	running.Go(func() { _ = d.Run(ctx) })
	require.Eventually(t, func() bool {
		calls := readings.of(lb.ReadCalls)
		return len(readings.of(lb.ReadLoad)) > 0 && len(readings.of(lb.ReadLimits)) > 0 && len(readings.of(lb.ReadStatus)) > 0 &&
			len(calls) > 0 && !calls[len(calls)-1].Conferences[0].DetailsAt.IsZero() && !d.Status().LastFull.IsZero()
	}, 10*time.Second, 10*time.Millisecond)
	cancel()
	running.Wait()
	target, sure := d.Classify("any.example", "room24")
	require.True(t, sure)
	require.Equal(t, "id24", target.Space)
	for _, e := range p.Status().Endpoints {
		require.False(t, e.Failing(), e.Error)
		if e.Endpoint < AskQuery || e.Endpoint == AskDialPlan {
			require.NotZero(t, e.Good, e.Endpoint)
		}
	}
}
