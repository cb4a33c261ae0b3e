package sim

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxForm bounds the body of a POST or PUT.
const maxForm = 1 << 20

// startAPI opens the REST API.
func (b *Bridge) startAPI(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("API address: %w", err)
	}
	bound := listener.Addr().String()
	if b.cert != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{b.cert.tls}, MinVersion: tls.VersionTLS12})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.apiAddr, b.api = bound, serveOn(listener, http.HandlerFunc(b.serveAPI))
	return nil
}

// stopAPI closes the REST API, open requests included.
func (b *Bridge) stopAPI() error {
	b.mu.Lock()
	a := b.api
	b.api = nil
	b.mu.Unlock()
	if a == nil {
		return nil
	}
	return a.close()
}

// answer is what the API says to one request.
type answer struct {
	status   int
	body     *node
	location string // of a new object, without "/api/v1/"
}

// ok, missing and invalid are the usual answers.
func ok(n *node) answer            { return answer{status: 200, body: n} }
func missing(reason string) answer { return answer{status: 404, body: failure(reason)} }
func invalid(parameter, reason string) answer {
	return answer{status: 400, body: parameterError(parameter, reason)}
}

// apiCall is one request to the API.
type apiCall struct {
	*Bridge
	method string
	path   []string   // below /api/v1/
	query  url.Values // names in lower case
	form   url.Values
}

// serveAPI is the HTTP handler.
func (b *Bridge) serveAPI(w http.ResponseWriter, r *http.Request) {
	path, found := cutPrefixFold(r.URL.Path, "/api/v1/")
	path = strings.Trim(path, "/")
	rec := b.begin(r, path)
	status := 0
	defer func() { b.end(rec, status) }()
	b.mu.Lock()
	mode, quirks := b.apiModeOf(path), b.quirks
	b.mu.Unlock()
	if done, code := fault(w, r, mode); done {
		status = code
		return
	}
	user, password, _ := r.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(user), []byte(b.opts.Username))&subtle.ConstantTimeCompare([]byte(password), []byte(b.opts.Password)) == 0 {
		status = unauthorized(w)
		return
	}
	a := answer{status: http.StatusNotFound}
	if found {
		c, err := b.newCall(r, path)
		if err != nil {
			a = invalid("body", "invalid")
		} else {
			a = c.answer()
		}
	}
	status = a.status
	var body []byte
	if a.body != nil {
		body = document(a.body, quirks)
	}
	if a.location != "" {
		w.Header().Set("Location", "/api/v1/"+a.location)
	}
	if body != nil {
		w.Header().Set("Content-Type", "text/xml")
	}
	spoil(w, mode, status, body)
}

// unauthorized answers 401 as CMS does, with no body.
func unauthorized(w http.ResponseWriter) int {
	w.Header().Set("WWW-Authenticate", `Basic realm="acano"`)
	w.WriteHeader(http.StatusUnauthorized)
	return http.StatusUnauthorized
}

// cutPrefixFold is strings.CutPrefix in any letter case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// newCall reads what a request asks.
func (b *Bridge) newCall(r *http.Request, path string) (*apiCall, error) {
	c := &apiCall{Bridge: b, method: r.Method, path: strings.Split(path, "/"), query: make(url.Values)}
	for k, v := range r.URL.Query() {
		c.query[strings.ToLower(k)] = v
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		text, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
		if err != nil {
			return nil, err
		}
		if c.form, err = url.ParseQuery(string(text)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// is tells if the path has these parts, "*" being any one.
func (c *apiCall) is(parts ...string) bool {
	if len(parts) != len(c.path) {
		return false
	}
	for i, p := range parts {
		if p != "*" && !strings.EqualFold(p, c.path[i]) {
			return false
		}
	}
	return true
}

// page answers a collection: those objects from offset on that limit, and the
// server's own cap, allow. get gives the objects of a range and their total.
func (c *apiCall) page(name string, get func(offset, n int) ([]*node, int)) answer {
	offset, err := c.number("offset", 0)
	if err != nil {
		return invalid("offset", "invalid")
	}
	limit, err := c.number("limit", c.opts.PageCap)
	if err != nil {
		return invalid("limit", "invalid")
	}
	nodes, total := get(offset, min(limit, c.opts.PageCap))
	c.mu.Lock()
	total += c.quirks.TotalOff
	c.mu.Unlock()
	return ok(el(name, nodes...).attr("total", total))
}

// pageOf is page over objects that are all at hand.
func (c *apiCall) pageOf(name string, all []*node) answer {
	return c.page(name, func(offset, n int) ([]*node, int) {
		from := min(offset, len(all))
		return all[from:min(from+n, len(all))], len(all)
	})
}

// number reads a query parameter that is not negative.
func (c *apiCall) number(name string, absent int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n < 0 {
		err = errors.New("negative")
	}
	return n, err
}
