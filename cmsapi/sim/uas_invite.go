package sim

import (
	"errors"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// understood are the option tags that we take in Require.
var understood = map[string]bool{"replaces": true, "timer": true}

// invited takes a new INVITE outside every dialog. The caller holds mu.
func (b *Bridge) invited(e *endpoint, tx *serverTx) {
	m := tx.m
	b.respond(tx, newResponse(m, tx.src, 100, ""))
	if b.initial[mergeKey(m)] != nil {
		b.respond(tx, newResponse(m, tx.src, 482, newTag()))
		return
	}
	l := b.newLeg(e, tx.src.network)
	l.Direction, l.CallID, l.RequestURI, l.From, l.To = Incoming, m.callID(), m.uri, m.get("from"), m.get("to")
	l.Contact, l.Source, l.INVITE = strings.Join(m.lines("contact"), ", "), tx.src.addr.String(), m.raw
	l.invite, l.mode, l.mergeKey = tx, b.sipMode, mergeKey(m)
	l.remoteTag, l.remote, l.remoteTarget = m.tag("from"), m.get("from"), m.contact()
	l.local = m.get("to") + ";tag=" + l.localTag
	l.routes, l.remoteSeq = m.list("record-route"), m.cseq
	b.initial[l.mergeKey] = l
	l.dialog()

	offer, err := readSDP(m.get("content-type"), m.body)
	word := "SIP"
	if err == nil && audioOnly(offer) {
		word = "SIP audio"
	}
	b.line("call %d: incoming %s call from \"%s\" to local URI \"%s\"", l.Number, word, bare(l.remote), bare(m.uri))
	if status, reason, extra := b.refusal(l, err); status != 0 {
		l.refuse(status, reason, extra...)
		return
	}
	l.offerUnits(offer)
	l.proceed()
}

// bare is the URI of a header value without parameters.
func bare(value string) string {
	uri, _ := splitNameAddr(value)
	uri, _, _ = strings.Cut(uri, ";")
	return uri
}

// refusal decides whether a new call is refused, and with what. It sets the
// leg's target. The caller holds mu.
func (b *Bridge) refusal(l *leg, offerErr error) (status int, reason string, extra []header) {
	m := l.invite.m
	switch l.mode.Kind {
	case SIPBusy:
		return 486, "remote busy", nil
	case SIPDecline:
		return 603, "remote decline", nil
	case SIPReject:
		return l.mode.Status, "rejected", nil
	case SIPUnavailable:
		return 503, "service unavailable", []header{b.retryAfter()}
	}
	var unknown []string
	for _, option := range m.list("require") {
		if !understood[strings.ToLower(option)] {
			unknown = append(unknown, option)
		}
	}
	switch {
	case len(unknown) > 0:
		return 420, "extension required", []header{{"Unsupported", strings.Join(unknown, ", ")}}
	case l.remoteTarget == "" || l.remoteTag == "":
		return 400, "bad request", nil
	case m.body != "" && offerErr != nil && !strings.Contains(m.get("content-type"), "sdp") && !strings.HasPrefix(m.get("content-type"), "multipart/"):
		return 415, "unsupported media type", []header{{"Accept", "application/sdp"}}
	case m.body != "" && offerErr != nil && !errors.Is(offerErr, errNoSDP):
		return 400, "bad SDP", nil
	}
	t, status := b.group.db.resolve(m.uri, b.ownHost)
	if status != 0 {
		return status, "destination not found", nil
	}
	l.target, l.Target, l.Space = t, t.kind, t.space.ID
	if b.full(l) {
		if t.gateway() {
			return 486, "local teardown, system participant limit reached", nil
		}
		return 488, "local teardown, system participant limit reached", nil
	}
	return 0, "", nil
}

// full tells if a native limit refuses one more call: load level 2, or the
// participant limit. The caller holds mu.
func (b *Bridge) full(l *leg) bool {
	if b.level() >= 2 {
		return true
	}
	limit := b.limits.participantLimit
	return limit != nil && b.active()-1 >= *limit
}

// active is how many participants the bridge hosts or is about to. The caller
// holds mu.
func (b *Bridge) active() int {
	n := len(b.legs)
	for _, c := range b.conferences {
		n += c.Participants
	}
	return n
}

// refuse ends a call that was never answered. The caller holds mu.
func (l *leg) refuse(status int, reason string, extra ...header) {
	l.Status = status
	l.b.respond(l.invite, newResponse(l.invite.m, l.invite.src, status, l.localTag, extra...))
	l.finish(reason)
}

// offerUnits notes what the call will cost by the caller's offer.
func (l *leg) offerUnits(offer *sdp.SessionDescription) {
	l.delayed = offer == nil
	l.Units = units(offer)
}

// proceed rings and answers as the group and the mode say. The caller holds mu.
func (l *leg) proceed() {
	o := l.b.group.opts
	ringing := o.SendRinging
	wait := o.Ring
	switch l.mode.Kind {
	case SIPTrying:
		return
	case SIPRingForever, SIPAnswerOnCancel:
		ringing, wait = true, -1
	}
	if ringing {
		l.b.respond(l.invite, newResponse(l.invite.m, l.invite.src, 180, l.localTag, header{"Contact", l.contact()}))
	}
	switch {
	case wait == 0:
		l.answer()
	case wait > 0:
		l.ring = time.AfterFunc(wait, func() { l.b.change(l.answer) })
	}
}

// answer sends the 200 of a ringing incoming call. The caller holds mu.
func (l *leg) answer() {
	b := l.b
	if b.legs[l.Leg] != l || l.State != StateRinging || l.Direction != Incoming {
		return
	}
	l.State, l.Status, l.Answered = StateAnswered, 200, time.Now()
	b.join(l, l.target)
	if !l.delayed {
		l.charge(l.Units)
	}
	l.sendOK(l.invite)
}

// sendOK answers an INVITE or UPDATE of the dialog with a 2xx and a
// description of ours. That of an INVITE is repeated until its ACK comes (RFC
// 3261 section 13.3.1.4). The caller holds mu.
func (l *leg) sendOK(tx *serverTx) {
	m := tx.m
	res := newResponse(m, tx.src, 200, l.localTag,
		header{"Contact", l.contact()}, header{"Allow", allowed}, header{"Supported", "replaces"})
	offer, err := readSDP(m.get("content-type"), m.body)
	switch {
	case err == nil:
		res = withBody(res, "application/sdp", l.describe(answerMedia(offer)))
	case m.method == "INVITE":
		res = withBody(res, "application/sdp", l.describe(offerMedia()))
	}
	l.b.respond(tx, res)
	if m.method != "INVITE" {
		return
	}
	o := l.b.group.opts
	u := &unacked{tx: tx, res: res, interval: o.T1, deadline: time.Now().Add(64 * o.T1)}
	u.timer = time.AfterFunc(u.interval, func() { l.repeat(m.cseq, u) })
	l.unacked[m.cseq] = u
}

// describe is our SDP; its version rises with every change (RFC 3264 section 8).
func (l *leg) describe(media string) string {
	text := writeSDP(l.e.addr.Addr(), l.session, l.version, media)
	l.version++
	return text
}

// repeat sends a 2xx again, or ends the call when its ACK never comes.
func (l *leg) repeat(cseq uint32, u *unacked) {
	b := l.b
	defer b.group.notify()
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.unacked[cseq] != u {
		return
	}
	if !time.Now().Before(u.deadline) {
		b.drop(l, "local teardown, no ACK")
		return
	}
	b.respond(u.tx, u.res)
	u.interval = min(2*u.interval, b.group.opts.T2)
	u.timer.Reset(u.interval)
}

// ack takes an ACK: of a failure, or of a 2xx. The caller holds mu.
func (b *Bridge) ack(e *endpoint, m *message, src source) {
	b.counts.Requests["ACK"]++
	if tx := e.server(m, "INVITE"); tx != nil && tx.final >= 300 {
		e.acknowledge(tx, m)
		return
	}
	l := b.dialogOf(m)
	if l == nil {
		return
	}
	u := l.unacked[m.cseq]
	if u == nil {
		b.counts.Retransmissions++
		return
	}
	l.note(m, src)
	u.timer.Stop()
	delete(l.unacked, m.cseq)
	if l.State == StateAnswered {
		l.State = StateConnected
	}
	if readOffer(u.tx.m) {
		return
	}
	// Our offer's answer is in the ACK. A caller that gives none counts as
	// unknown; a real bridge would end the call.
	answer, _ := readSDP(m.get("content-type"), m.body)
	l.charge(units(answer))
}

// readOffer tells if an INVITE carried an offer.
func readOffer(m *message) bool {
	_, err := readSDP(m.get("content-type"), m.body)
	return err == nil
}

// cancelled takes a CANCEL (RFC 3261 section 9.2). The caller holds mu.
func (b *Bridge) cancelled(e *endpoint, tx *serverTx) {
	m := tx.m
	invite := e.server(m, "INVITE")
	if invite == nil {
		b.respond(tx, newResponse(m, tx.src, 481, newTag()))
		return
	}
	tag := newTag()
	l := b.initial[mergeKey(invite.m)]
	if l != nil && l.invite == invite {
		tag = l.localTag
		l.note(m, tx.src)
	}
	b.respond(tx, newResponse(m, tx.src, 200, tag))
	if l == nil || l.invite != invite || invite.final != 0 {
		return
	}
	if l.mode.Kind == SIPAnswerOnCancel {
		l.answer()
		return
	}
	l.refuse(487, "remote SIP cancel (remote cancel)")
}
