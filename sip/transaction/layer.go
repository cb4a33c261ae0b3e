package transaction

import (
	"crypto/cipher"
	"math/bits"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// Options configure a Layer.
type Options struct {
	// User is the proxy core. Required. It may also implement Releaser.
	User User
	// NewBatch makes the Sender of one timer goroutine; it is called once for each
	// shard by Start. Required for Start.
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

const (
	maxShards       = 1 << 8
	shardsPerCPU    = 4
	defaultMax      = 1 << 20
	defaultRetryAft = 5 * time.Second
)

// Layer is the transaction layer. All methods are safe for concurrent use; none
// blocks except on a shard's lock, under which no I/O is done.
type Layer struct {
	user       User
	releaser   Releaser // The same, or nil.
	newBatch   func() Flusher
	log        *zap.Logger
	times      durations
	retryAfter []byte // Header line.
	seeds      seeds
	branchKey  cipher.Block
	shards     []*shard
	shardShift int
	turn       atomic.Uint32 // Of shards, for Originate.
	strays     atomic.Uint64 // Responses whose Via was not even ours in form.

	start, stop sync.Once
	done        chan struct{}
	running     sync.WaitGroup
}

// New makes a Layer. Its timers do not run before Start.
func New(o Options) *Layer {
	if o.Shards <= 0 {
		o.Shards = shardsPerCPU * runtime.GOMAXPROCS(0)
	}
	n := 1 << bits.Len(uint(min(o.Shards, maxShards)-1))
	if o.MaxTransactions <= 0 {
		o.MaxTransactions = defaultMax
	}
	if o.RetryAfter <= 0 {
		o.RetryAfter = defaultRetryAft
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	seconds := int64((o.RetryAfter + time.Second - 1) / time.Second)
	l := &Layer{
		user:       o.User,
		newBatch:   o.NewBatch,
		log:        o.Logger,
		times:      o.Timers.withDefaults().durations(),
		retryAfter: []byte("Retry-After: " + strconv.FormatInt(seconds, 10) + "\r\n"),
		seeds:      newSeeds(),
		branchKey:  newBranchKey(),
		shardShift: 64 - bits.Len(uint(n-1)),
		done:       make(chan struct{}),
	}
	l.releaser, _ = o.User.(Releaser)
	limit := min((o.MaxTransactions+n-1)/n, maxSlots)
	for i := range n {
		l.shards = append(l.shards, newShard(l, uint8(i), limit))
	}
	return l
}

// shardOf is where the records of a key live.
func (l *Layer) shardOf(k key) *shard { return l.shards[k.a>>l.shardShift] }

// Start starts one timer goroutine for each shard. Further calls do nothing.
func (l *Layer) Start() {
	l.start.Do(func() {
		for _, s := range l.shards {
			l.running.Go(func() { s.run(l.newBatch()) })
		}
	})
}

// Close stops the timers, ends every transaction (User.Ended is called for each)
// and waits for the goroutines. Later calls of the entry points do nothing. It must
// not be called from a callback.
func (l *Layer) Close() {
	l.stop.Do(func() {
		l.start.Do(func() {}) // A later Start would leak its goroutines.
		close(l.done)
		l.running.Wait()
		for _, s := range l.shards {
			s.close()
		}
	})
}
