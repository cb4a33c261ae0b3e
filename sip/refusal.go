package sip

import (
	"cmp"
	"strconv"
	"time"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
	"bridgehead/sip/wire"
)

// retryAfter is what a 503 of ours asks for where nothing better is known: a
// few poll intervals, after which a bridge may be back.
const retryAfter = 5 * time.Second

// allowLine lists what passes this hop.
const allowLine = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, SUBSCRIBE, INFO, MESSAGE\r\n"

// reply is a response of our own, made because a step of section 16 cannot or
// need not go on.
type reply struct {
	status     int
	warning    string        // for the operator, in Warning: 399; "" for none
	retryAfter time.Duration // with 503
	extra      []byte        // further header lines with CRLF
	unplaced   bool          // the decision has the warning and the time instead
}

// unplaced are the replies to a call that the selection gave to nobody (R7). They
// are made once: when all bridges are full, nothing else is sent.
type unplaced struct{ exhausted, gateway, unavailable reply }

// newUnplaced makes them from a caller's own codes, where it has some.
func newUnplaced(own, codes Reject) unplaced {
	with := func(own, code int) reply { return reply{status: cmp.Or(own, code), unplaced: true} }
	return unplaced{
		exhausted:   with(own.Exhausted, codes.Exhausted),
		gateway:     with(own.Gateway, codes.Gateway),
		unavailable: with(own.Unavailable, codes.Unavailable),
	}
}

// reply answers a request itself. It is the only place that does so for a
// transaction. The warn-code is 399 always: 370 would tell CUCM that bandwidth
// ran out, and a Reason header would be read as a Q.850 cause.
func (c *responseContext) reply(m *wire.Message, r *reply) {
	w := c.proxy.work()
	defer c.proxy.done(w)
	from := c.tx.From()
	if r.unplaced {
		w.line = c.appendUnplaced(w.line[:0], r.status, from)
	} else {
		w.line = c.proxy.appendExtra(w.line[:0], r, from)
	}
	w.buf = appendReply(w.buf[:0], m, r.status, w.line, from, c.tx.Tag())
	c.tx.StopTimer()
	c.tx.Respond(r.status, w.buf)
	c.up = max(c.up, r.status)
	c.proxy.counts.replies.Add(1)
	if !c.decided {
		c.logRefusal(r)
	}
	c.finish(r.status)
}

// replyLater answers from an event other than the request's arrival, when only
// the kept copy of the request is there.
func (c *responseContext) replyLater(r *reply) {
	b := c.tx.Message()
	if b == nil || c.finished {
		return
	}
	w := c.proxy.work()
	defer c.proxy.done(w)
	if w.msg.Parse(b) != nil {
		return
	}
	c.reply(&w.msg, r)
}

// appendReply builds the response bytes.
func appendReply(dst []byte, m *wire.Message, status int, extra []byte, from wire.Hop, tag []byte) []byte {
	return wire.AppendResponse(dst, m, status, reasonPhrase(status), wire.ResponseOptions{
		Source: from.Remote, ToTag: tag, Extra: extra,
	})
}

// appendExtra appends the header lines that a reply adds to those of the request.
func (p *Proxy) appendExtra(dst []byte, r *reply, from wire.Hop) []byte {
	dst = appendRetryAfter(dst, r.retryAfter)
	if r.warning != "" {
		dst = p.appendWarning(dst, from)
		dst = append(appendQuotable(dst, r.warning), "\"\r\n"...)
	}
	return append(dst, r.extra...)
}

// appendUnplaced does so for a call that the selection gave to nobody: the reason
// goes from the decision into the header, by way of no string.
func (c *responseContext) appendUnplaced(dst []byte, status int, from wire.Hop) []byte {
	if status == 503 {
		dst = appendRetryAfter(dst, max(c.decision.RetryAfter, time.Second))
	}
	dst = c.proxy.appendWarning(dst, from)
	dst = c.decision.AppendRefusal(dst, c.proxy.set.Selector.Table())
	return append(dst, "\"\r\n"...)
}

// appendRetryAfter appends Retry-After in whole seconds, nothing for 0.
func appendRetryAfter(dst []byte, after time.Duration) []byte {
	if after <= 0 {
		return dst
	}
	dst = append(dst, "Retry-After: "...)
	dst = strconv.AppendInt(dst, int64((after+time.Second-1)/time.Second), 10)
	return append(dst, "\r\n"...)
}

// appendWarning appends a Warning up to the quote that opens its text.
func (p *Proxy) appendWarning(dst []byte, from wire.Hop) []byte {
	dst = append(dst, "Warning: 399 "...)
	dst = append(dst, p.arrival(from).host...)
	return append(dst, " \""...)
}

// refusal is the reply to a call that the selection gave to nobody (R7).
func (c *responseContext) refusal() *reply {
	p := c.proxy
	replies := &p.unplaced
	if c.peer.origin == fromControl {
		replies = &p.controls[c.peer.index].unplaced
	}
	switch d := c.decision; {
	case d.Outcome != lb.Exhausted && d.Outcome != lb.LandingFull:
		return &replies.unavailable
	case d.Kind == lb.Gateway:
		return &replies.gateway
	default:
		return &replies.exhausted
	}
}

// malformed refuses a request that could not be parsed, statelessly (RFC 3261
// section 16.3 step 1); what cannot be answered is dropped.
func (p *Proxy) malformed(w *work, err error, from wire.Hop, out transaction.Sender) {
	p.counts.malformed.Add(1)
	e, ok := err.(*wire.Error)
	if !ok || e.Status == 0 || !w.msg.IsRequest() || w.msg.Method == wire.ACK || !w.msg.Answerable() {
		return
	}
	w.line = p.appendExtra(w.line[:0], &reply{warning: e.Reason}, from)
	w.buf = appendReply(w.buf[:0], &w.msg, e.Status, w.line, from, statelessTag(&w.msg))
	out.Send(transaction.ResponseHop(&w.msg, from), 0, w.buf)
}

func badRequest(err error) *reply {
	if e, ok := err.(*wire.Error); ok && e.Status != 0 {
		return &reply{status: e.Status, warning: e.Reason}
	}
	return &reply{status: 400, warning: err.Error()}
}

// appendQuotable appends s as the inside of a quoted-string.
func appendQuotable(dst []byte, s string) []byte {
	for i := range len(s) {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			dst = append(dst, '\\', ch)
		case ch < ' ' || ch == 0x7f:
			dst = append(dst, ' ')
		default:
			dst = append(dst, ch)
		}
	}
	return dst
}

// printable is a piece of a message, bounded and fit for a warning or a log.
func printable(b []byte) string {
	const most = 64
	if len(b) > most {
		b = b[:most]
	}
	return string(b)
}
