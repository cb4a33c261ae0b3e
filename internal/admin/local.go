package admin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// localOnly answers requests for a loopback address or localhost alone. Without
// it, a web page that an operator visits could make its own name point to this
// address and read the API through the browser.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			http.Error(w, "this API answers to a loopback address or localhost alone", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// isLocal reports whether a Host header names this machine. An empty one is
// HTTP/1.0 without a name, as simple probes send it.
func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "" || strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
