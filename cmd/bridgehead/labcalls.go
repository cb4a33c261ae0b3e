package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// story is the state of the lab's own calls.
type story struct {
	*lab
	ctx     context.Context
	callers int    // who have called so far
	teams   int    // spaces beside labRoom that were dialled so far
	talking []*leg // calls that are up, oldest first
}

// perform places the lab's own calls. It reports false when ctx ended first.
func (l *lab) perform(ctx context.Context) bool {
	s := &story{lab: l, ctx: ctx}
	s.await(readPatience, "the bridges have been read", l.edge.Informed)
	for _, chapter := range []func(){s.idle, s.joining, s.burst, s.full, s.leave} {
		if ctx.Err() != nil {
			return false
		}
		chapter()
	}
	return ctx.Err() == nil
}

func (s *story) idle() {
	s.journal.say("\n== idle: one caller dials %s, where nobody is", labRoom)
	s.call(labRoom)
	s.settle()
}

func (s *story) joining() {
	s.journal.say("\n== joining: two more dial %s and meet the first one there", labRoom)
	s.call(labRoom)
	s.call(labRoom)
	s.settle()
}

// burst fills all but one place of the group at once. No bridge shows any of
// these calls in its own figure before the last of them is placed.
func (s *story) burst() {
	n := labBridges*roomOf() - len(s.talking) - 1
	s.journal.say("\n== burst: %d callers dial %d other spaces at once", n, n)
	begin, polls := time.Now(), s.loadPolls()
	users := make([]string, n)
	for i := range users {
		users[i] = s.team()
	}
	s.together(users)
	took, asked := time.Since(begin).Round(time.Millisecond), s.loadPolls()-polls
	s.journal.say("all answered within %v, with %d readings of a load meanwhile: reservations kept the count", took, asked)
	s.settle()
}

// full calls new spaces until one is refused, and joins then: no bridge has
// room for anybody, not even for the conferences that it runs.
func (s *story) full() {
	s.journal.say("\n== full: more callers, one after the other, until there is no room")
	for range labTeams - s.teams {
		if l := s.call(s.team()); l == nil || !l.answered() {
			break
		}
	}
	s.call(labRoom)
	s.settle()
}

// leave hangs up all but the first two calls, to make room for the user's.
func (s *story) leave() {
	const stay = 2
	if len(s.talking) <= stay {
		return
	}
	leaving := s.talking[stay:]
	s.journal.say("\n== room again: %d callers hang up, %d stay in %s", len(leaving), stay, labRoom)
	var all sync.WaitGroup
	for _, l := range leaving {
		all.Go(func() {
			if err := s.caller.hangUp(s.ctx, l); err != nil && s.ctx.Err() == nil {
				s.journal.say("%v", err)
			}
		})
	}
	all.Wait()
	s.talking = s.talking[:stay]
	s.settle()
}

// roomOf is how many calls one bridge has room for.
func roomOf() int {
	const existing = labLimit * 8000 / 10000 // CMS's default for existing conferences
	return existing / labUnits
}

// team is the next space that nobody has dialled.
func (s *story) team() string {
	s.teams++
	return labTeam((s.teams - 1) % labTeams)
}

// call places one call and waits for what becomes of it; nil if nothing does.
func (s *story) call(user string) *leg {
	return s.together([]string{user})[0]
}

// together places calls at once, one to each user, and tells how each ended.
func (s *story) together(users []string) []*leg {
	legs := make([]*leg, len(users))
	errs := make([]error, len(users))
	var all sync.WaitGroup
	for i, user := range users {
		s.callers++
		name := fmt.Sprintf("caller%d", s.callers)
		all.Go(func() { legs[i], errs[i] = s.caller.call(s.ctx, name, user) })
	}
	all.Wait()
	var told []string
	for i, l := range legs {
		switch {
		case s.ctx.Err() != nil:
			return make([]*leg, len(users))
		case errs[i] != nil:
			s.journal.say("%v", errs[i])
		case l.answered():
			s.talking = append(s.talking, l)
			told = append(told, fmt.Sprintf("%s talks on %s", l.name, s.bridgeOf(l)))
		default:
			told = append(told, fmt.Sprintf("%s got %d %s", l.name, l.status, l.reason))
		}
	}
	if len(told) > 0 {
		s.journal.say("%s", strings.Join(told, ", "))
	}
	return legs
}

// bridgeOf asks the bridges who has a call.
func (s *story) bridgeOf(l *leg) string {
	b, err := s.group.Find(l.callID)
	if err != nil {
		return "no bridge"
	}
	return b.Name()
}

// loadPolls counts how often the bridges were asked for their load.
func (s *story) loadPolls() (n int) {
	for _, b := range s.group.Bridges() {
		for _, r := range b.APIRequests() {
			if r.Path == "system/load" {
				n++
			}
		}
	}
	return n
}

// settle waits until the bridges' own figures show what was placed, and prints
// them.
func (s *story) settle() {
	s.await(settlePatience, "the bridges' figures show all calls", func() bool {
		for _, v := range s.edge.Bridges() {
			if v.Reserved != 0 || v.Load != s.unitsOn(v.Name) {
				return false
			}
		}
		return true
	})
	if s.ctx.Err() == nil {
		s.journal.say("the bridges' own figures now: %s", ownFigures(s.group))
	}
}

// unitsOn is what the calls that are up on a bridge cost together.
func (s *story) unitsOn(bridge string) (units int64) {
	for _, c := range s.group.Bridge(bridge).Calls() {
		if c.Active() {
			units += int64(c.Units)
		}
	}
	return units
}

// Bounds and pace of the waits of the story: they end much sooner by what they
// wait for.
const (
	readPatience   = 3 * time.Second
	settlePatience = 10 * time.Second
	look           = 10 * time.Millisecond
)

// await waits for something that comes by itself, and says so when it does not:
// the story goes on then, as the edge would.
func (s *story) await(patience time.Duration, what string, cond func() bool) {
	late := time.After(patience)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !cond() {
		select {
		case <-s.ctx.Done():
			return
		case <-late:
			s.journal.say("(waited %v, and it is not yet so that %s)", patience, what)
			return
		case <-tick.C:
		}
	}
}
