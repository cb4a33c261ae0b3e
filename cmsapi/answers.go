package cmsapi

import (
	"errors"
	"net/http"
	"time"
)

const (
	maxAnswers = 4096
	foundFor   = 5 * time.Minute // long before that, the directory knows it
	nothingFor = 30 * time.Second
)

// answers are what uriUsageQuery said lately, nothing included: a URI that is
// dialled in vain is asked about once, not at every call.
type answers map[usageKey]kept

// kept is an answer and how long it holds.
type kept struct {
	usage
	until time.Time
}

// get returns the answer about k, if it still holds.
func (a answers) get(k usageKey, now time.Time) (usage, bool) {
	got, ok := a[k]
	if !ok || now.After(got.until) {
		return usage{}, false
	}
	return got.usage, true
}

// put keeps an answer; where there is no room, old ones go first, then any.
func (a answers) put(k usageKey, u usage, now time.Time) {
	if len(a) >= maxAnswers {
		for key, old := range a {
			if now.After(old.until) {
				delete(a, key)
			}
		}
	}
	for key := range a {
		if len(a) < maxAnswers {
			break
		}
		delete(a, key)
	}
	lasts := foundFor
	if u.none() {
		lasts = nothingFor
	}
	a[k] = kept{u, now.Add(lasts)}
}

// refusesQuestion reports whether err is the bridge's word on the question, not a
// fault: 400 for a URI that it takes for none.
func refusesQuestion(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == Refused && e.Status == http.StatusBadRequest
}
