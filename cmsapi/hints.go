package cmsapi

import "sync/atomic"

// maxHints is how many spaces wait to have their details read early.
const maxHints = 256

// hints are the spaces that somebody dialled lately: their details are read
// before those of others. Callers fill it without waiting; what finds no room
// comes again with the next call.
type hints struct {
	epoch  atomic.Uint32 // in each a space is a hint once
	spaces chan *space
	ids    chan string // of spaces that are not in the book
	wake   chan struct{}
}

func newHints() *hints {
	h := &hints{spaces: make(chan *space, maxHints), ids: make(chan string, maxHints/4), wake: make(chan struct{}, 1)}
	h.epoch.Store(1)
	return h
}

// dialled takes s in, once an epoch. Safe for concurrent use.
func (h *hints) dialled(s *space) {
	was, epoch := s.wanted.Load(), h.epoch.Load()
	if was == epoch || !s.wanted.CompareAndSwap(was, epoch) {
		return
	}
	select {
	case h.spaces <- s:
		h.nudge()
	default:
		s.wanted.CompareAndSwap(epoch, was)
	}
}

// found takes in a space that an answer named. Safe for concurrent use.
func (h *hints) found(id string) {
	select {
	case h.ids <- id:
		h.nudge()
	default:
	}
}

func (h *hints) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// waiting reports whether there is one.
func (h *hints) waiting() bool { return len(h.spaces) > 0 || len(h.ids) > 0 }
