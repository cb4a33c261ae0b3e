package transaction

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// What a record costs beside its buffers: fixed part, one branch, its Data, its
// place in the index.
const recordBytes = int(unsafe.Sizeof(record{}) + unsafe.Sizeof(branchRecord{}) + unsafe.Sizeof(any(nil)) + unsafe.Sizeof(uint32(0)))

func TestMemoryOfATransaction(t *testing.T) {
	t.Logf("record %d B, branch %d B, with Data and index %d B", unsafe.Sizeof(record{}), unsafe.Sizeof(branchRecord{}), recordBytes)
	require.LessOrEqual(t, recordBytes, 256, "Accepted keeps nothing else")

	buffers := func(w *world) (used int) {
		for i := range w.shard().buffers.classes {
			for _, s := range w.shard().buffers.classes[i].slabs {
				used += int(s.used) * w.shard().buffers.classes[i].size
			}
		}
		return used
	}
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.reply(w.answer(0, "INVITE", 180))
	message := len(callerRequest("INVITE", "x", "UDP"))
	require.LessOrEqual(t, recordBytes+buffers(w)-message, 1024, "open: 1 kB and the message")
	w.reply(w.answer(0, "INVITE", 200))
	require.Zero(t, buffers(w), "Accepted keeps no buffer")

	w.receive(callerRequest("BYE", "y", "UDP"))
	w.reply(w.answer(1, "BYE", 200))
	require.LessOrEqual(t, buffers(w), 384, "Completed keeps its response alone")

	w.receive(callerRequest("INVITE", "z", "UDP"))
	before := buffers(w)
	w.reply(w.answer(2, "INVITE", 486))
	require.LessOrEqual(t, buffers(w)-before, 384, "the ACK in place of the request")
}

// call plays a whole call over UDP with prepared messages: INVITE, 100, 180, 200, ACK,
// BYE, 200, and lets its timers run out. The core only splices.
type call struct {
	layer         *Layer
	core          *relay
	now           time.Time
	caller        wire.Hop
	out           branchCatcher
	m             wire.Message
	invite, bye   []byte
	ack           []byte
	n             int
	inviteAnswers [][]byte // With branchLen bytes of room at answerAt.
	byeAnswer     []byte
	answerAt      int
}

// branchCatcher remembers the branch of the latest request.
type branchCatcher struct {
	id   [branchLen]byte
	sent int
}

var viaMark = []byte("198.51.100.1:5060;branch=")

func (c *branchCatcher) Send(_ wire.Hop, token uint64, p []byte) {
	c.sent++
	if token != 0 {
		copy(c.id[:], p[bytes.Index(p, viaMark)+len(viaMark):])
	}
}

func newCall(now time.Time) *call {
	c := &call{now: now, core: &relay{target: wire.Hop{Remote: netip.MustParseAddrPort("203.0.113.1:5060")}}}
	c.layer = New(Options{User: c.core, Shards: 1})
	c.caller = wire.Hop{Remote: netip.MustParseAddrPort("192.0.2.1:5060"), Local: netip.MustParseAddrPort("198.51.100.1:5060")}
	const number = "0000000000"
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 9 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	c.invite = []byte(callerRequest("INVITE", number, "UDP"))
	c.invite = bytes.Replace(c.invite, []byte("Content-Length: 0\r\n\r\n"), fmt.Appendf(nil, "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body), 1)
	c.bye = []byte(callerRequest("BYE", "b"+number, "UDP"))
	c.ack = []byte(callerRequest("ACK", "a"+number, "UDP"))
	answer := func(method string, status int) []byte {
		return fmt.Appendf(nil, "SIP/2.0 %d Reason\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=%s\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"+
			"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:room@example.com>;tag=b1\r\nCall-ID: x\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n", status, bytes.Repeat([]byte("x"), branchLen), method)
	}
	c.inviteAnswers = [][]byte{answer("INVITE", 180), answer("INVITE", 200)}
	c.byeAnswer = answer("BYE", 200)
	c.answerAt = bytes.Index(c.byeAnswer, viaMark) + len(viaMark)
	return c
}

// number writes the call's number into a request.
func (c *call) number(p []byte) []byte {
	at := bytes.Index(p, []byte("branch=z9hG4bK")) + len("branch=z9hG4bK") + 1
	for i, n := 9, c.n; i > 0; i, n = i-1, n/10 {
		p[at+i-1] = byte('0' + n%10)
	}
	return p
}

func (c *call) request(p []byte) {
	if err := c.m.Parse(c.number(p)); err != nil {
		panic(err)
	}
	c.layer.Request(c.now, &c.m, c.caller, &c.out)
}

func (c *call) reply(p []byte) {
	copy(p[c.answerAt:], c.out.id[:])
	if err := c.m.Parse(p); err != nil {
		panic(err)
	}
	c.layer.Response(c.now, &c.m, c.core.target, &c.out)
}

func (c *call) play() {
	c.n++
	c.request(c.invite)
	for _, a := range c.inviteAnswers {
		c.reply(a)
	}
	c.request(c.ack)
	c.request(c.bye)
	c.reply(c.byeAnswer)
}

// pass lets time pass and fires what is due.
func (c *call) pass(d time.Duration) {
	c.now = c.now.Add(d)
	for c.layer.shards[0].expire(c.now, &c.out) {
	}
}

func TestCallDoesNotAllocate(t *testing.T) {
	c := newCall(time.Unix(0, 0))
	for range 3000 { // Until as many calls linger as ever will.
		c.play()
		c.pass(20 * time.Millisecond)
	}
	before := c.layer.Stats()
	sent := c.out.sent
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		c.play()
		c.pass(20 * time.Millisecond)
	}))
	after := c.layer.Stats()
	require.EqualValues(t, 2*1001, after.Requests-before.Requests)
	require.Equal(t, 6*1001, c.out.sent-sent, "100, INVITE, 180, 200, BYE, 200; the ACK goes to the core")
	require.InDelta(t, before.Open, after.Open, 4*lingerGrid/20, "what is over is forgotten in groups")
	c.pass(time.Hour)
	require.Zero(t, c.layer.Stats().Open)
	require.Equal(t, c.core.opened.Load(), c.core.ended.Load())
}

func BenchmarkCall(b *testing.B) {
	c := newCall(time.Unix(0, 0))
	b.ReportAllocs()
	for b.Loop() {
		c.play()
		c.pass(500 * time.Microsecond) // 2,000 calls/s; 64,000 linger twice.
	}
}

func BenchmarkRetransmission(b *testing.B) {
	c := newCall(time.Unix(0, 0))
	c.request(c.invite)
	b.ReportAllocs()
	for b.Loop() {
		c.layer.Request(c.now, &c.m, c.caller, &c.out)
	}
}

func BenchmarkStrayResponse(b *testing.B) {
	c := newCall(time.Unix(0, 0))
	c.request(c.invite)
	c.layer.Close()
	other := newCall(time.Unix(0, 0))
	other.out = c.out
	other.reply(other.inviteAnswers[0])
	b.ReportAllocs()
	for b.Loop() {
		other.layer.Response(other.now, &other.m, other.caller, &other.out)
	}
}

func BenchmarkWheel(b *testing.B) {
	var records slots[record]
	w := wheel{records: &records}
	c := clock{epoch: time.Unix(0, 0)}
	for range 100_000 {
		w.insert(records.take(), c.in(32_000), c.tick())
		c.last += 300 * time.Microsecond
	}
	i := uint32(0)
	for b.Loop() {
		i = i%100_000 + 1
		w.remove(i)
		w.insert(i, c.in(500+i%32_000), c.tick())
	}
}
