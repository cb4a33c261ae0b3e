package sip

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

// Proxy is the proxy core of one edge (RFC 3261 section 16). It is a
// transport.Handler and a transaction.User. All exported methods are safe for
// concurrent use and none but Close blocks.
type Proxy struct {
	set       Settings
	log       *zap.Logger
	keys      *routeKeys
	bridges   []*bridge
	controls  []*control
	endpoints []*endpoint // of both
	peers     atomic.Pointer[peers]
	names     *names
	calls     *calls
	sessions  openSessions
	layer     *transaction.Layer
	stack     Stack
	listeners []ownListener
	sides     ownSides

	works     sync.Pool // of *work
	contexts  sync.Pool // of *responseContext
	decisions sync.Pool // of *lb.Decision
	saved     sync.Pool // of *saved

	draining  atomic.Bool
	open      atomic.Int64  // INVITE transactions without a final response
	lastFinal atomic.Int64  // Unix nanoseconds of the last final response to an INVITE
	parked    atomic.Int64  // requests that wait for a name, or for what their URI is
	turn      atomic.Uint64 // whose turn it is where the selection only observes
	counts    counters
	traffic   *traffic
	refusals  lineBudget
	unplaced  unplaced

	afterwards *afterwards

	suspected chan struct{} // wakes the prober
	reprobe   time.Duration // suspectEvery; a test that counts what is left sets 0
	probes    atomic.Uint64
	made      time.Time // by New; requests count their time from here
	instance  string    // random, in the Call-ID of our own requests
	markSeed  uint64    // random, of loopMark

	stop    context.CancelFunc
	running sync.WaitGroup
}

// bridge and control are the configured peers with what is known of them now.
type bridge struct {
	Bridge
	at      *endpoint
	hash    uint32       // nameHash of Name
	reached atomic.Int64 // Unix nanoseconds of the last answer told to the Selector
	rtt     atomic.Int64 // nanoseconds that the newest OPTIONS took
}

type control struct {
	CallControl
	at       []*endpoint
	hash     uint32
	unplaced unplaced
}

// work is what handling one message needs for the time of one call.
type work struct {
	msg     wire.Message
	edits   wire.Edits
	via     []byte
	branch  []byte
	rr      []byte
	line    []byte
	length  []byte
	uri     []byte
	key     []byte
	breadth []byte
	buf     []byte
	ask     lb.Call
	fields  [callFields]zap.Field
}

func (p *Proxy) work() *work  { return p.works.Get().(*work) }
func (p *Proxy) done(w *work) { p.works.Put(w) }

// Message takes one message from the wire (RFC 3261 section 16.2).
func (p *Proxy) Message(b []byte, from wire.Hop, out *transport.Batch) { p.receive(b, from, out) }

func (p *Proxy) receive(b []byte, from wire.Hop, out transaction.Sender) {
	if wire.IsKeepAlive(b) {
		return
	}
	who := p.peers.Load().identify(from.Remote).origin
	if who == stranger {
		p.counts.strangers.Add(1)
		return
	}
	now := time.Now()
	w := p.work()
	defer p.done(w)
	if err := w.msg.Parse(b); err != nil {
		p.malformed(w, err, from, out)
		return
	}
	p.traffic.count(&w.msg, from, who)
	switch {
	case w.msg.IsRequest():
		p.layer.Request(now, &w.msg, from, out)
	case p.sentByUs(&w.msg, from): // section 18.1.2
		p.layer.Response(now, &w.msg, from, out)
	default:
		p.counts.foreignVia.Add(1)
	}
}

// Undelivered takes a message back that the transport could not send
// (RFC 3261 sections 16.9 and 18.4).
func (p *Proxy) Undelivered(token uint64, _ wire.Hop, err error, out *transport.Batch) {
	p.layer.Undelivered(time.Now(), token, err, out)
}

// Request is section 16 in order. A step that cannot go on returns the reply
// that the request gets instead.
func (p *Proxy) Request(tx *transaction.Tx, m *wire.Message) {
	c := p.newContext(tx, m)
	uri, r := c.validate(m) // 16.3
	if r == nil {
		r = c.sessionLoop(m)
	}
	if r == nil {
		c.routes, r = p.preprocess(m, &uri, tx.From()) // 16.4
	}
	if r == nil {
		r = c.target(m, &uri) // 16.5
	}
	if r == nil {
		r = c.forward(m) // 16.6
	}
	if r != nil {
		c.reply(m, r)
	}
	c.incoming = nil
	c.leave()
	// 16.7 to 16.10 come back as events: Response, Failed, Timer, Cancelled.
}

// party is who stands behind a transaction: the response context of a request
// that we forward, or one of our own OPTIONS probes.
type party interface {
	build(tx *transaction.Tx, b *transaction.Branch, dst []byte) []byte
	response(tx *transaction.Tx, b *transaction.Branch, m *wire.Message)
	failed(tx *transaction.Tx, b *transaction.Branch, cause transaction.Cause)
	cancelled(tx *transaction.Tx, m *wire.Message)
	timer(tx *transaction.Tx)
	ended(tx *transaction.Tx)
}

// Build appends the request as it goes out on a branch (16.6).
func (p *Proxy) Build(tx *transaction.Tx, b *transaction.Branch, dst []byte) []byte {
	return tx.Data().(party).build(tx, b, dst)
}

// Response takes a response that matched a branch (16.7).
func (p *Proxy) Response(tx *transaction.Tx, b *transaction.Branch, m *wire.Message) {
	tx.Data().(party).response(tx, b, m)
}

// Failed takes a branch that ended without a final response (16.8, 16.9).
func (p *Proxy) Failed(tx *transaction.Tx, b *transaction.Branch, cause transaction.Cause) {
	tx.Data().(party).failed(tx, b, cause)
}

// Cancelled takes a CANCEL that the transaction layer answered (16.10).
func (p *Proxy) Cancelled(tx *transaction.Tx, m *wire.Message) {
	tx.Data().(party).cancelled(tx, m)
}

// Timer takes the deadline that the party set for its branch (R12).
func (p *Proxy) Timer(tx *transaction.Tx) { tx.Data().(party).timer(tx) }

// Ended gives the party's state back.
func (p *Proxy) Ended(tx *transaction.Tx) {
	if x, ok := tx.Data().(party); ok {
		x.ended(tx)
	}
}
