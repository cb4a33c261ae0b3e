package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Group is a running simulated Call Bridge group. All methods are safe for
// concurrent use.
type Group struct {
	opts    Options
	id      string // its GUID in /callBridgeGroups
	bridges []*Bridge
	db      *database
	control *control // nil for none

	mu      sync.Mutex    // a leaf
	changed chan struct{} // closed and replaced whenever anything changed
	flags   map[string]string
}

// NewGroup starts the bridges: every listener is open when it returns. It
// fails, with nothing left running, if an address is taken or an option is
// wrong.
func NewGroup(o Options) (*Group, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Group{opts: o, id: uuid.NewString(), changed: make(chan struct{}), flags: defaultFlags()}
	if g.db, err = newDatabase(o); err != nil {
		return nil, err
	}
	for _, bo := range o.Bridges {
		b, err := newBridge(g, bo)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.bridges = append(g.bridges, b)
	}
	if o.Control != "" {
		if g.control, err = newControl(g, o.Control); err != nil {
			return nil, errors.Join(err, g.Close())
		}
	}
	return g, nil
}

// Name is the group's name.
func (g *Group) Name() string { return g.opts.Name }

// Bridges are the members in the order of the options.
func (g *Group) Bridges() []*Bridge { return slices.Clone(g.bridges) }

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
func (g *Group) ControlURL() string {
	if g.control == nil {
		return ""
	}
	return g.control.url
}

// Calls are the calls of all bridges, running and remembered.
func (g *Group) Calls() []Call {
	var all []Call
	for _, b := range g.bridges {
		all = append(all, b.Calls()...)
	}
	return all
}

// Find gives the bridge that has a call, newest first running.
func (g *Group) Find(call string) (*Bridge, error) {
	var found *Bridge
	for _, b := range g.bridges {
		if c, ok := b.Call(call); ok {
			if c.Active() {
				return b, nil
			}
			found = b
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoCall, call)
	}
	return found, nil
}

// ErrNoCall says that there is no such call.
var ErrNoCall = errors.New("sim: no such call")

// Spaces are the group's spaces as they are now.
func (g *Group) Spaces() []Space {
	all, _ := g.db.page(nil, 0, int(^uint(0)>>1))
	return all
}

// AddSpace creates a space on the shared database and returns it with its
// GUIDs. A URI that the tenant has already is an error.
func (g *Group) AddSpace(s Space) (Space, error) { return g.db.add(s) }

// UpdateSpace replaces the space that has s.ID.
func (g *Group) UpdateSpace(s Space) error { return g.db.update(s) }

// RemoveSpace deletes a space. Conferences running in it go on.
func (g *Group) RemoveSpace(id string) error {
	_, err := g.db.remove(id)
	return err
}

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

// notify wakes those who wait.
func (g *Group) notify() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.changed)
	g.changed = make(chan struct{})
}

// Close ends every call without a word to the peer, closes every socket and
// waits for every goroutine.
func (g *Group) Close() error {
	// The bridges go first: a request to the control endpoint may wait for
	// them. They go again after it, as it may have started one.
	errs := []error{g.stop()}
	if g.control != nil {
		errs = append(errs, g.control.server.close(), g.stop())
	}
	return errors.Join(errs...)
}

// stop stops all bridges.
func (g *Group) stop() error {
	var errs []error
	for _, b := range g.bridges {
		errs = append(errs, b.Stop(PartSIP|PartAPI))
	}
	return errors.Join(errs...)
}
