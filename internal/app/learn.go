package app

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"bridgehead/sip"
	"bridgehead/sip/wire"
)

// learnWait bounds how long an explanation waits for a bridge's word about a URI.
// A call waits for policy.uriQueryWait only.
const learnWait = time.Second

// learn asks the bridges about the URI of a question where the directory does not
// know it, as a call would, so that the explanation is about the same thing. The
// answer is kept where the next look finds it; without one the URI stays unknown.
func (a *App) learn(ctx context.Context, q sip.Question) {
	if a.cfg.Policy.URIQueryWait <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, learnWait)
	defer cancel()
	domains, user := a.dialled(q)
	for _, domain := range domains {
		if _, sure := a.cms.Classify(domain, user); sure {
			continue
		}
		answered := make(chan struct{})
		if !a.cms.Query(domain, user, func(sip.Target) { close(answered) }) {
			continue
		}
		select {
		case <-answered:
		case <-ctx.Done():
			return
		}
	}
}

// dialled returns the user part of a question, and the domains in which it may be
// looked up: its own, or where that is none of the routes', their first ones,
// which stand for it when it is ours or a bridge's (R9, R14).
func (a *App) dialled(q sip.Question) (domains []string, user string) {
	to := q.To
	if !strings.HasPrefix(strings.ToLower(to), "sip:") {
		to = "sip:" + to
	}
	uri, err := wire.ParseURI([]byte(to))
	if err != nil || !uri.IsSIP() || len(uri.User) == 0 {
		return nil, ""
	}
	name, _, _ := bytes.Cut(uri.User, []byte(";"))
	user = string(bytes.ToLower(wire.AppendUserDecoded(nil, name)))
	own := strings.ToLower(string(uri.Host))
	if _, ours := a.cms.domains[own]; ours && q.Landing == "" {
		return []string{own}, user
	}
	for _, r := range a.cfg.Routes {
		if !slices.Contains(domains, r.Domains[0]) {
			domains = append(domains, r.Domains[0])
		}
	}
	return domains, user
}
