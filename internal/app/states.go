package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// statesFile keeps which bridges an operator drains or maintains: a restart must
// not send calls to a machine that somebody is working on.
const statesFile = "states.json"

// keptState is the state of one bridge that is not simply ready.
type keptState struct {
	State string    `json:"state"`
	Since time.Time `json:"since"`
}

// states is the content of statesFile. Safe for concurrent use.
type states struct {
	path string
	mu   sync.Mutex
	m    map[string]keptState // by bridge name; of unknown bridges too, which may come back
}

// loadStates reads the file. One that is missing is an empty one; one that is
// damaged is reported, and so is what does not fit the configuration.
func loadStates(dir string, t *lb.Topology, log *zap.Logger) *states {
	s := &states{path: filepath.Join(dir, statesFile)}
	b, err := os.ReadFile(s.path)
	if err == nil {
		err = json.Unmarshal(b, &s.m)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("the kept states of bridges cannot be read: all bridges are ready; set their states again", zap.String("file", s.path), zap.Error(err))
		s.m = nil
	}
	if s.m == nil {
		s.m = make(map[string]keptState)
	}
	for _, name := range slices.Sorted(maps.Keys(s.m)) {
		if _, err := lb.ParseAdminState(s.m[name].State); err != nil {
			log.Error("the kept state of a bridge is none: the bridge is ready; set its state again", zap.String("bridge", name), zap.Error(err))
			delete(s.m, name)
			continue
		}
		if _, ok := t.Bridge(name); !ok {
			log.Warn("a state is kept of a bridge that the configuration does not name; it is ignored", zap.String("bridge", name), zap.String("state", s.m[name].State))
		}
	}
	return s
}

// apply puts the bridges into their kept states.
func (s *states) apply(b *lb.Balancer, t *lb.Topology) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, k := range s.m {
		id, known := t.Bridge(name)
		if state, err := lb.ParseAdminState(k.State); known && err == nil {
			b.SetState(id, state)
		}
	}
}

// since returns when the bridge was put into its state, false where it is ready
// since the start.
func (s *states) since(name string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.m[name]
	return k.Since, ok
}

// set calls apply and keeps the state, both under the lock, so that what is in
// force and what is kept agree. An operator in need is obeyed also when the disk
// is full: the error only says that the state was not kept.
func (s *states) set(name string, state lb.AdminState, now time.Time, apply func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply()
	switch k, ok := s.m[name]; {
	case state == lb.Ready && !ok, ok && k.State == state.String():
		return nil
	case state == lb.Ready:
		delete(s.m, name)
	default:
		s.m[name] = keptState{state.String(), now.UTC().Truncate(time.Second)}
	}
	return s.save()
}

func (s *states) save() error {
	b, err := json.MarshalIndent(s.m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	return writeFile(s.path, append(b, '\n'))
}

// SetState puts a bridge into a state and keeps it in stateDir, for the admin
// API. It writes one small file and never waits for the network.
func (a *App) SetState(name string, state lb.AdminState) (b admin.Bridge, warning string, err error) {
	id, ok := a.balancer.Table().Topology().Bridge(name)
	if !ok {
		return b, "", admin.ErrUnknownBridge
	}
	old := a.bridge(id).State
	if err := a.states.set(name, state, time.Now(), func() { a.balancer.SetState(id, state) }); err != nil {
		warning = fmt.Sprintf("the state is in force but does not outlive a restart: %v; let this user write stateDir", err)
		a.log.Error("the state of a bridge cannot be kept in stateDir", zap.String("bridge", name), zap.Error(err))
	}
	a.log.Info("an operator set the state of a bridge", zap.String("bridge", name), zap.String("was", old), zap.Stringer("state", state))
	return a.bridge(id), warning, nil
}
