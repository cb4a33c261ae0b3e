package transaction

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

func TestFullTable(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{MaxTransactions: 2, RetryAfter: 1500 * time.Millisecond})
	w.receive(callerRequest("INVITE", "one", "UDP"))
	w.receive(callerRequest("BYE", "two", "UDP"))
	w.look()

	w.receive(callerRequest("INVITE", "three", "UDP"))
	require.Equal(t, "up 503", w.look())
	refusal := w.sent[len(w.sent)-1].bytes
	require.Contains(t, string(refusal), "Retry-After: 2\r\n")
	w.receive(callerRequest("INVITE", "three", "UDP"))
	require.Equal(t, "up 503", w.look())
	require.Equal(t, refusal, w.sent[len(w.sent)-1].bytes, "the same to each retransmission")
	w.receive(strings.Replace(callerRequest("ACK", "three", "UDP"), "To: <sip:room@example.com>", "To: <sip:room@example.com>;tag="+w.toTag, 1))
	require.Equal(t, "nothing", w.look(), "its ACK must not be forwarded")

	w.receive(callerRequest("BYE", "four", "UDP"))
	require.Equal(t, "nothing", w.look())
	require.False(t, w.layer.Originate(w.now, wire.OPTIONS, nil, w, func(*Tx) { t.Error("started") }))
	w.receive(callerRequest("CANCEL", "one", "UDP"))
	require.Equal(t, "up 200 CANCEL, Cancelled", w.look(), "a CANCEL is answered all the same")
	require.EqualValues(t, 5, w.layer.Stats().Refused)

	w.wait(5 * time.Minute)
	require.Contains(t, w.look(), "Ended")
	w.receive(callerRequest("INVITE", "five", "UDP"))
	require.Equal(t, "Request INVITE, up 100, down2 INVITE", w.look())
}

func TestWrongResponses(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.look()
	good := string(w.answer(0, "INVITE", 180))
	branch := w.branches[0]
	forged := branch[:len(branch)-3] + "aaa"
	for name, c := range map[string]struct {
		response string
		stray    bool
	}{
		"branch of others": {strings.Replace(good, branch, "z9hG4bK1234", 1), true},
		"no branch":        {strings.Replace(good, ";branch="+branch, "", 1), true},
		"forged branch":    {strings.Replace(good, branch, forged, 1), true},
		"other method":     {strings.Replace(good, "1 INVITE", "1 BYE", 1), false},
		"no Via left":      {string(bytes.Join([][]byte{[]byte(good[:strings.Index(good, "Via:")]), withoutSecondVia(good)}, nil)), false},
	} {
		before := w.layer.Stats()
		w.reply([]byte(c.response))
		require.Equal(t, "nothing", w.look(), name)
		after := w.layer.Stats()
		if c.stray {
			require.Equal(t, before.StrayResponses+1, after.StrayResponses, name)
		} else {
			require.Equal(t, before.BadResponses+1, after.BadResponses, name)
		}
	}
	w.reply([]byte(good))
	require.Equal(t, "Response0 180, up 180", w.look())

	// The record's successor must not get its responses.
	w.reply(w.answer(0, "INVITE", 486))
	w.wait(time.Minute)
	w.receive(callerRequest("INVITE", "y", "UDP"))
	require.Equal(t, w.refs[0].slot, w.refs[1].slot)
	w.look()
	w.reply([]byte(good))
	require.Equal(t, "nothing", w.look())
	require.False(t, w.post(0, func(*Tx) { t.Error("gone") }))
	require.False(t, w.layer.Post(Ref{}, w.now, w, func(*Tx) { t.Error("none") }))
	require.False(t, w.layer.Post(Ref{shard: 99, slot: 1}, w.now, w, func(*Tx) { t.Error("none") }))
	w.layer.Undelivered(w.now, w.tokenOf(0), os.ErrClosed, w)
	w.layer.Undelivered(w.now, 0, os.ErrClosed, w)
	w.layer.Undelivered(w.now, ^uint64(0), os.ErrClosed, w)
	require.Equal(t, "nothing", w.look())
}

func withoutSecondVia(response string) []byte {
	var m wire.Message
	if m.Parse([]byte(response)) != nil {
		return nil
	}
	top := response[strings.Index(response, "Via:"):]
	line := strings.Index(top, "\r\n") + 2
	rest := top[line:]
	return []byte(top[:line] + rest[strings.Index(rest, "\r\n")+2:])
}

