package app

import (
	"context"
	"errors"
	"sync"

	"go.uber.org/zap"
)

// teardown is a stack of named steps. Whatever was started puts its end here,
// and all of them run in reverse order, also when one fails.
type teardown struct {
	steps []step
	log   *zap.Logger
}

type step struct {
	name string
	run  func() error
}

func (t *teardown) push(name string, run func() error) {
	t.steps = append(t.steps, step{name, run})
}

// run ends everything, once.
func (t *teardown) run() error {
	var errs []error
	for i := len(t.steps) - 1; i >= 0; i-- {
		t.log.Debug("stopping", zap.String("part", t.steps[i].name))
		if err := t.steps[i].run(); err != nil {
			errs = append(errs, err)
		}
	}
	t.steps = nil
	return errors.Join(errs...)
}

// background runs functions until their common context ends.
type background struct {
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func newBackground() *background {
	ctx, stop := context.WithCancel(context.Background())
	return &background{ctx: ctx, stop: stop}
}

func (b *background) start(f func(context.Context)) { b.wg.Go(func() { f(b.ctx) }) }

// end stops them and waits.
func (b *background) end() error {
	b.stop()
	b.wg.Wait()
	return nil
}
