package sip

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// line is a Sender that keeps the last message and allocates nothing.
type line struct {
	to   wire.Hop
	last []byte
}

func (l *line) Send(to wire.Hop, _ uint64, p []byte) { l.to, l.last = to, append(l.last[:0], p...) }
func (l *line) Flush()                               {}

// wholeCall plays one call again and again, each with its own Call-ID and
// branches, from templates in which "00000000" is the number.
type wholeCall struct {
	e          *testEdge
	out        *line
	n          int
	invite     []byte
	ack, bye   []byte
	refusalACK []byte // up to its To tag
	head       []byte // of responses, before the Via values
	rest       []byte // after them
	buf        []byte
	seen       []byte // what the bridge got last
	m          wire.Message
}

func newWholeCall(t testing.TB, body string, options ...option) *wholeCall {
	e := newTestEdge(t, options...)
	t.Cleanup(e.p.Close)
	c := newCall("00000000", "sip:pinned@meet.example.com")
	w := &wholeCall{e: e, out: &line{}}
	w.invite = []byte(c.request("INVITE", c.uri, "inv00000000", "", "", body))
	w.ack = []byte(c.request("ACK", "sip:"+cms1Addr, "ack00000000", "t1", "Route: ROUTE\r\n", ""))
	c.cseq++
	w.bye = []byte(c.request("BYE", "sip:"+cms1Addr, "bye00000000", "t1", "Route: ROUTE\r\n", ""))
	w.head = []byte("SIP/2.0 200 OK\r\nVia: ")
	w.rest = []byte("From: <sip:alice@example.com>;tag=from-00000000\r\nTo: <" + c.uri + ">;tag=t1\r\n" +
		"Call-ID: 00000000@192.0.2.10\r\nCSeq: 1 INVITE\r\nContact: <sip:" + cms1Addr + ">\r\nContent-Length: 0\r\n\r\n")
	return w
}

// number writes the call's number over every "00000000" of a template.
func (w *wholeCall) number(b []byte) []byte {
	var digits [8]byte
	n := w.n
	for i := range digits {
		digits[7-i] = byte('0' + n%10)
		n /= 10
	}
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("00000000"))
		if i < 0 {
			return b
		}
		from += i + copy(b[from+i:], digits[:])
	}
}

var (
	fromCaller  = wire.Hop{Remote: netip.MustParseAddrPort(cucmAddr), Local: netip.MustParseAddrPort(edgeAddr)}
	fromBridge1 = wire.Hop{Remote: netip.MustParseAddrPort(cms1Addr), Local: netip.MustParseAddrPort(edgeAddr)}
)

// respond answers what the bridge got last.
func (w *wholeCall) respond(status, method string) {
	b := append(w.buf[:0], w.head...)
	copy(b[8:], status)
	for v := range w.m.Values(wire.Via) {
		b = append(append(b, w.m.Text(v.Span)...), ", "...)
	}
	b = append(b[:len(b)-2], "\r\n"...)
	if rr, ok := w.m.Get(wire.RecordRoute); ok {
		b = append(b, w.m.Text(rr.Line)...)
	}
	at := len(b)
	b = append(b, w.rest...)
	w.number(b[at:])
	if method == "BYE" {
		i := at + bytes.Index(b[at:], []byte("1 INVITE"))
		copy(b[i:], "2 BYE   ")
	}
	w.buf = b
	w.e.p.receive(b, fromBridge1, w.out)
}

func (w *wholeCall) request(template []byte, route []byte) {
	b := w.buf[:0]
	if i := bytes.Index(template, []byte("ROUTE")); i >= 0 {
		b = append(append(append(b, template[:i]...), route...), template[i+5:]...)
	} else {
		b = append(b, template...)
	}
	w.buf = w.number(b)
	w.e.p.receive(w.buf, fromCaller, w.out)
}

// arrived reads what the bridge got.
func (w *wholeCall) arrived(method wire.Method) bool {
	w.seen = append(w.seen[:0], w.out.last...)
	return w.m.Parse(w.seen) == nil && w.m.Method == method && w.m.IsRequest()
}

// play makes a call, lets it ring, be answered and acknowledged, and hangs up.
func (w *wholeCall) play() bool {
	w.n++
	w.request(w.invite, nil)
	if !w.arrived(wire.INVITE) {
		return false
	}
	w.respond("180", "INVITE")
	w.respond("200", "INVITE")
	rr, _ := w.m.Get(wire.RecordRoute)
	w.request(w.ack, w.m.Text(rr.Value))
	w.request(w.bye, w.m.Text(rr.Value))
	if !w.arrived(wire.BYE) {
		return false
	}
	w.respond("200", "BYE")
	return true
}

func BenchmarkWholeCall(b *testing.B) {
	for _, body := range []string{"", offer} {
		b.Run(fmt.Sprintf("sdp=%v", body != ""), func(b *testing.B) {
			w := newWholeCall(b, body)
			b.ReportAllocs()
			for b.Loop() {
				if !w.play() {
					b.Fatalf("%s", w.out.last)
				}
			}
		})
	}
}

// What a call costs in allocations, from the INVITE to the answer of the BYE,
// decision and call table included, and what a refusal costs with its ACK: none,
// but for memory that grows with the transactions that linger.
func TestWholeCallAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools keep nothing under the race detector")
	}
	for _, body := range []string{"", offer} {
		w := newWholeCall(t, body)
		for range 1000 {
			require.True(t, w.play(), string(w.out.last))
		}
		require.Zero(t, testing.AllocsPerRun(2000, func() { w.play() }))
	}
	w := newRefusedCall(t)
	for range 1000 {
		require.True(t, w.playRefused(), string(w.out.last))
	}
	require.Zero(t, testing.AllocsPerRun(2000, func() { w.playRefused() }))
}

// playRefused makes a call that no bridge has room for, and acknowledges that.
func (w *wholeCall) playRefused() bool {
	if w.n++; w.n%1024 == 1 { // before the last reading is stale
		w.e.load(9000, 9000, 9000)
	}
	w.request(w.invite, nil)
	if !bytes.HasPrefix(w.out.last, []byte("SIP/2.0 488 ")) || w.m.Parse(w.out.last) != nil {
		return false
	}
	tag := w.m.Text(w.m.ToTag)
	b := append(w.buf[:0], w.refusalACK...)
	w.number(b)
	w.buf = append(append(b, tag...), "\r\nContent-Length: 0\r\n\r\n"...)
	w.e.p.receive(w.buf, fromCaller, w.out)
	return true
}

func newRefusedCall(t testing.TB) *wholeCall {
	w := newWholeCall(t, offer)
	invite := string(w.invite)
	head, _, _ := strings.Cut(strings.Replace(strings.Replace(invite, "INVITE sip:", "ACK sip:", 1), "1 INVITE", "1 ACK", 1), "Content-Type")
	lines := ""
	to := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(head, "\r\n"), "\r\n") {
		if strings.HasPrefix(line, "To:") {
			to = line
			continue
		}
		lines += line + "\r\n"
	}
	w.refusalACK = []byte(lines + to + ";tag=")
	return w
}

func BenchmarkRefusedCall(b *testing.B) {
	w := newRefusedCall(b)
	b.ReportAllocs()
	for b.Loop() {
		if !w.playRefused() {
			b.Fatalf("%s", w.out.last)
		}
	}
	if n := w.e.p.Transactions().Absorbed; n < uint64(b.N) {
		b.Fatalf("%d ACKs were absorbed of %d calls", n, b.N)
	}
}