// ACK and CANCEL must name what was sent: same Request-URI, Via, From, Call-ID, CSeq
// number; one Via; To of the response in the ACK (RFC 3261 sections 9.1, 17.1.1.3).
func TestDerivedRequests(t *testing.T) {
	for _, prepared := range []bool{false, true} {
		t.Run(fmt.Sprintf("from a CANCEL %v", prepared), func(t *testing.T) {
			w := newWorld(t, wire.UDP, wire.UDP, Options{})
			w.receive(callerRequest("INVITE", "x", "UDP"))
			w.reply(w.answer(0, "INVITE", 180))
			if prepared {
				w.post(0, func(tx *Tx) { tx.Cancel(tx.Branch(0), []byte("Reason: SIP;cause=200\r\n")) })
				cancel := w.lastRequest("CANCEL")
				require.Equal(t, "1 CANCEL", header(t, cancel, wire.CSeq))
				require.Equal(t, "<sip:room@example.com>", header(t, cancel, wire.To))
				require.Equal(t, "SIP;cause=200", header(t, cancel, wire.Reason))
				require.Equal(t, 1, strings.Count(string(cancel), "Via: "))
			}
			w.reply(w.answer(0, "INVITE", 603))
			ack := w.lastRequest("ACK")
			require.True(t, strings.HasPrefix(string(ack), "ACK sip:room@example.com SIP/2.0\r\n"))
			require.Equal(t, "1 ACK", header(t, ack, wire.CSeq))
			require.Equal(t, "<sip:room@example.com>;tag=b1", header(t, ack, wire.To))
			require.Equal(t, "<sip:alice@example.com>;tag=a1", header(t, ack, wire.From))
			require.Equal(t, "x@192.0.2.1", header(t, ack, wire.CallID))
			require.Contains(t, header(t, ack, wire.Via), w.branches[0])
			require.Equal(t, 1, strings.Count(string(ack), "Via: "))
			require.NotContains(t, string(ack), "Reason")
		})
	}
}

func (w *world) lastRequest(method string) []byte {
	for i := len(w.sent) - 1; i >= 0; i-- {
		if bytes.HasPrefix(w.sent[i].bytes, []byte(method+" ")) {
			return w.sent[i].bytes
		}
	}
	require.Fail(w.t, "was not sent", method)
	return nil
}

func header(t *testing.T, message []byte, id wire.HeaderID) string {
	t.Helper()
	var m wire.Message
	require.NoError(t, m.Parse(message))
	h, ok := m.Get(id)
	require.True(t, ok)
	return string(m.Text(h.Value))
}

func TestViewsInCallbacks(t *testing.T) {
	w := newWorld(t, wire.TCP, wire.UDP, Options{})
	w.park = true
	from := w.callerHop
	from.Remote = w.callerHop.Remote
	w.onEvent = func(tx *Tx, event string) {
		require.Equal(t, w.now, tx.Now())
		require.Equal(t, Sender(w), tx.Out())
		require.Equal(t, from, tx.From())
		require.Equal(t, from.Conn, tx.ResponseHop().Conn)
		require.Equal(t, wire.INVITE, tx.Method())
		if event == "Request INVITE" {
			require.Nil(t, tx.Data())
			tx.SetData(42)
		}
		require.Equal(t, 42, tx.Data())
	}
	w.receive(callerRequest("INVITE", "x", "TCP"))
	w.now = w.now.Add(time.Second)
	require.True(t, w.post(0, func(tx *Tx) {
		require.Equal(t, callerRequest("INVITE", "x", "TCP"), string(tx.Message()), "a copy, as the reader's buffer is used again")
		require.Nil(t, tx.Branch(0))
		b := tx.NewBranch(w.calleeHop, 5)
		require.Equal(t, b, tx.Branch(0))
		require.True(t, b.Sent().IsZero())
		other := w.calleeHop
		other.Transport = wire.TCP
		b.SetHop(other)
		tx.Send(b)
		tx.Send(b) // Nothing.
		require.Equal(t, other, b.Hop())
		require.EqualValues(t, 5, b.Data())
		b.SetData(6)
		require.False(t, b.Provisional() || b.Done() || b.Abandoned() || b.Cancelled())
		require.Nil(t, tx.Branch(1))
		require.Nil(t, tx.Branch(-1))
	}))
	w.now = w.now.Add(time.Second)
	w.reply(w.answer(0, "INVITE", 183))
	require.True(t, w.post(0, func(tx *Tx) {
		b := tx.Branch(0)
		require.EqualValues(t, 6, b.Data())
		require.Equal(t, 183, b.Status())
		require.True(t, b.Provisional())
		require.Equal(t, w.now.Add(-time.Second), b.Sent())
		require.Equal(t, w.branches[0], string(b.ID()))
		tx.Cancel(b, nil)
		require.True(t, b.Cancelled())
		tx.Abandon(b)
		require.True(t, b.Abandoned())
		require.False(t, tx.IsCancelled())
		require.Equal(t, 0, tx.Final())
		require.False(t, tx.Respond(99, nil))
		require.False(t, tx.Respond(700, nil))
		w.respond(tx, 200)
		require.Equal(t, 200, tx.Final())
	}))
	require.Equal(t, "Request INVITE, up 100, down0 INVITE, Response0 183, up 183, down0 CANCEL, up 200, Released", w.look())
	require.True(t, w.post(0, func(tx *Tx) {
		require.Nil(t, tx.Message())
		require.Len(t, tx.Tag(), tagLen)
	}))
	w.wait(time.Minute)
	require.Equal(t, "Ended", w.look())
	w.requireEmpty()
}

