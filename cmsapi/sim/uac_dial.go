package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// DialOptions describe a call that a bridge makes.
type DialOptions struct {
	// To is the SIP URI to call.
	To string
	// From is the caller's URI; empty means the bridge's own address.
	From string
	// Proxy overrides BridgeOptions.OutboundProxy. It is where the INVITE is
	// sent, with no Route header.
	Proxy string
	// Space is the GUID of the space that the participant joins; empty means
	// none.
	Space string
	// Headers are further header lines, each "Name: value", e.g. a Replaces.
	Headers []string
	// NoOffer sends the INVITE without SDP.
	NoOffer bool
}

// Dial calls somebody and returns once the call is connected. If ctx ends
// first it returns at once, and the INVITE is cancelled as soon as the callee
// lets it be (RFC 3261 section 9.1). What the callee refused is a *Refused;
// the call stands in Calls either way.
func (b *Bridge) Dial(ctx context.Context, o DialOptions) (Call, error) {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	l, text, to, err := b.prepare(o, abort)
	if err != nil {
		return Call{}, err
	}
	err = l.e.await(ctx, func() error { return b.complete(ctx, l, text, to) })
	b.mu.Lock()
	defer b.mu.Unlock()
	return l.snapshot(), err
}

// complete sends the INVITE of a prepared call and sees it through.
func (b *Bridge) complete(ctx context.Context, l *leg, text string, to hop) error {
	b.group.notify()
	defer b.group.notify()
	m, err := l.e.transact(ctx, "INVITE", text, to, b.group.opts.T1)
	var ack string
	b.mu.Lock()
	if m != nil && m.status/100 == 2 {
		ack, to, err = l.connected(m, err)
	} else {
		var refused *Refused
		if errors.As(err, &refused) {
			l.Status = refused.Status
		}
		l.finish("remote SIP teardown")
	}
	b.mu.Unlock()
	if ack != "" {
		// Even a call given up is acknowledged first.
		err = errors.Join(err, l.e.acknowledge2xx(context.WithoutCancel(ctx), m.tx, ack, to))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && b.legs[l.Leg] == l {
		b.drop(l, "local teardown")
	}
	return err
}

// prepare makes the leg of an outgoing call and its INVITE.
func (b *Bridge) prepare(o DialOptions, abort func()) (l *leg, text string, to hop, err error) {
	proxy := cmp.Or(o.Proxy, b.opts.OutboundProxy, o.To)
	if to, err = hopOf(proxy, "UDP"); err != nil {
		return nil, "", to, err
	}
	t := target{name: o.To}
	if o.Space != "" {
		s, ok := b.group.db.space(o.Space)
		if !ok {
			return nil, "", to, fmt.Errorf("sim: there is no space %s", o.Space)
		}
		t = target{kind: targetSpace, space: s, name: s.Name}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sip == nil {
		return nil, "", to, errStopped
	}
	l = b.newLeg(b.sip, to.network)
	host := net.JoinHostPort(b.sipAddr.Addr().String(), strconv.Itoa(int(b.sipAddr.Port())))
	l.Direction, l.target, l.Target, l.Space = Outgoing, t, t.kind, t.space.ID
	l.CallID = uuid.NewString()
	l.From = "<" + cmp.Or(o.From, "sip:cms@"+host) + ">"
	l.To, l.RequestURI, l.Contact = "<"+o.To+">", o.To, l.contact()
	l.local, l.remote, l.remoteTarget = l.From+";tag="+l.localTag, l.To, o.To
	l.abort = abort
	body := ""
	if !o.NoOffer {
		body = l.describe(offerMedia())
	}
	l.proxy = &to
	text, _, _, err = l.nextRequest("INVITE", body)
	l.proxy = nil
	if err != nil {
		l.finish("local teardown")
		return nil, "", to, err
	}
	if len(o.Headers) > 0 {
		text = strings.Replace(text, "\r\nContent-", "\r\n"+strings.Join(o.Headers, "\r\n")+"\r\nContent-", 1)
	}
	l.INVITE, l.Source = text, host
	l.delayed = o.NoOffer
	b.line("call %d: outgoing SIP call to \"%s\" from space \"%s\"", l.Number, strings.TrimPrefix(o.To, "sip:"), t.space.Name)
	return l, text, to, nil
}

// learn enters the dialog that a response to our INVITE makes (RFC 3261
// section 12.1.2), as soon as it is read, since a BYE may follow at once. The
// caller holds mu.
func (b *Bridge) learn(m *message) {
	if m.cseqOf != "INVITE" || m.status <= 100 || m.status >= 300 || m.tag("to") == "" {
		return
	}
	for _, l := range b.legs {
		if l.Direction != Outgoing || l.CallID != m.callID() || l.localTag != m.tag("from") || l.State != StateRinging {
			continue
		}
		if k := dialogKey(l.CallID, l.localTag, l.remoteTag); b.dialogs[k] == l {
			delete(b.dialogs, k)
		}
		l.remoteTag, l.remote = m.tag("to"), m.get("to")
		l.routes = m.list("record-route")
		slices.Reverse(l.routes)
		if c := m.contact(); c != "" {
			l.remoteTarget = c
		}
		l.dialog()
		if m.status >= 200 {
			l.State, l.Status, l.Answered = StateAnswered, m.status, time.Now()
			b.join(l, l.target)
		}
		return
	}
}

// connected writes the ACK of a 2xx, with an answer if the offer came with it.
// The caller holds mu.
func (l *leg) connected(m *message, err error) (ack string, to hop, joined error) {
	far, serr := readSDP(m.get("content-type"), m.body)
	body := ""
	if l.delayed && serr == nil {
		body = l.describe(answerMedia(far))
	}
	ack, to, aerr := l.request("ACK", l.localSeq, body)
	if l.b.legs[l.Leg] == l { // no BYE came meanwhile
		l.State = StateConnected
		l.charge(units(far))
	}
	return ack, to, errors.Join(err, aerr)
}
