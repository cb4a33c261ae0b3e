package sip

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// report records a decision with its outcome and writes the one log line of
// the call: who, what, where, why, how long.
func (c *responseContext) report(status int) {
	took := c.age()
	d := c.decision
	var id uint64
	if c.proxy.set.Recorder != nil {
		r := lb.Result{Status: status, Took: took}
		if c.course == observed {
			r.Observed, r.Delivered, r.Differs = true, c.to.bridge, d.Differs(c.to.bridge)
		}
		id = c.proxy.set.Recorder.Record(d, r)
	}
	e := c.proxy.log.Check(zap.InfoLevel, "call")
	if e == nil {
		return
	}
	why := d.Outcome.String()
	if c.cancel {
		why = "cancelled"
	}
	if status == 0 && !c.cancel {
		why = "unfinished" // the edge ended, or gave up on it
	}
	// The line is made before Write returns, so its texts need no copy, and its
	// fields are used again.
	w := c.proxy.work()
	defer c.proxy.done(w)
	w.fields = [callFields]zap.Field{
		zap.String("call_id", view(d.CallID.Bytes())),
		zap.String("from", c.proxy.shown(view(d.From.Bytes()))),
		zap.String("to", c.proxy.shown(view(d.To.Bytes()))),
		zap.String("call_control", c.senderName()),
		zap.String("conference", c.proxy.shownKey(view(d.Conference.Bytes()))),
		zap.String("bridge", c.proxy.bridgeName(c.bridgeNow())),
		zap.String("outcome", why),
		zap.Int("status", status),
		zap.Int("tried", c.attempts),
		zap.Duration("took", took.Round(time.Microsecond)),
		zap.Uint64("decision", id),
	}
	e.Write(w.fields[:]...)
	clear(w.fields[:])
}

// callFields is how many fields the line of a call has.
const callFields = 11

// refusalLines is how many requests per second that were refused without a
// selection are told of. A peer that goes wild must not fill the log; what was
// left out is counted in the next line.
const refusalLines = 20

// lineBudget lets so many lines per second through. Safe for concurrent use.
type lineBudget struct {
	second atomic.Int64 // Unix time
	used   atomic.Int64 // lines in this second
	missed atomic.Uint64
}

// take reports whether a line may be logged now, and how many were not since
// the last one.
func (l *lineBudget) take(now time.Time, most int64) (missed uint64, ok bool) {
	if s, old := now.Unix(), l.second.Load(); s != old && l.second.CompareAndSwap(old, s) {
		l.used.Store(0)
	}
	if l.used.Add(1) > most {
		l.missed.Add(1)
		return 0, false
	}
	return l.missed.Swap(0), true
}

// logRefusal tells why a request never came to a selection.
func (c *responseContext) logRefusal(r *reply) {
	if r.warning == "" && !r.unplaced || !c.proxy.log.Core().Enabled(zap.InfoLevel) {
		return
	}
	missed, ok := c.proxy.refusals.take(c.now(), refusalLines)
	if !ok {
		return
	}
	why := r.warning
	if r.unplaced {
		why = string(c.decision.AppendRefusal(nil, c.proxy.set.Selector.Table()))
	}
	c.proxy.log.Info("refused",
		zap.Stringer("method", c.method),
		zap.String("from", c.proxy.shown(printable(c.said(c.parties.from)))),
		zap.String("to", c.proxy.shown(printable(c.said(c.parties.uri)))),
		zap.Stringer("source", c.tx.From().Remote),
		zap.Int("status", r.status),
		zap.String("why", c.proxy.shown(why)),
		zap.Uint64("notShown", missed),
	)
}

func (c *responseContext) senderName() string {
	switch c.peer.origin {
	case fromControl:
		return c.proxy.controls[c.peer.index].Name
	case fromBridge:
		return c.proxy.bridges[c.peer.index].Name
	}
	return ""
}

func hostField(host string) zap.Field { return zap.String("host", host) }

func messageField(m *wire.Message) zap.Field {
	return zap.String("start", printable(m.Bytes))
}
