package sim

// inDialog takes a request of the leg's dialog. The caller holds mu.
func (l *leg) inDialog(tx *serverTx) {
	b, m := l.b, tx.m
	if m.cseq <= l.remoteSeq && l.remoteSeq != 0 {
		b.respond(tx, newResponse(m, tx.src, 500, "")) // RFC 3261 section 12.2.2
		return
	}
	l.remoteSeq = m.cseq
	switch m.method {
	case "BYE":
		l.bye(tx)
	case "INVITE", "UPDATE":
		l.modify(tx)
	case "OPTIONS", "INFO", "MESSAGE", "NOTIFY":
		b.respond(tx, newResponse(m, tx.src, 200, "", header{"Allow", allowed}))
	default:
		b.respond(tx, newResponse(m, tx.src, 405, "", header{"Allow", allowed}))
	}
}

// bye ends the call, also one that still rings (RFC 3261 section 15.1.2).
func (l *leg) bye(tx *serverTx) {
	b := l.b
	b.respond(tx, newResponse(tx.m, tx.src, 200, ""))
	if l.invite != nil && l.invite.final == 0 {
		l.refuse(487, "remote SIP teardown")
		return
	}
	l.finish("remote SIP teardown")
}

// modify takes a re-INVITE or an UPDATE (RFC 3261 section 14.2, RFC 3311).
func (l *leg) modify(tx *serverTx) {
	b, m := l.b, tx.m
	if m.method == "INVITE" {
		b.respond(tx, newResponse(m, tx.src, 100, ""))
	}
	offer, err := readSDP(m.get("content-type"), m.body)
	switch {
	case l.busy || l.State == StateRinging && m.method == "INVITE":
		b.respond(tx, newResponse(m, tx.src, 491, ""))
		return
	case m.body != "" && err != nil:
		b.respond(tx, newResponse(m, tx.src, 415, "", header{"Accept", "application/sdp"}))
		return
	}
	if c := m.contact(); c != "" {
		l.remoteTarget = c
	}
	if err == nil && l.State != StateRinging {
		l.charge(units(offer))
	}
	l.sendOK(tx)
}
