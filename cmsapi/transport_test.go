package cmsapi

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConnectionClosedUnderUs sends a request again, once, when the bridge closed
// the connection under it, and reports it when that happens again.
func TestConnectionClosedUnderUs(t *testing.T) {
	var asked atomic.Int32
	faults := int32(1)
	addr := talk(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		if asked.Add(1) > faults {
			const body = "<load><mediaProcessingLoad>5</mediaProcessingLoad></load>"
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
		}
	})
	c := clientFor(t, "http://"+addr)
	load, err := c.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, load)
	require.EqualValues(t, 2, asked.Load())

	asked.Store(0)
	faults = 9
	e := fails(t, c)
	require.Equal(t, Unreachable, e.Kind)
	require.Contains(t, e.Error(), "closed without an answer")
	require.EqualValues(t, 2, asked.Load(), "once more, not for ever")

	asked.Store(0)
	ctx := withLedger(t.Context(), func() bool { return false }, func() {})
	_, err = c.Load(ctx)
	require.Equal(t, Unreachable, KindOf(err))
	require.EqualValues(t, 1, asked.Load(), "not without budget")
}

// TestStaleConnections counts what net/http sends again by itself, when it finds
// an idle connection dead.
func TestStaleConnections(t *testing.T) {
	var asked atomic.Int32
	kill := make(chan struct{}, 1)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		select {
		case <-kill:
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				c.Close()
			}
		default:
			fmt.Fprint(w, "<load><mediaProcessingLoad>5</mediaProcessingLoad></load>")
		}
	})
	c := clientFor(t, s.URL)
	charged := 0
	ctx := withLedger(t.Context(), func() bool { t.Error("asked to pay"); return false }, func() { charged++ })
	_, err := c.Load(ctx)
	require.NoError(t, err)
	require.Zero(t, charged)
	kill <- struct{}{}
	_, err = c.Load(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, asked.Load())
	require.Equal(t, 1, charged)
}

func TestRedirects(t *testing.T) {
	stranger := serve(t, func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("asked, with %q", r.Header.Get("Authorization"))
	})
	var target string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/moved" {
			_, pass, _ := r.BasicAuth()
			require.Equal(t, password, pass)
			fmt.Fprint(w, "<load><mediaProcessingLoad>5</mediaProcessingLoad></load>")
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})
	c := clientFor(t, s.URL)
	target = "/api/v1/moved"
	_, err := c.Load(t.Context())
	require.NoError(t, err)

	_, err = c.Load(withLedger(t.Context(), func() bool { return false }, func() {}))
	require.Equal(t, Refused, KindOf(err), "not without budget")

	for _, target = range []string{stranger.URL, strings.Replace(s.URL, "http:", "https:", 1), "/api/v1/system/load", "//api:x@" + strings.TrimPrefix(s.URL, "http://")} {
		e := fails(t, c)
		require.Equal(t, Refused, e.Kind)
		require.Contains(t, e.Error(), "redirect to ")
	}
}
