package transport

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// closeGrace is how long Close lets stream connections write what is queued.
const closeGrace = time.Second

// Stack owns every SIP socket of the process. Its methods are safe for
// concurrent use.
type Stack struct {
	o          Options
	log        *zap.Logger
	logLimit   logLimit // of network trouble
	panicLimit logLimit
	listeners  []*listener
	conns      connTable
	streams    atomic.Pointer[streamPoller] // nil: connections have readers of their own
	routes     routeCache
	refusals   refusals
	interfaces interfaceCache
	batches    sync.Pool // of *Batch, for goroutines that come and go
	large      sync.Pool // of *[]byte, for large messages of streams
	count      counters
	born       time.Time // ages are measured from here, by the monotonic clock

	newReader func(*udpSocket) packetReader
	newWriter func() packetWriter

	dial    context.Context // ends with the stack; connects hang on it
	endDial context.CancelFunc
	start   sync.Once
	stop    sync.Once
	closing chan struct{}
	closed  chan struct{}
	err     error // of closing, set before closed

	mu      sync.Mutex // orders spawn and Close
	stopped atomic.Bool
	wg      sync.WaitGroup
}

// Listen binds every listener of o, or none: on an error nothing stays bound.
// The error names the listener and what to do. Nothing is read before Start or
// Serve, but the kernel already queues what arrives.
func Listen(o Options) (*Stack, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := newStack(o)
	if err := s.interfaces.init(s); err != nil {
		s.endDial()
		return nil, err
	}
	if err := s.bind(); err != nil {
		s.endDial()
		return nil, err
	}
	return s, nil
}

// newStack makes a stack that is not bound.
func newStack(o Options) *Stack {
	s := &Stack{
		o: o, log: o.Logger, born: o.now(),
		newReader: newPacketReader, newWriter: newPacketWriter,
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	s.dial, s.endDial = context.WithCancel(context.Background())
	s.batches.New = func() any { return s.NewBatch() }
	s.large.New = func() any {
		b := make([]byte, largeBuffer)
		return &b
	}
	s.conns.init(s)
	s.routes.init(o.now)
	s.refusals.init()
	return s
}

// Start starts reading and accepting. It does not block; further calls do nothing.
func (s *Stack) Start() {
	s.start.Do(func() {
		s.startStreams()
		for _, l := range s.listeners {
			for _, u := range l.udp {
				s.spawn(u.serve)
			}
			if l.tcp != nil {
				s.spawn(func() { s.accept(l) })
			}
		}
	})
}

// startStreams starts the poller of stream connections. It holds a processor of
// the scheduler while it waits, like the readers of detached sockets, so it is
// there only if one stays free.
func (s *Stack) startStreams() {
	holding, tcp := 1, false
	for _, l := range s.listeners {
		tcp = tcp || l.tcp != nil
		for _, u := range l.udp {
			if u.file != nil {
				holding++
			}
		}
	}
	if !tcp || s.o.polled || holding >= runtime.GOMAXPROCS(0) {
		return
	}
	p := newStreamPoller(s)
	if p == nil {
		return
	}
	s.streams.Store(p)
	if !s.spawn(p.run) {
		s.streams.Store(nil) // closed before it was started
		p.close()
	}
}

// Serve calls Start, waits until ctx ends or the stack is closed, and closes it.
func (s *Stack) Serve(ctx context.Context) error {
	s.Start()
	select {
	case <-ctx.Done():
	case <-s.closing:
	}
	return s.Close()
}

// Close stops reading, writes what is queued within a short bound, closes all
// sockets and waits for every goroutine of the stack. Further calls wait for
// the first. It must not be called from a method of the handler.
func (s *Stack) Close() error {
	s.stop.Do(func() {
		s.mu.Lock()
		s.stopped.Store(true)
		s.mu.Unlock()
		close(s.closing)
		s.endDial()
		for _, l := range s.listeners {
			l.interrupt()
		}
		s.conns.drain()
		if p := s.streams.Load(); p != nil {
			p.ring()
		}
		force := time.AfterFunc(closeGrace, s.conns.abort)
		s.wg.Wait()
		force.Stop()
		s.err = s.closeListeners()
		close(s.closed)
	})
	<-s.closed
	return s.err
}

// age is the time since Listen; steps of the wall clock do not show in it.
func (s *Stack) age() time.Duration { return s.o.now().Sub(s.born) }

// isClosing reports whether Close has begun.
func (s *Stack) isClosing() bool { return s.stopped.Load() }

// spawn runs f in a goroutine that Close waits for; after Close it does not,
// and reports false.
func (s *Stack) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped.Load() {
		return false
	}
	s.wg.Go(f)
	return true
}

// message hands one message to the handler; a panic costs that message alone.
func (s *Stack) message(b []byte, from wire.Hop, out *Batch) {
	defer s.recovered("Message", from)
	s.o.Handler.Message(b, from, out)
}

// undelivered tells the handler that a message did not leave.
func (s *Stack) undelivered(token uint64, to wire.Hop, err error, out *Batch) {
	if token == 0 || s.isClosing() {
		return
	}
	defer s.recovered("Undelivered", to)
	s.o.Handler.Undelivered(token, to, err, out)
}
