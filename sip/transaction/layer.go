package transaction

import (
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// Options configure a Layer.
type Options struct {
	// User is the proxy core. Required. It may also implement Releaser.
	User User
	// NewBatch makes the Sender of one timer goroutine; it is called Shards times
	// by Start. Required for Start.
	NewBatch func() Flusher
	// Shards is the number of independently locked parts, rounded up to a power
	// of two, at most 256. 0 means four for each processor that Go may use.
	Shards int
	// MaxTransactions bounds the open and lingering transactions of all shards
	// together; 0 means 1<<20. A shard takes its even share, so that no counter is
	// shared between processors.
	MaxTransactions int
	// Timers are the RFC's base values.
	Timers Timers
	// RetryAfter is what a 503 for a full table says, in whole seconds; 0 means 5 s.
	RetryAfter time.Duration
	// Logger gets panics and faults of the User; nil means none.
	Logger *zap.Logger
}

// Layer is the transaction layer. All methods are safe for concurrent use; none
// blocks except on a shard's lock, under which no I/O is done.
type Layer struct {
}

// New makes a Layer. Timers do not run before Start.
func New(o Options) *Layer { return &Layer{} }

// Start starts one timer goroutine for each shard.
func (l *Layer) Start() {}

// Close stops the timers, ends every transaction (User.Ended is called for each)
// and waits for the goroutines. Later calls of the entry points do nothing.
func (l *Layer) Close() {}

// Request takes any request. A retransmission gets the last response again, or
// nothing. An ACK of a non-2xx final is absorbed, any other goes to User.ACK. A
// CANCEL of a known INVITE is answered 200 and goes to User.Cancelled; an unknown
// one is answered 481. All else opens a transaction and goes to User.Request; if
// the table is full, an INVITE is answered 503 with Retry-After and others are
// dropped.
func (l *Layer) Request(now time.Time, m *wire.Message, from wire.Hop, out Sender) {}

// Response takes any response. It goes to the branch that the topmost Via names;
// one that names none of ours is counted and dropped (RFC 6026 section 7.2).
func (l *Layer) Response(now time.Time, m *wire.Message, from wire.Hop, out Sender) {}

// Undelivered takes back the token of a message that could not be written. The
// branch fails with CauseTransport if it has had no response yet.
func (l *Layer) Undelivered(now time.Time, token uint64, err error, out Sender) {}

// Originate opens a Tx with no server half, for a request of our own, and runs
// start under the shard's lock; start calls tx.NewBranch and tx.Send. The Tx ends
// when no branch is live and no user timer is set. It reports false, and start is
// not run, when the table is full or the layer closed.
func (l *Layer) Originate(now time.Time, method wire.Method, data any, out Sender, start func(tx *Tx)) bool {
	return false
}

// Post runs f for the Tx that ref names, under its shard's lock, as if in a
// callback. It reports false, and f is not run, when that Tx has ended. It must
// not be called from a callback.
func (l *Layer) Post(ref Ref, now time.Time, out Sender, f func(tx *Tx)) bool { return false }
