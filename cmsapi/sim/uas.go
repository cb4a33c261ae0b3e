package sim

import (
	"strconv"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/zap"
)

// userAgentName is our Server and User-Agent.
const userAgentName = "CMS simulator"

// allowed is our Allow.
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, MESSAGE, NOTIFY"

// maxSilenced bounds what SIPSilent remembers to tell retransmissions.
const maxSilenced = 65536

// malformed counts what could not be read.
func (b *Bridge) malformed() {
	b.change(func() { b.counts.Malformed++ })
}

// receive takes a message as it comes off a socket, in order per socket.
func (b *Bridge) receive(e *endpoint, raw []byte, src source) {
	m, err := parseMessage(e.parser, raw)
	if err != nil {
		b.log.Warn("unreadable SIP message", zap.Error(err), zap.Stringer("from", src.addr), zap.ByteString("text", raw))
		b.malformed()
		return
	}
	b.mu.Lock()
	mode := b.sipMode
	late := mode.Kind == SIPSlow || b.late.waiting()
	if late {
		b.delay(mode.Delay, func() { b.handle(e, m, src) })
	}
	if mode.Kind == SIPSilent {
		b.ignore(m, src)
	}
	b.mu.Unlock()
	switch {
	case mode.Kind == SIPSilent:
		b.group.notify()
	case !late:
		b.handle(e, m, src)
	}
}

// ignore only counts a message that gets no answer. The caller holds mu.
func (b *Bridge) ignore(m *message, src source) {
	if m.status != 0 {
		return
	}
	key := m.transactionKey(m.method) + "|" + m.method
	if _, seen := b.silenced[key]; seen {
		b.counts.Retransmissions++
		return
	}
	if len(b.silenced) < maxSilenced {
		b.silenced[key] = struct{}{}
	}
	b.count(m)
	if l := b.dialogOf(m); l != nil {
		l.note(m, src)
	}
}

// count counts a request by its method. The caller holds mu.
func (b *Bridge) count(m *message) {
	switch {
	case m.method != "INVITE":
		b.counts.Requests[m.method]++
	case m.tag("to") != "":
		b.counts.Requests["re-INVITE"]++
	default:
		b.counts.Invites++
	}
}

// dialogOf is the running call whose dialog a request names, nil if there is
// none. The caller holds mu.
func (b *Bridge) dialogOf(m *message) *leg {
	if m.tag("to") == "" {
		return nil
	}
	return b.dialogs[dialogKey(m.callID(), m.tag("to"), m.tag("from"))]
}

// handle does what a message asks.
func (b *Bridge) handle(e *endpoint, m *message, src source) {
	defer b.group.notify()
	if m.status != 0 {
		b.mu.Lock()
		b.learn(m)
		b.mu.Unlock()
		if !e.response(m) {
			b.change(func() { b.counts.Stray++ })
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sip != e {
		return // stopped meanwhile
	}
	if m.method == "ACK" {
		b.ack(e, m, src)
		return
	}
	if tx := e.server(m, m.method); tx != nil {
		b.counts.Retransmissions++
		_ = tx.fsm.Receive(m.parsed.(*sip.Request))
		return
	}
	tx, err := e.newServer(m, src)
	if err != nil {
		b.log.Error("no server transaction", zap.Error(err))
		return
	}
	b.count(m)
	switch l := b.dialogOf(m); {
	case m.method == "CANCEL":
		b.cancelled(e, tx)
	case l != nil:
		l.note(m, src)
		l.inDialog(tx)
	case m.method == "INVITE" && m.tag("to") == "":
		b.invited(e, tx)
	default:
		b.outside(tx)
	}
}

// outside answers a request that belongs to no call and starts none. The
// caller holds mu.
func (b *Bridge) outside(tx *serverTx) {
	m := tx.m
	if len(b.others) >= keepRequests {
		b.others = append([]Request(nil), b.others[1:]...)
	}
	b.others = append(b.others, requestOf(m, tx.src))
	switch {
	case m.tag("to") != "":
		b.respond(tx, newResponse(m, tx.src, 481, ""))
	case m.method == "OPTIONS" && b.sipMode.Kind == SIPUnavailable:
		b.respond(tx, newResponse(m, tx.src, 503, newTag(), b.retryAfter()))
	case m.method == "OPTIONS":
		b.respond(tx, newResponse(m, tx.src, 200, newTag(), header{"Allow", allowed}, header{"Accept", "application/sdp"}, header{"Supported", "replaces"}))
	default:
		b.respond(tx, newResponse(m, tx.src, 405, newTag(), header{"Allow", allowed}))
	}
}

// retryAfter is the header of SIPUnavailable.
func (b *Bridge) retryAfter() header {
	return header{"Retry-After", strconv.Itoa(b.sipMode.RetryAfter)}
}

// respond sends a response through its transaction, nothing after a final one
// but the same 2xx again. The caller holds mu.
func (b *Bridge) respond(tx *serverTx, res *sip.Response) {
	if tx.final >= 300 || (tx.final >= 200 && !res.IsSuccess()) {
		return
	}
	if res.StatusCode >= 200 {
		tx.final = res.StatusCode
	}
	if err := tx.fsm.Respond(res); err != nil {
		b.log.Debug("response not sent", zap.Error(err))
		tx.fsm.Terminate() // sipgo would keep it for ever
	}
}
