package app

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"
)

// weightsFile keeps the last loadLimit that was read of each bridge, so that
// the rendezvous order (R3) is the same after a restart while a bridge is
// away.
const weightsFile = "loadlimits.json"

// saveEvery is how often changed loadLimits are written; they change when an
// operator changes them.
const saveEvery = 30 * time.Second

// weights is the content of weightsFile. Safe for concurrent use.
type weights struct {
	path string
	log  *zap.Logger
	mu   sync.Mutex
	m    map[string]int // by bridge name
}

// loadWeights reads the file; one that is missing or damaged is an empty one.
func loadWeights(dir string, log *zap.Logger) *weights {
	w := &weights{path: filepath.Join(dir, weightsFile), log: log, m: make(map[string]int)}
	b, err := os.ReadFile(w.path)
	if err == nil {
		err = json.Unmarshal(b, &w.m)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the kept loadLimits cannot be read; they are read from the bridges again", zap.String("file", w.path), zap.Error(err))
	}
	if w.m == nil {
		w.m = make(map[string]int)
	}
	return w
}

func (w *weights) limits() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.m)
}

// save merges what was read since and writes the file if that changed it.
func (w *weights) save(read map[string]int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := maps.Clone(w.m)
	maps.Copy(next, read)
	if maps.Equal(next, w.m) {
		return nil
	}
	b, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o700); err != nil {
		return err
	}
	if err := writeFile(w.path, append(b, '\n')); err != nil {
		return err
	}
	w.m = next
	return nil
}

// keepWeights saves now and then until ctx ends.
func (a *App) keepWeights(ctx context.Context) error {
	failed := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(saveEvery):
		}
		err := a.saveWeights()
		if err != nil && !failed {
			a.log.Warn("the loadLimits cannot be kept in stateDir", zap.Error(err))
		}
		failed = err != nil
	}
}

func (a *App) saveWeights() error { return a.weights.save(a.readLimits()) }
