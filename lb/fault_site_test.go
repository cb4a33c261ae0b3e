package lb

import (
	"container/heap"
	"errors"
	"time"
)

// faultSite is a group of bridges, the polls and probes of an edge, and its
// calls, in virtual time: what the bridges are is known here, what the edge
// believes of them is up to the Balancer.
type faultSite struct {
	b       *Balancer
	start   time.Time
	now     time.Time
	events  faultEvents
	order   int
	bridges []*faultBridge
	calls   []*faultCall // All that got through.
	moved   int          // Calls that went on to another bridge, since the last row.
	lost    int          // Calls that found nobody, since the last row.
	split   []string
}

// faultBridge is what one bridge is and does.
type faultBridge struct {
	id       BridgeID
	api, sip string
	ill      time.Time // When its SIP side last was not well.
	polling  bool
	legs     map[string]int // By space.
	news     int            // New conferences sent there, since the last row.
	joins    int            // Other calls sent there, since the last row.
}

// faultCall is one call; home is where its conference ran when it came.
type faultCall struct {
	d     Decision
	space string
	home  *faultBridge
}

const (
	faultLimit   = 60000
	faultCost    = 1000
	faultHang    = 3 * time.Second // A poll gives up.
	faultHeldFor = 4 * time.Second
)

func newFaultSite(names ...string) *faultSite {
	group := GroupConfig{Name: "london"}
	for _, name := range names {
		group.Bridges = append(group.Bridges, BridgeConfig{Name: name})
	}
	topology, err := NewTopology([]GroupConfig{group}, nil)
	if err != nil {
		panic(err)
	}
	s := &faultSite{b: New(topology, DefaultPolicy(), testStart), start: testStart, now: testStart}
	for i := range names {
		b := &faultBridge{id: BridgeID(i), api: "ok", sip: "ok", legs: map[string]int{}}
		s.bridges = append(s.bridges, b)
		s.every(time.Second, 0, func() { s.poll(b) })
		s.every(10*time.Second, time.Duration(i)*10*time.Second/time.Duration(len(names)), func() { s.probe(b) })
	}
	return s
}

// poll is one poll of everything; none is sent while one is on its way.
func (s *faultSite) poll(b *faultBridge) {
	began := s.now
	report := func(r Reading) {
		r.Bridge, r.BeganAt, r.At = b.id, began, s.now
		s.b.Report(r)
	}
	switch {
	case b.polling:
	case b.api == "hang":
		b.polling = true
		s.after(faultHang, func() {
			b.polling = false
			report(Reading{Endpoint: ReadLoad, Err: errors.New("no answer")})
		})
	case b.api == "ok":
		var legs int
		var list []Conference
		for space, n := range b.legs {
			legs += n
			list = append(list, Conference{Space: space, Type: TypeSpace, DetailsAt: began, Local: n})
		}
		s.after(50*time.Millisecond, func() {
			report(Reading{Endpoint: ReadLimits, Limits: Limits{LoadLimit: faultLimit, NewBasisPoints: -1, ExistingBasisPoints: -1}})
			report(Reading{Endpoint: ReadLoad, Load: legs * faultCost})
			report(Reading{Endpoint: ReadStatus, Participants: legs})
			report(Reading{Endpoint: ReadCalls, Conferences: list})
		})
	default: // Connection refused, or 503.
		s.after(50*time.Millisecond, func() { report(Reading{Endpoint: ReadLoad, Err: errors.New(b.api)}) })
	}
}

// probe is one OPTIONS.
func (s *faultSite) probe(b *faultBridge) {
	if b.sip == "silent" {
		s.after(s.b.Policy().AttemptTimeout, func() { s.b.Reach(b.id, false, s.now) })
		return
	}
	s.after(20*time.Millisecond, func() { s.b.Reach(b.id, true, s.now) })
}

// call places a call to a space.
func (s *faultSite) call(space string) {
	c := &faultCall{space: space, home: s.home(space)}
	s.b.Place(&Call{Conference: Key{Space: space}, Cost: faultCost, Groups: []GroupID{0}, Landing: NoBridge}, s.now, &c.d)
	if c.d.Outcome != Chosen {
		s.lost++
		return
	}
	to := s.bridges[c.d.Chosen]
	if c.home == nil {
		to.news++
	} else {
		to.joins++
		if c.home != to && s.now.Sub(c.home.ill) > 10*time.Second {
			s.split = append(s.split, space)
		}
	}
	s.attempt(c)
}

// home returns the bridge on which most of a conference is.
func (s *faultSite) home(space string) (home *faultBridge) {
	for _, b := range s.bridges {
		if b.legs[space] > 0 && (home == nil || b.legs[space] > home.legs[space]) {
			home = b
		}
	}
	return home
}

// attempt sends the call to the chosen bridge and sees what comes.
func (s *faultSite) attempt(c *faultCall) {
	b := s.bridges[c.d.Chosen]
	switch b.sip {
	case "silent":
		s.after(s.b.Policy().AttemptTimeout, func() {
			c.d.NoteAnswer(408)
			if s.b.Evidence(b.id, Evidence{Kind: Timeout}, s.now) {
				s.probe(b)
			}
			s.next(c)
		})
	case "503":
		s.after(20*time.Millisecond, func() {
			c.d.NoteAnswer(503)
			s.b.Reach(b.id, true, s.now)
			s.b.Evidence(b.id, Evidence{Kind: Unavailable503, RetryAfter: faultHeldFor}, s.now)
			s.next(c)
		})
	default:
		s.after(20*time.Millisecond, func() {
			s.b.Reach(b.id, true, s.now)
			s.b.Answered(c.d.Placement, s.now)
			b.legs[c.space]++
			s.calls = append(s.calls, c)
		})
	}
}

func (s *faultSite) next(c *faultCall) {
	if _, ok := s.b.Next(&c.d, s.now); !ok {
		s.lost++
		return
	}
	s.moved++
	s.attempt(c)
}

// hangUp ends a conference everywhere.
func (s *faultSite) hangUp(space string) {
	for _, b := range s.bridges {
		delete(b.legs, space)
	}
	for _, c := range s.calls {
		if c.space == space {
			s.b.Ended(c.d.Placement, s.now)
		}
	}
}

// The clock: events in order of time, then of being asked for.

type faultEvent struct {
	at    time.Time
	order int
	do    func()
}

type faultEvents []faultEvent

func (e faultEvents) Len() int { return len(e) }
func (e faultEvents) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].order < e[j].order
}
func (e faultEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *faultEvents) Push(x any)   { *e = append(*e, x.(faultEvent)) }
func (e *faultEvents) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (s *faultSite) after(d time.Duration, do func()) {
	s.order++
	heap.Push(&s.events, faultEvent{s.now.Add(d), s.order, do})
}

func (s *faultSite) every(d, first time.Duration, do func()) {
	s.after(first, func() {
		do()
		s.every(d, d, do)
	})
}

// run lets time pass.
func (s *faultSite) run(d time.Duration) {
	end := s.now.Add(d)
	for len(s.events) > 0 && !s.events[0].at.After(end) {
		e := heap.Pop(&s.events).(faultEvent)
		s.now = e.at
		for _, b := range s.bridges {
			if b.sip != "ok" {
				b.ill = s.now
			}
		}
		e.do()
	}
	s.now = end
}
