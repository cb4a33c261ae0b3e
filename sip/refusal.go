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
}

// reply answers a request itself. It is the only place that does so for a
// transaction. The warn-code is 399 always: 370 would tell CUCM that bandwidth
// ran out, and a Reason header would be read as a Q.850 cause.
func (c *responseContext) reply(m *wire.Message, r *reply) {
	w := c.proxy.work()
	defer c.proxy.done(w)
	w.buf = c.proxy.appendReply(w.buf[:0], w, m, r, c.tx.From(), c.tx.Tag())
	c.tx.StopTimer()
	c.tx.Respond(r.status, w.buf)
	c.up = max(c.up, r.status)
	c.proxy.counts.replies.Add(1)
	if r.warning != "" && !c.decided {
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
func (p *Proxy) appendReply(dst []byte, w *work, m *wire.Message, r *reply, from wire.Hop, tag []byte) []byte {
	w.line = w.line[:0]
	if r.retryAfter > 0 {
		seconds := int64((r.retryAfter + time.Second - 1) / time.Second)
		w.line = append(w.line, "Retry-After: "...)
		w.line = strconv.AppendInt(w.line, seconds, 10)
		w.line = append(w.line, "\r\n"...)
	}
	if r.warning != "" {
		w.line = append(w.line, "Warning: 399 "...)
		w.line = append(w.line, p.arrival(from).host...)
		w.line = append(w.line, " \""...)
		w.line = appendQuotable(w.line, r.warning)
		w.line = append(w.line, "\"\r\n"...)
	}
	w.line = append(w.line, r.extra...)
	return wire.AppendResponse(dst, m, r.status, reasonPhrase(r.status), wire.ResponseOptions{
		Source: from.Remote, ToTag: tag, Extra: w.line,
	})
}

// refusal is the reply to a call that the selection gave to nobody (R7).
func (c *responseContext) refusal() *reply {
	d, codes := c.decision, c.rejectCodes()
	r := &reply{status: codes.Unavailable}
	if d.Outcome == lb.Exhausted || d.Outcome == lb.LandingFull {
		r.status = codes.Exhausted
		if d.Kind == lb.Gateway {
			r.status = codes.Gateway
		}
	}
	if r.status == 503 {
		r.retryAfter = max(d.RetryAfter, time.Second)
	}
	w := c.proxy.work()
	defer c.proxy.done(w)
	w.uri = d.AppendRefusal(w.uri[:0], c.proxy.set.Selector.Table())
	r.warning = string(w.uri)
	return r
}

// rejectCodes are the codes for this caller: its call control's own where it
// has some.
func (c *responseContext) rejectCodes() Reject {
	codes := c.proxy.set.Policy.Reject
	if c.peer.origin != fromControl {
		return codes
	}
	own := &c.proxy.controls[c.peer.index].Reject
	return Reject{
		Exhausted:   cmp.Or(own.Exhausted, codes.Exhausted),
		Gateway:     cmp.Or(own.Gateway, codes.Gateway),
		Unavailable: cmp.Or(own.Unavailable, codes.Unavailable),
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
	w.buf = p.appendReply(w.buf[:0], w, &w.msg, &reply{status: e.Status, warning: e.Reason}, from, statelessTag(&w.msg))
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
