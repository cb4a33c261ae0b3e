package transaction

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// world is a layer of one shard with a scripted proxy core above it, a recorder
// below it and a clock that moves by hand.
type world struct {
	t     testing.TB
	layer *Layer
	now   time.Time
	begun time.Time

	callerHop, calleeHop wire.Hop

	// How the core behaves.
	park    bool // Requests wait for the script.
	quiet   bool // Responses and CANCELs are left to the script.
	garble  bool // Build fails.
	onEvent func(tx *Tx, event string)

	log      []string // What was sent and called since the last look.
	sent     []sentMessage
	branches []string // Branch parameters in the order of their first sending.
	refs     []Ref
	original []byte // Latest request of the caller.
	toTag    string // Of the latest final response that went up.
	live     int    // Requests seen less Ended.
	timed    bool
	parsed   wire.Message
	request  wire.Message
}

type sentMessage struct {
	to    wire.Hop
	token uint64
	bytes []byte
}

func newWorld(t testing.TB, up, down wire.Transport, o Options) *world {
	w := &world{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.begun = w.now
	local := netip.MustParseAddrPort("198.51.100.1:5060")
	w.callerHop = wire.Hop{Transport: up, Remote: netip.MustParseAddrPort("192.0.2.1:5060"), Local: local}
	w.calleeHop = wire.Hop{Transport: down, Remote: netip.MustParseAddrPort("203.0.113.1:5060"), Local: local}
	if up.Reliable() {
		w.callerHop.Conn = 7
	}
	o.User = w
	if o.Shards == 0 {
		o.Shards = 1
	}
	w.layer = New(o)
	w.layer.times.grid = 1 // the scripts tell times to the millisecond
	return w
}

func (w *world) shard() *shard { return w.layer.shards[0] }

// Send records what leaves, named by direction and start line.
func (w *world) Send(to wire.Hop, token uint64, p []byte) {
	w.sent = append(w.sent, sentMessage{to, token, bytes.Clone(p)})
	require.NoError(w.t, w.parsed.Parse(p), "%q", p)
	m := &w.parsed
	if !m.IsRequest() {
		require.Equal(w.t, w.callerHop.Remote.Addr(), to.Remote.Addr())
		name := fmt.Sprintf("up %d", m.Status)
		if m.Method == wire.CANCEL {
			name += " CANCEL"
		} else if m.Status >= 200 {
			w.toTag = string(m.Text(m.ToTag))
		}
		w.note(name)
		return
	}
	branch := string(m.Text(m.Via.Branch))
	n := w.branchNumber(branch)
	if n < 0 {
		n = len(w.branches)
		w.branches = append(w.branches, branch)
	}
	w.note(fmt.Sprintf("down%d %s", n, m.Text(m.MethodName)))
}

func (w *world) branchNumber(branch string) int {
	for i, b := range w.branches {
		if b == branch {
			return i
		}
	}
	return -1
}

func (w *world) note(what string) {
	if w.timed {
		what = fmt.Sprintf("%.1f %s", w.now.Sub(w.begun).Truncate(100*time.Millisecond).Seconds(), what)
	}
	w.log = append(w.log, what)
}

func (w *world) event(tx *Tx, format string, args ...any) {
	e := fmt.Sprintf(format, args...)
	w.note(e)
	if w.onEvent != nil {
		w.onEvent(tx, e)
	}
}

func (w *world) Request(tx *Tx, m *wire.Message) {
	w.live++
	w.refs = append(w.refs, tx.Ref())
	w.event(tx, "Request %s", m.Text(m.MethodName))
	if tx.Method() == wire.INVITE {
		w.respond(tx, 100)
	}
	if !w.park {
		tx.Send(tx.NewBranch(w.calleeHop, 0))
	}
}

// respond builds a response from the kept request, as a core would. When that is
// gone it takes what the caller sent.
func (w *world) respond(tx *Tx, status int) bool {
	msg := tx.Message()
	if msg == nil {
		msg = w.original
	}
	require.NoError(w.t, w.request.Parse(msg))
	return tx.Respond(status, wire.AppendResponse(nil, &w.request, status, "Reason", wire.ResponseOptions{ToTag: tx.Tag()}))
}

func (w *world) ACK(time.Time, *wire.Message, wire.Hop, Sender) { w.note("ACK") }

func (w *world) Response(tx *Tx, b *Branch, m *wire.Message) {
	require.Equal(w.t, m.Status, b.Status())
	w.event(tx, "Response%d %d", b.Index(), m.Status)
	if m.Status > 100 && !w.quiet {
		tx.Respond(m.Status, popVia(m))
	}
}

func (w *world) Failed(tx *Tx, b *Branch, cause Cause) {
	w.event(tx, "Failed%d %s", b.Index(), cause)
}

func (w *world) Cancelled(tx *Tx, m *wire.Message) {
	w.event(tx, "Cancelled")
	if w.quiet {
		return
	}
	for b := range tx.Branches() {
		tx.Cancel(b, nil)
	}
}

func (w *world) Timer(tx *Tx)    { w.event(tx, "Timer") }
func (w *world) Released(tx *Tx) { w.event(tx, "Released") }

func (w *world) Ended(tx *Tx) {
	w.live--
	require.GreaterOrEqual(w.t, w.live, 0)
	w.event(tx, "Ended")
}

// Build puts our Via on top of the kept request, or makes one for a request of
// our own.
func (w *world) Build(tx *Tx, b *Branch, dst []byte) []byte {
	if w.garble {
		return append(dst, "INVITE\r\n\r\n"...)
	}
	msg := tx.Message()
	if msg == nil {
		msg = []byte(callerRequest(tx.Method().String(), "own", "UDP"))
	}
	line := bytes.Index(msg, []byte("\r\n")) + 2
	dst = append(dst, msg[:line]...)
	dst = append(dst, "Via: SIP/2.0/UDP 198.51.100.1:5060;branch="...)
	dst = append(append(dst, b.ID()...), "\r\n"...)
	return append(dst, msg[line:]...)
}

// popVia removes the first line that is a Via.
func popVia(m *wire.Message) []byte {
	h := m.Headers[m.Via.Header]
	return append(append([]byte{}, m.Bytes[:h.Line.Start]...), m.Bytes[h.Line.End:]...)
}

// callerRequest is a request as the caller sends it.
func callerRequest(method, branch, transport string) string {
	return fmt.Sprintf("%s sip:room@example.com SIP/2.0\r\n"+
		"Via: SIP/2.0/%s 192.0.2.1:5060;branch=z9hG4bK%s\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:room@example.com>\r\n"+
		"Call-ID: %s@192.0.2.1\r\nCSeq: 1 %s\r\nContact: <sip:alice@192.0.2.1>\r\nContent-Length: 0\r\n\r\n",
		method, transport, branch, branch, method)
}

// receive hands a request to the layer, as if it came from the caller.
func (w *world) receive(request string) {
	var m wire.Message
	b := []byte(request)
	require.NoError(w.t, m.Parse(b))
	if m.Method != wire.ACK && m.Method != wire.CANCEL {
		w.original = []byte(request)
	}
	w.layer.Request(w.now, &m, w.callerHop, w)
	for i := range b {
		b[i] = '#' // The reader's buffer is used again.
	}
}

// answer is a response of the callee to the latest request named method on a
// branch.
func (w *world) answer(branch int, method string, status int) []byte {
	for i := len(w.sent) - 1; i >= 0; i-- {
		var m wire.Message
		require.NoError(w.t, m.Parse(w.sent[i].bytes))
		if string(m.Text(m.MethodName)) == method && w.branchNumber(string(m.Text(m.Via.Branch))) == branch {
			return wire.AppendResponse(nil, &m, status, "Reason", wire.ResponseOptions{Source: w.calleeHop.Remote, ToTag: []byte("b1")})
		}
	}
	require.Fail(w.t, "no such request was sent", "branch %d, %s", branch, method)
	return nil
}

func (w *world) reply(response []byte) {
	var m wire.Message
	require.NoError(w.t, m.Parse(response))
	w.layer.Response(w.now, &m, w.calleeHop, w)
}

// wait lets d pass, firing every timer at its time.
func (w *world) wait(d time.Duration) {
	end := w.now.Add(d)
	for {
		rest, ok := w.shard().rest(w.now)
		if !ok || w.now.Add(rest).After(end) {
			break
		}
		w.now = w.now.Add(rest)
		for w.shard().expire(w.now, w) {
		}
	}
	w.now = end
}

// post runs f for the request with this number.
func (w *world) post(number int, f func(tx *Tx)) bool {
	return w.layer.Post(w.refs[number], w.now, w, f)
}

// look gives what happened since the last look.
func (w *world) look() string {
	s := strings.Join(w.log, ", ")
	w.log = w.log[:0]
	if s == "" {
		return "nothing"
	}
	return s
}

// requireEmpty checks that nothing is left behind.
func (w *world) requireEmpty() {
	s := w.shard()
	require.Zero(w.t, w.live, "records that did not end")
	require.Zero(w.t, s.records.used(), "records")
	require.Zero(w.t, s.branches.used(), "branches")
	require.Zero(w.t, s.index.count, "keys")
	require.Zero(w.t, s.wheel.count, "queued timers")
	for i := range s.buffers.classes {
		require.Zero(w.t, s.buffers.classes[i].busy, "buffers of class %d", i)
	}
}
