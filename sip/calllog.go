package sip

import (
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// report records a decision with its outcome and writes the one log line of
// the call: who, what, where, why, how long.
func (c *responseContext) report(status int) {
	took := c.now().Sub(c.started)
	d := &c.decision
	var id uint64
	if c.proxy.set.Recorder != nil {
		id = c.proxy.set.Recorder.Record(d, lb.Result{Status: status, Took: took})
	}
	e := c.proxy.log.Check(zap.InfoLevel, "call")
	if e == nil {
		return
	}
	why := d.Outcome.String()
	if c.cancel {
		why = "cancelled"
	}
	e.Write(
		zap.String("call_id", d.CallID.String()),
		zap.String("from", c.from.String()),
		zap.String("to", c.uri.String()),
		zap.String("call_control", c.controlName()),
		zap.String("conference", d.Conference.String()),
		zap.String("bridge", c.proxy.bridgeName(d.Chosen)),
		zap.String("outcome", why),
		zap.Int("status", status),
		zap.Int("tried", c.attempts),
		zap.Duration("took", took.Round(time.Microsecond)),
		zap.Uint64("decision", id),
	)
}

// logRefusal tells why a request never came to a selection.
func (c *responseContext) logRefusal(r *reply) {
	if e := c.proxy.log.Check(zap.InfoLevel, "refused"); e != nil {
		e.Write(
			zap.Stringer("method", c.method),
			zap.String("from", c.from.String()),
			zap.String("to", c.uri.String()),
			zap.Stringer("source", c.tx.From().Remote),
			zap.Int("status", r.status),
			zap.String("why", r.warning),
		)
	}
}

func (c *responseContext) controlName() string {
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
