package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// keepAPIRequests bounds Bridge.APIRequests.
const keepAPIRequests = 65536

// APIRequest is one request that the REST API got.
type APIRequest struct {
	// Begin and End are when the request was read and when its answer was
	// written; End is zero while it is open.
	Begin, End time.Time
	// Method and Path are the request's, the path without "/api/v1/"; Query is
	// the raw query.
	Method, Path, Query string
	// Status is the answer's, 0 if there was none.
	Status int
}

// APIRequests are the last 65,536 requests, oldest first.
func (b *Bridge) APIRequests() []APIRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	recent := b.requests[max(0, len(b.requests)-keepAPIRequests):]
	all := make([]APIRequest, len(recent))
	for i, r := range recent {
		all[i] = *r
	}
	return all
}

// begin records that a request came.
func (b *Bridge) begin(r *http.Request, path string) *APIRequest {
	rec := &APIRequest{Begin: time.Now(), Method: r.Method, Path: path, Query: r.URL.RawQuery}
	b.change(func() {
		b.counts.APIRequests++
		b.requests = append(b.requests, rec)
		if len(b.requests) > 2*keepAPIRequests {
			b.requests = slices.Clone(b.requests[len(b.requests)-keepAPIRequests:])
		}
	})
	return rec
}

// end records that its answer is written, or that there is none.
func (b *Bridge) end(rec *APIRequest, status int) {
	b.change(func() { rec.End, rec.Status = time.Now(), status })
}

// PeakWithin is the most requests that began within any window of that length,
// those of the path or below it only, "" for all. What was sent evenly may arrive
// together, so a short window tells more of the machine than of the sender.
func PeakWithin(window time.Duration, requests []APIRequest, path string) int {
	var begins []time.Time
	for _, r := range requests {
		if below(r.Path, path) {
			begins = append(begins, r.Begin)
		}
	}
	slices.SortFunc(begins, time.Time.Compare)
	peak, first := 0, 0
	for i, at := range begins {
		for at.Sub(begins[first]) >= window {
			first++
		}
		peak = max(peak, i-first+1)
	}
	return peak
}

// PeakInFlight is the most requests that were open at once, those of the path
// or below it only, "" for all.
func PeakInFlight(requests []APIRequest, path string) int {
	type edge struct {
		at    time.Time
		delta int
	}
	var edges []edge
	for _, r := range requests {
		if !below(r.Path, path) {
			continue
		}
		edges = append(edges, edge{r.Begin, 1})
		if !r.End.IsZero() {
			edges = append(edges, edge{r.End, -1})
		}
	}
	// At the same instant an end counts before a begin.
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.delta - b.delta
	})
	peak, open := 0, 0
	for _, e := range edges {
		open += e.delta
		peak = max(peak, open)
	}
	return peak
}

// below tells if path is root or under it, in any letter case.
func below(path, root string) bool {
	root = strings.Trim(root, "/")
	rest, found := cutPrefixFold(path, root)
	return root == "" || found && (rest == "" || rest[0] == '/')
}
