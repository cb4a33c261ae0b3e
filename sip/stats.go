package sip

import (
	"sync/atomic"

	"bridgehead/sip/transaction"
)

// counters count what happens beside the calls.
type counters struct {
	strangers    atomic.Uint64
	malformed    atomic.Uint64
	replies      atomic.Uint64
	noToken      atomic.Uint64
	lostACK      atomic.Uint64
	late2xx      atomic.Uint64
	loops        atomic.Uint64
	sessionLoops atomic.Uint64
	timerC       atomic.Uint64
	unreachable  atomic.Uint64
	queries      atomic.Uint64
	largeTCP     atomic.Uint64
	largeUDP     atomic.Uint64
	backToUDP    atomic.Uint64
	foreignVia   atomic.Uint64
}

// Stats is a snapshot of the counters of a Proxy since New.
type Stats struct {
	Strangers    uint64 // messages from sources that are nobody's
	Malformed    uint64 // messages that could not be parsed
	Replies      uint64 // requests that this hop answered itself
	NoToken      uint64 // requests inside a dialog that were routed without a valid token
	LostACK      uint64 // ACKs that could not be routed
	Late2xx      uint64 // 2xx of an INVITE that came after another final response had gone up
	Loops        uint64 // requests that came back unchanged, answered 482
	SessionLoops uint64 // INVITEs of one Session-ID that came back as new calls, answered 482
	TimerC       uint64 // INVITE branches that rang for longer than timer C
	Unreachable  uint64 // next hops that no listener reaches
	Queries      uint64 // calls that were parked while a bridge was asked about their URI
	LargeTCP     uint64 // requests too large for a datagram on their path, sent over TCP in place of UDP
	LargeUDP     uint64 // ... sent over UDP all the same, in fragments: the target has no TCP, or is to have none
	BackToUDP    uint64 // ... sent over TCP first and then, as no connection came about, over UDP
	ForeignVia   uint64 // responses whose topmost Via is not one that we write
	Parked       int    // gauge: requests that wait for a name, or for what their URI is
	OpenInvites  int    // gauge: INVITE transactions without a final response
	Calls        int    // gauge: calls in the table
}

// Stats returns the counters. It is safe for concurrent use and takes only the
// locks of the call table.
func (p *Proxy) Stats() Stats {
	c := &p.counts
	return Stats{
		Strangers: c.strangers.Load(), Malformed: c.malformed.Load(), Replies: c.replies.Load(),
		NoToken: c.noToken.Load(), LostACK: c.lostACK.Load(), Late2xx: c.late2xx.Load(),
		Loops: c.loops.Load(), SessionLoops: c.sessionLoops.Load(),
		TimerC: c.timerC.Load(), Unreachable: c.unreachable.Load(), Queries: c.queries.Load(),
		LargeTCP: c.largeTCP.Load(), LargeUDP: c.largeUDP.Load(), BackToUDP: c.backToUDP.Load(), ForeignVia: c.foreignVia.Load(), Parked: int(p.parked.Load()),
		OpenInvites: p.OpenInvites(), Calls: p.calls.count(),
	}
}

// Transactions returns the counters of the transaction layer; zero before Start.
// It is safe for concurrent use after that, and takes each of its locks for a
// moment.
func (p *Proxy) Transactions() transaction.Stats {
	if p.layer == nil {
		return transaction.Stats{}
	}
	return p.layer.Stats()
}
