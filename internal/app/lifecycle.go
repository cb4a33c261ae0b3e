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

// background runs functions until their common context ends. A panic in one
// is logged and ends that one alone: calls go on by what is known.
type background struct {
	log  *zap.Logger
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func newBackground(log *zap.Logger) *background {
	ctx, stop := context.WithCancel(context.Background())
	return &background{log: log, ctx: ctx, stop: stop}
}

// start runs f in a goroutine; part names it for the log.
func (b *background) start(part string, f func(context.Context) error) {
	b.wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				b.log.Error("panic: please report it", zap.String("part", part), zap.Any("panic", r), zap.Stack("stack"))
			}
		}()
		if err := f(b.ctx); err != nil {
			b.log.Error("a part of this edge ended", zap.String("part", part), zap.Error(err))
		}
	})
}

// end stops them and waits.
func (b *background) end() error {
	b.stop()
	b.wg.Wait()
	return nil
}
