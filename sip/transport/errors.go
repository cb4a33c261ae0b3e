package transport

import "errors"

// Errors that Handler.Undelivered gets besides those of the system; test with
// errors.Is.
var (
	// ErrNoListener: no listener of the hop's transport and address family.
	ErrNoListener = errors.New("no such listener")
	// ErrNoAddress: the hop names no peer that can be sent to or dialled.
	ErrNoAddress = errors.New("no address to send to")
	// ErrQueueFull: the connection's write queue, or the batch, is full.
	ErrQueueFull = errors.New("write queue full")
	// ErrSlowReader: the connection was cut off because the peer did not read.
	ErrSlowReader = errors.New("peer does not read, connection cut off")
	// ErrTooManyConns: Options.MaxConns connections are open already.
	ErrTooManyConns = errors.New("too many connections")
	// ErrConnLost: the connection ended with the message unwritten.
	ErrConnLost = errors.New("connection lost")
	// ErrClosed: the stack is closed.
	ErrClosed = errors.New("transport closed")
)
