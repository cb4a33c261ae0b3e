package sim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/uuid"
)

// keepInDialog bounds Call.Requests.
const keepInDialog = 64

// leg is one SIP call of a bridge while it runs, a call leg in the API. Its
// fields are under the bridge's mutex.
type leg struct {
	Call
	b      *Bridge
	e      *endpoint
	target target
	conf   *conference

	invite   *serverTx // of an incoming call
	mergeKey string
	mode     SIPMode // in force when the call came
	delayed  bool    // our offer waits for the answer in the ACK
	ring     *time.Timer
	unacked  map[uint32]*unacked // by CSeq number
	charged  int
	session  uint64 // of the o= line
	version  int
	abort    func() // of an outgoing call that rings
	busy     bool   // a re-INVITE or UPDATE of ours is open

	localTag, remoteTag string
	local, remote       string // From and To of our requests
	remoteTarget        string
	routes              []string
	localSeq, remoteSeq uint32
	network             string
	proxy               *hop // of the first INVITE of ours, while it is written
}

// unacked is a 2xx that is sent again until its ACK comes.
type unacked struct {
	tx       *serverTx
	res      *sip.Response
	interval time.Duration
	deadline time.Time
	timer    *time.Timer
}

// newTag makes a tag or a branch's random part: 64 bits (RFC 3261 section
// 19.3 asks for 32).
func newTag() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// dialogKey names a dialog from our side (RFC 3261 section 12).
func dialogKey(callID, localTag, remoteTag string) string {
	return callID + "|" + localTag + "|" + remoteTag
}

// mergeKey names an initial request, to find one that came by two ways (RFC
// 3261 section 8.2.2.2).
func mergeKey(m *message) string {
	return m.callID() + "|" + m.tag("from") + "|" + strconv.Itoa(int(m.cseq))
}

// newLeg records a call. The caller holds mu.
func (b *Bridge) newLeg(e *endpoint, network string) *leg {
	b.numbers++
	id := uuid.New()
	l := &leg{
		b: b, e: e, network: network, localTag: newTag(), unacked: make(map[uint32]*unacked),
		session: uint64(id.ID()), version: 1,
		Call: Call{Bridge: b.opts.Name, Number: b.numbers, Leg: id.String(), Transport: network, State: StateRinging, Started: time.Now()},
	}
	b.legs[l.Leg] = l
	b.mostLegs = max(b.mostLegs, len(b.legs))
	return l
}

// dialog enters the leg's dialog, once both tags are known. The caller holds mu.
func (l *leg) dialog() {
	l.b.dialogs[dialogKey(l.CallID, l.localTag, l.remoteTag)] = l
}

// peer is the far end's URI without parameters, for the log.
func (l *leg) peer() string {
	from := l.remote
	uri, _ := splitNameAddr(from)
	var u sip.Uri
	if sip.ParseUri(uri, &u) != nil {
		return uri
	}
	return u.Endpoint()
}

// contact is our Contact.
func (l *leg) contact() string {
	user := "cms"
	if l.target.space.URI != "" {
		user = l.target.space.URI
	}
	return fmt.Sprintf("<sip:%s@%s;transport=%s>", user, net.JoinHostPort(l.e.addr.Addr().String(), strconv.Itoa(int(l.e.addr.Port()))), strings.ToLower(l.network))
}

// note keeps a request of the dialog.
func (l *leg) note(m *message, src source) {
	if len(l.Requests) < keepInDialog {
		l.Requests = append(l.Requests, requestOf(m, src))
	}
}

// requestOf is the record of a request.
func requestOf(m *message, src source) Request {
	return Request{Method: m.method, At: time.Now(), Transport: src.network, Source: src.addr.String(), Text: m.raw}
}

// charge makes the leg cost that many units from now on. The caller holds mu.
func (l *leg) charge(units int) {
	l.b.load.add(time.Now(), units-l.charged)
	l.charged = units
	if units != 0 {
		l.Units = units
	}
	l.b.wakeAfterLag()
}

// wakeAfterLag wakes those who wait once a change of load is told.
func (b *Bridge) wakeAfterLag() {
	if b.load.lag > 0 {
		time.AfterFunc(b.load.lag+time.Millisecond, b.group.notify)
	}
}

// stopTimers stops everything that would act for the leg later.
func (l *leg) stopTimers() {
	if l.ring != nil {
		l.ring.Stop()
	}
	for _, u := range l.unacked {
		u.timer.Stop()
	}
	clear(l.unacked)
}

// finish takes the leg off the bridge and into its history. The caller holds
// mu. Doing it twice does nothing.
func (l *leg) finish(reason string) {
	b := l.b
	if b.legs[l.Leg] != l {
		return
	}
	l.stopTimers()
	answered := !l.Answered.IsZero()
	l.Ended, l.Reason = time.Now(), reason
	var lasted time.Duration
	l.State = StateRefused
	connected := "not connected after"
	if answered {
		l.State, lasted, connected = StateEnded, l.Ended.Sub(l.Answered), "connected for"
	}
	b.line("call %d: ending; %s - %s %d:%02d", l.Number, reason, connected, int(lasted.Minutes()), int(lasted.Seconds())%60)
	b.leave(l)
	l.charge(0)
	delete(b.legs, l.Leg)
	if b.initial[l.mergeKey] == l {
		delete(b.initial, l.mergeKey)
	}
	if k := dialogKey(l.CallID, l.localTag, l.remoteTag); b.dialogs[k] == l {
		delete(b.dialogs, k)
	}
	if answered {
		b.completed++
	}
	b.ended = append(b.ended, l.snapshot())
	if keep := b.group.opts.History; len(b.ended) > 2*keep {
		b.ended = append([]Call(nil), b.ended[len(b.ended)-keep:]...)
	}
}

// snapshot copies the call for others.
func (l *leg) snapshot() Call {
	c := l.Call
	c.Requests = slices.Clone(c.Requests)
	return c
}

// Calls are the bridge's calls: those that are over, oldest first, as many as
// Options.History allows, then those that are not, oldest first. Refused ones
// are among them.
func (b *Bridge) Calls() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.ended[max(0, len(b.ended)-b.group.opts.History):])
	for _, l := range b.sortedLegs() {
		all = append(all, l.snapshot())
	}
	return all
}

// sortedLegs are the running ones in the order they came. The caller holds mu.
func (b *Bridge) sortedLegs() []*leg {
	all := make([]*leg, 0, len(b.legs))
	for _, l := range b.legs {
		all = append(all, l)
	}
	slices.SortFunc(all, func(x, y *leg) int { return x.Number - y.Number })
	return all
}

// Call is the newest call of that name, running ones first.
func (b *Bridge) Call(id string) (Call, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.leg(id); l != nil {
		return l.snapshot(), true
	}
	for _, c := range slices.Backward(b.ended) {
		if c.CallID == id || strings.EqualFold(c.Leg, id) {
			return c, true
		}
	}
	return Call{}, false
}

// leg is the newest running call of that name. The caller holds mu.
func (b *Bridge) leg(id string) *leg {
	var found *leg
	for _, l := range b.legs {
		if (l.CallID == id || strings.EqualFold(l.Leg, id)) && (found == nil || l.Number > found.Number) {
			found = l
		}
	}
	return found
}
