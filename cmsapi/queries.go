package cmsapi

import (
	"sync"
	"time"
)

const (
	queriesPerBridge = 4                       // that wait, for each bridge of the group
	maxWaiters       = 1024                    // calls that wait for one answer
	queryPatience    = 1500 * time.Millisecond // callers have gone on long before
	maxTries         = 2                       // bridges asked for one answer
)

// usageKey is what a question is about.
type usageKey struct{ tenant, user string }

// QueryStatus counts what became of calls to [Directory.Query] and of the
// questions that they led to.
type QueryStatus struct {
	// Asked counts questions put to a bridge; Found, Empty and Failed how they
	// ended: something uses the URI, nothing does, no usable answer.
	Asked, Found, Empty, Failed uint64
	// Coalesced counts calls that joined a question under way, Negative those
	// told at once that there is nothing, Refused those for which there was no
	// bridge or no room, and Expired questions that waited too long.
	Coalesced, Negative, Refused, Expired uint64
	// Waiting is the number of questions that wait or are under way now, Cached
	// that of answers kept.
	Waiting, Cached int
}

// query is a question that waits or is under way.
type query struct {
	key     usageKey
	waiters []func(u usage, good bool)
	tries   int
	waiting bool
	timer   *time.Timer
}

// queries are the questions of one group. Whoever of its pollers has a turn takes
// the oldest. The mutex is never held while anything waits.
type queries struct {
	found func(space string) // tells of a space that an answer names

	mu      sync.Mutex
	open    bool // the directory runs
	pollers []*Poller
	waiting []*query
	byKey   map[usageKey]*query
	answers answers
	status  QueryStatus
}

func newQueries(pollers []*Poller, found func(string)) *queries {
	return &queries{pollers: pollers, found: found, byKey: make(map[usageKey]*query), answers: make(answers)}
}

// answered returns what was answered lately about k.
func (q *queries) answered(k usageKey) (usage, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.answers) == 0 {
		return usage{}, false
	}
	return q.answers.get(k, time.Now())
}

// ask sees to it that w is told what uses k, or returns false.
func (q *queries) ask(k usageKey, w func(usage, bool)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if u, ok := q.answers.get(k, time.Now()); ok {
		if u.none() {
			q.status.Negative++
			return false
		}
		if q.open {
			go w(u, true) // learnt between the caller's two questions
		}
		return q.open
	}
	if old := q.byKey[k]; old != nil && len(old.waiters) < maxWaiters {
		old.waiters = append(old.waiters, w)
		q.status.Coalesced++
		return true
	} else if old != nil || !q.open || len(q.waiting) >= queriesPerBridge*len(q.pollers) || !q.anybody() {
		q.status.Refused++
		return false
	}
	n := &query{key: k, waiters: []func(usage, bool){w}, waiting: true}
	n.timer = time.AfterFunc(queryPatience, func() { q.expire(n) })
	q.byKey[k] = n
	q.waiting = append(q.waiting, n)
	q.nudge()
	return true
}

// anybody reports whether some bridge may be asked now.
func (q *queries) anybody() bool {
	now := time.Now()
	for _, p := range q.pollers {
		if p.answersQueries(now) {
			return true
		}
	}
	return false
}

// nudge has every poller look whether it may ask.
func (q *queries) nudge() {
	for _, p := range q.pollers {
		p.wake()
	}
}

// ready reports whether a question waits.
func (q *queries) ready() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) > 0
}

// take returns the question that waits longest, nil if another poller was first.
func (q *queries) take() *query {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil
	}
	n := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	n.waiting = false
	n.tries++
	q.status.Asked++
	return n
}

// settle ends n, or lets another bridge try. A refusal of the question itself is
// as good an answer as "nothing".
func (q *queries) settle(n *query, u usage, err error) {
	good := err == nil || refusesQuestion(err)
	q.mu.Lock()
	switch {
	case good && u.none():
		q.status.Empty++
	case good:
		q.status.Found++
	default:
		q.status.Failed++
		if n.tries < maxTries && q.open && q.anybody() && n.timer.Stop() {
			n.waiting = true
			n.timer.Reset(queryPatience)
			q.waiting = append([]*query{n}, q.waiting...)
			q.nudge()
			q.mu.Unlock()
			return
		}
	}
	if good {
		q.answers.put(n.key, u, time.Now())
	}
	waiters := q.end(n)
	q.mu.Unlock()
	if u.space != "" {
		q.found(u.space)
	}
	for _, w := range waiters {
		w(u, good)
	}
}

// end takes n out of the books and returns who waits for it.
func (q *queries) end(n *query) []func(usage, bool) {
	n.timer.Stop()
	if q.byKey[n.key] == n {
		delete(q.byKey, n.key)
	}
	waiters := n.waiters
	n.waiters = nil
	return waiters
}

// expire ends n if it still waits for its turn; one under way has a time limit of
// its own.
func (q *queries) expire(n *query) {
	q.mu.Lock()
	if !n.waiting {
		q.mu.Unlock()
		return
	}
	q.status.Expired++
	n.waiting = false
	for i, w := range q.waiting {
		if w == n {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			break
		}
	}
	waiters := q.end(n)
	q.mu.Unlock()
	for _, w := range waiters {
		w(usage{}, false)
	}
}

// start lets questions in.
func (q *queries) start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = true
}

// stop lets no more in and answers those that wait.
func (q *queries) stop() {
	q.mu.Lock()
	q.open = false
	var waiters []func(usage, bool)
	for _, n := range q.waiting {
		n.waiting = false
		waiters = append(waiters, q.end(n)...)
	}
	q.waiting = nil
	q.mu.Unlock()
	for _, w := range waiters {
		w(usage{}, false)
	}
}

// snapshot returns the counts.
func (q *queries) snapshot() QueryStatus {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.status
	s.Waiting, s.Cached = len(q.byKey), len(q.answers)
	return s
}
