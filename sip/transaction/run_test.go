package transaction

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// flushes is a batch that tells when it was flushed with something in it.
type flushes struct {
	began time.Time
	count int
	log   *[]string
}

func (f *flushes) Send(wire.Hop, uint64, []byte) { f.count++ }

func (f *flushes) Flush() {
	if f.count > 0 {
		*f.log = append(*f.log, fmt.Sprintf("%v", time.Since(f.began).Truncate(100*time.Millisecond)))
	}
	f.count = 0
}

// The goroutine sleeps until the next deadline and flushes what fired.
func TestTimerGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log []string
		w := newWorld(t, wire.UDP, wire.UDP, Options{})
		w.layer.newBatch = func() Flusher { return &flushes{began: time.Now(), log: &log} }
		w.layer.Start()
		w.layer.Start()
		time.Sleep(time.Hour) // Idle.
		w.now = time.Now()
		w.receive(callerRequest("INVITE", "x", "UDP"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"1h0m0.5s", "1h0m1.5s"}, log)

		// An earlier deadline wakes it.
		w.now = time.Now()
		w.post(0, func(tx *Tx) { tx.SetTimer(200 * time.Millisecond) })
		locked(w)
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, "Timer", locked(w))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, "Failed0 timeout", locked(w))
		w.layer.Close()
		require.Equal(t, "Ended", locked(w))
	})
}

// locked looks under the shard's lock, which the timer goroutine writes under.
func locked(w *world) string {
	w.shard().mu.Lock()
	defer w.shard().mu.Unlock()
	return w.look()
}

// relay is a minimal core for tests in which many goroutines meet.
type relay struct {
	target wire.Hop
	ended  atomic.Int64
	opened atomic.Int64
}

var (
	trying  = []byte("SIP/2.0 100 Trying\r\n\r\n")
	timeout = []byte("SIP/2.0 408 Request Timeout\r\n\r\n")
)

func (r *relay) Request(tx *Tx, m *wire.Message) {
	r.opened.Add(1)
	tx.SetData(r)
	if tx.Method() == wire.INVITE {
		tx.Respond(100, trying)
	}
	tx.Send(tx.NewBranch(r.target, 0))
}
func (r *relay) ACK(time.Time, *wire.Message, wire.Hop, Sender) {}
func (r *relay) Response(tx *Tx, b *Branch, m *wire.Message)    { tx.Respond(m.Status, m.Bytes) }
func (r *relay) Failed(tx *Tx, b *Branch, cause Cause) {
	if tx.Method() == wire.INVITE {
		tx.Respond(408, timeout)
		return
	}
	tx.Drop()
}
func (r *relay) Cancelled(tx *Tx, m *wire.Message) {
	for b := range tx.Branches() {
		tx.Cancel(b, nil)
	}
}
func (r *relay) Timer(*Tx)    {}
func (r *relay) Ended(tx *Tx) { r.ended.Add(1) }

func (r *relay) Build(tx *Tx, b *Branch, dst []byte) []byte {
	msg := tx.Message()
	const line = len("INVITE sip:room@example.com SIP/2.0\r\n")
	at := line
	if tx.Method() != wire.INVITE {
		at = len("BYE sip:room@example.com SIP/2.0\r\n")
	}
	dst = append(dst, msg[:at]...)
	dst = append(dst, "Via: SIP/2.0/UDP 198.51.100.1:5060;branch="...)
	dst = append(append(dst, b.ID()...), "\r\n"...)
	return append(dst, msg[at:]...)
}

// wires collects the requests that leave, for a callee to answer.
type wires struct{ requests chan []byte }

func (s *wires) Send(to wire.Hop, token uint64, p []byte) {
	if token == 0 {
		return
	}
	select {
	case s.requests <- append([]byte(nil), p...):
	default: // Lost, as on a real network.
	}
}
func (s *wires) Flush() {}

// Callers, callees, timers and a closing operator at once, under the race detector.
func TestManyGoroutines(t *testing.T) {
	const callers, calls = 4, 150
	target := wire.Hop{Remote: netip.MustParseAddrPort("203.0.113.1:5060")}
	core := &relay{target: target}
	net := &wires{requests: make(chan []byte, 64)}
	l := New(Options{User: core, NewBatch: func() Flusher { return net }, Shards: 2, Timers: Timers{T1: time.Millisecond, T2: 4 * time.Millisecond, T4: 5 * time.Millisecond, C: time.Second}})
	l.Start()

	var all sync.WaitGroup
	var callees sync.WaitGroup
	for range 2 {
		callees.Go(func() {
			var m wire.Message
			r := rand.New(rand.NewPCG(1, 2))
			for p := range net.requests {
				if m.Parse(p) != nil {
					t.Error("unreadable request")
					return
				}
				for _, status := range [][]int{{200}, {180, 200}, {180}, {486}, {}, {100, 503, 503}}[r.IntN(6)] {
					answer := wire.AppendResponse(nil, &m, status, "Reason", wire.ResponseOptions{Source: target.Remote, ToTag: []byte("b")})
					var in wire.Message
					if in.Parse(answer) != nil {
						t.Error("unreadable response")
						return
					}
					l.Response(time.Now(), &in, target, net)
				}
			}
		})
	}
	for c := range callers {
		all.Go(func() {
			var m wire.Message
			from := wire.Hop{Remote: netip.MustParseAddrPort("192.0.2.1:5060")}
			for i := range calls {
				for _, method := range []string{"INVITE", "INVITE", "CANCEL", "ACK", "BYE"} {
					if m.Parse([]byte(callerRequest(method, fmt.Sprintf("%d-%d", c, i), "UDP"))) != nil {
						t.Error("unreadable")
						return
					}
					l.Request(time.Now(), &m, from, net)
				}
				l.Stats()
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool { return l.Stats().Open == 0 }, 20*time.Second, 5*time.Millisecond)
	l.Close()
	close(net.requests)
	callees.Wait()
	require.EqualValues(t, 2*callers*calls, core.opened.Load())
	require.Equal(t, core.opened.Load(), core.ended.Load())
}
