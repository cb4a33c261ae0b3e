package transport

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

const (
	refusalKept = 5 * time.Minute
	maxRefusals = 1024
)

// refusals remembers the peers that could not be connected to, for those who
// have another transport to choose. Safe for concurrent use.
type refusals struct {
	mu    sync.RWMutex
	until map[peer]time.Duration // by the stack's age
}

func (r *refusals) init() { r.until = make(map[peer]time.Duration) }

// note remembers a refusal at an age of the stack. It reports whether that is
// news.
func (r *refusals) note(p peer, age time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, known := r.until[p]
	if !known && len(r.until) >= maxRefusals {
		r.evict(age)
	}
	r.until[p] = age + refusalKept
	return age >= until
}

// evict drops what is over, and if that is nothing, anything, until a quarter
// is free. It needs r.mu.
func (r *refusals) evict(age time.Duration) {
	for p, until := range r.until {
		if until <= age {
			delete(r.until, p)
		}
	}
	for p := range r.until {
		if len(r.until) <= maxRefusals*3/4 {
			return
		}
		delete(r.until, p)
	}
}

// forget is for a peer that took a connection after all.
func (r *refusals) forget(p peer) {
	r.mu.RLock()
	_, known := r.until[p]
	r.mu.RUnlock()
	if known {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.until, p)
	}
}

func (r *refusals) has(p peer, age time.Duration) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	until, known := r.until[p]
	return known && age < until
}

// refused remembers a connect that failed, unless it failed by us.
func (c *conn) refused(err error) {
	for _, own := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE} {
		if errors.Is(err, own) {
			return
		}
	}
	s := c.stack
	if !s.isClosing() && s.refusals.note(c.peer(), s.age()) {
		s.log.Info("peer takes no connection; for five minutes what could go over UDP as well does",
			zap.Stringer("remote", c.remote), zap.Stringer("transport", c.listener.Transport), zap.Error(err))
	}
}

// Refused reports that the newest connect to a peer failed in the last five
// minutes: refused, unreachable, or not answered in time.
func (s *Stack) Refused(t wire.Transport, remote netip.AddrPort) bool {
	return s.refusals.has(peer{t, unmapPort(remote)}, s.age())
}

// Connected reports that a connection to or from a peer is open.
func (s *Stack) Connected(t wire.Transport, remote netip.AddrPort) bool {
	s.conns.mu.RLock()
	c := s.conns.find(0, peer{t, unmapPort(remote)})
	s.conns.mu.RUnlock()
	return c != nil && c.out.isUp()
}
