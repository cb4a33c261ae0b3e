package sip

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// 20.43: the text of a Warning is a quoted-string, whatever goes into it.
func TestWarningIsQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"plain":          "plain",
		`say "no"`:       `say \"no\"`,
		`back\slash`:     `back\\slash`,
		"a\r\nInjected:": "a  Injected:",
		"tab\tnul\x00":   "tab nul ",
		"ärzte\x7f":      "ärzte ",
		"":               "",
	} {
		require.Equal(t, want, string(appendQuotable(nil, text)))
	}
}

// A refusal is one that its own parser reads, with what the request had, and
// with the address that the peer knows us by.
func TestReplyOfOurOwn(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		c := newCall("re", "sip:room@elsewhere.example.net")
		e.in(cucmAddr, c.request("INVITE", c.uri, "re", "", "v: SIP/2.0/UDP one.example;branch=z9hG4bKone, SIP/2.0/TCP two.example\r\nTimestamp: 54\r\n", offer))
		r := e.one()
		require.Equal(t, 404, r.msg.Status)
		require.Len(t, append(r.headers("Via"), r.headers("v")...), 2)
		require.Equal(t, `399 192.0.2.1 "domain elsewhere.example.net is none of this hop's routes"`, r.header("Warning"))
		require.Empty(t, r.header("Reason"), "R7: it would be read as a cause of Q.850")
		require.NotEmpty(t, r.msg.ToTag)
		tag := string(r.msg.Text(r.msg.ToTag))
		e.in(cucmAddr, c.request("INVITE", c.uri, "re", "", "", offer))
		again := e.one()
		require.Equal(t, tag, string(again.msg.Text(again.msg.ToTag)), "8.2.7: the same for each repetition")
	})
}

// R7: the codes are settable; Retry-After goes with 503 and no other.
func TestRefusalCodes(t *testing.T) {
	for _, tc := range []struct {
		loads             []int
		full, unavailable int
		want              int
		retryAfter        bool
	}{
		{[]int{9000, 9000, 9000}, 488, 503, 488, false},
		{[]int{9000, 9000, 9000}, 503, 480, 503, true},
		{nil, 488, 503, 503, true},
		{nil, 488, 480, 480, false},
	} {
		withEdge(t, func(e *testEdge) {
			e.load(tc.loads...)
			if tc.loads == nil {
				for id := range 3 {
					e.p.bridges[id].at.where.Store(nil)
				}
				e.place2(newCall("rc0", "sip:room@meet.example.com"))
			}
			e.in(cucmAddr, newCall("rc", "sip:room@meet.example.com").invite())
			r := e.one()
			require.Equal(t, tc.want, r.msg.Status)
			require.Equal(t, tc.retryAfter, r.header("Retry-After") != "")
		}, func(s *Settings) { s.Policy.Reject.Exhausted, s.Policy.Reject.Unavailable = tc.full, tc.unavailable })
	}
}

// place2 sends an INVITE whose outcome is of no interest.
func (e *testEdge) place2(c *testCall) {
	e.in(cucmAddr, c.invite())
	e.take()
}

// A peer that goes wild with bad requests cannot fill the log, and nothing of
// it is lost without a count.
func TestRefusalsInTheLogAreBounded(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	withEdge(t, func(e *testEdge) {
		refuse := func(n int) {
			for range n {
				e.in(cucmAddr, newCall("lb", "sip:room@elsewhere.example.net").invite())
				e.after(40 * time.Second) // the transaction is over
			}
		}
		refuse(3)
		require.Equal(t, 3, logs.FilterMessage("refused").Len())
	}, func(s *Settings) { s.Logger = zap.New(core) })

	var l lineBudget
	now := time.Unix(1000, 0)
	shown := 0
	for range 100 {
		if _, ok := l.take(now, refusalLines); ok {
			shown++
		}
	}
	require.Equal(t, refusalLines, shown)
	missed, ok := l.take(now.Add(time.Second), refusalLines)
	require.True(t, ok)
	require.EqualValues(t, 80, missed)
	missed, _ = l.take(now.Add(time.Second), refusalLines)
	require.Zero(t, missed)
}

// A call that finds every bridge full has its line as a call, and no other. A
// request that is no call has one that says why it was refused.
func TestRefusalWhenFullInTheLog(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	withEdge(t, func(e *testEdge) {
		e.load(9000, 9000, 9000)
		e.place2(newCall("lf", "sip:room@meet.example.com"))
		require.Equal(t, 1, logs.FilterMessage("call").Len())
		require.Zero(t, logs.FilterMessage("refused").Len())
		c := newCall("lm", "sip:room@meet.example.com")
		e.in(cucmAddr, c.request("MESSAGE", c.uri, "lm", "", "", ""))
		r := e.one()
		require.Equal(t, 488, r.msg.Status)
		require.Equal(t, 1, logs.FilterMessage("call").Len())
		lines := logs.FilterMessage("refused").All()
		require.Len(t, lines, 1)
		why := lines[0].ContextMap()["why"].(string)
		require.Contains(t, why, "no bridge has room; ")
		require.Equal(t, "399 192.0.2.1 \""+why+"\"", r.header("Warning"), "the same words")
	}, func(s *Settings) { s.Logger = zap.New(core) })
}

// The one line of a call says who, what, where, why and how long.
func TestCallLog(t *testing.T) {
	// Written out, as in the program: what a line says is not kept for later.
	var text bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		MessageKey: "msg", LineEnding: "\n", EncodeDuration: zapcore.StringDurationEncoder,
	}), zapcore.AddSync(&text), zap.InfoLevel)
	withEdge(t, func(e *testEdge) {
		inv := e.place(newCall("cl", "sip:pinned@meet.example.com"))
		e.after(time.Second)
		e.take()
		e.in(cms1Addr, answer(inv, 200, "t1"))
		var got map[string]any
		require.NoError(t, json.Unmarshal(text.Bytes(), &got), "one line: %s", &text)
		require.Equal(t, "call", got["msg"])
		require.Equal(t, "cl@192.0.2.10", got["call_id"])
		require.Equal(t, "sip:pinned@meet.example.com", got["to"])
		require.Equal(t, "cucm", got["call_control"])
		require.Equal(t, "cluster1", got["bridge"])
		require.Equal(t, "chosen", got["outcome"])
		require.EqualValues(t, 200, got["status"])
		require.EqualValues(t, 1, got["tried"])
		require.Equal(t, "1s", got["took"])
		require.True(t, strings.HasPrefix(got["from"].(string), "\"Alice\""))
	}, func(s *Settings) { s.Logger = zap.New(core) })
}