func TestErrOfTheTransport(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	var errs []error
	w.onEvent = func(tx *Tx, _ string) { errs = append(errs, tx.Err()) }
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.layer.Undelivered(w.now, w.tokenOf(0), os.ErrClosed, w)
	w.post(0, func(tx *Tx) { errs = append(errs, tx.Err()) })
	require.Equal(t, []error{nil, os.ErrClosed, nil}, errs)
	require.EqualValues(t, 1, w.layer.Stats().Undelivered)
}

func TestTimerCOfOneTransaction(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{Timers: Timers{C: 200 * time.Second}})
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.post(0, func(tx *Tx) { tx.SetTimerC(190 * time.Second) })
	w.reply(w.answer(0, "INVITE", 180))
	w.look()
	w.wait(189 * time.Second)
	require.Equal(t, "nothing", w.look())
	w.post(0, func(tx *Tx) { tx.SetTimerC(0) })
	w.wait(2 * time.Second)
	require.Equal(t, "Failed0 timer C", w.look())
	w.wait(198 * time.Second)
	require.Equal(t, "nothing", w.look())
	w.wait(2 * time.Second)
	require.Equal(t, "Failed0 timer C", w.look())
}

func TestCloseEndsEverything(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.receive(callerRequest("BYE", "y", "UDP"))
	w.receive(callerRequest("CANCEL", "x", "UDP"))
	w.look()
	w.layer.Close()
	w.layer.Close()
	require.Equal(t, "Ended, Ended", w.look())
	w.requireEmpty()

	w.receive(callerRequest("INVITE", "z", "UDP"))
	w.receive(callerRequest("CANCEL", "z", "UDP"))
	w.receive(callerRequest("ACK", "z", "UDP"))
	w.reply(w.answer(0, "INVITE", 180))
	require.False(t, w.post(0, nil))
	require.False(t, w.layer.Originate(w.now, wire.BYE, nil, w, nil))
	w.layer.Undelivered(w.now, w.tokenOf(0), os.ErrClosed, w)
	w.layer.Start()
	require.Equal(t, "nothing", w.look())
}

func TestShards(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 4, 8: 8, 100: 128, 10_000: 256} {
		l := New(Options{Shards: n, MaxTransactions: 1000})
		require.Len(t, l.shards, want)
		require.GreaterOrEqual(t, l.shards[0].limit*want, 1000)
		for _, a := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
			require.NotNil(t, l.shardOf(key{a: a}))
		}
	}
	require.NotEmpty(t, New(Options{}).shards)
}

func TestCausesHaveNames(t *testing.T) {
	require.Equal(t, "timeout, transport error, timer C, unknown",
		fmt.Sprintf("%s, %s, %s, %s", CauseTimeout, CauseTransport, CauseTimerC, Cause(0)))
	require.True(t, Ref{}.IsZero())
	require.False(t, Ref{slot: 1}.IsZero())
}
