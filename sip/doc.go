// Package sip is the front door: the proxy core of RFC 3261 section 16.
//
// It takes requests from configured call control and from the Call Bridges,
// decides with package lb where a call goes, forwards it statefully, and sends
// everything after it in the dialog along the same way. It never opens a
// socket (package transport does) and never runs a retransmission timer
// (package transaction does); what is here is what a proxy decides.
//
// # Map, in the order of section 16
//
//	section              file               what it does
//	16.2, the page       proxy.go           one request from arrival to its way out
//	who may speak        peers.go           sources → call control or bridge; strangers
//	                     endpoint.go        configured destinations and their servers now
//	                     identity.go        which hosts are us, a bridge, call control
//	16.3                 validation.go      416, 483, 420
//	16.3 step 4          loop.go            what comes back unchanged; sessionloop.go: as new calls; breadth.go: Max-Breadth
//	16.4                 route.go           our own Route values removed, strict routers repaired, maddr
//	16.5                 target.go          which of our domains, bridges or dialogs a request means
//	                     dialog.go          requests inside a dialog, by the token in Record-Route; ack.go: the ACK of a 2xx
//	                     outbound.go        requests of a bridge: to a bridge, a peer, a space
//	                     classification.go  what a URI is, asked for where nobody knows; resolver.go: of whom
//	                     place.go           the selection asked, the call remembered; observe.go: only asked
//	                     offer.go           what a call will cost, read from its SDP
//	16.6                 forward.go         the copy that goes out: every edit in one place
//	                     requesturi.go      what becomes of the Request-URI
//	                     locate.go          the next hop of a URI; requests parked for a name
//	                     recordroute.go     Record-Route, one value or two
//	                     token.go           the signed user part that needs no state
//	18.1.1               pathmtu.go         requests too large for a datagram, over TCP and back
//	16.7                 response.go        what goes up at once
//	                     bestresponse.go    what is kept, what tries the next target, what goes up in the end
//	                     afterwards.go      repeated and late 2xx
//	16.8, 16.9           failure.go         silence, transport errors, timer C
//	16.10                cancel.go          CANCEL in both races
//	16.11                stateless.go       branches and tags that need no state
//	11, OPTIONS          options.go         ours answered; probe.go: the bridges probed
//	refusing             refusal.go         the only place that makes an error response; phrase.go: its words
//	state                context.go         the response context of one request; decided.go: its decision, small between two events
//	                     calls.go           calls that are up, bounded
//	                     names.go           names in messages, resolved off the path and remembered
//	                     discovery.go       from a name to its servers, by NAPTR and SRV (RFC 3263)
//	                     servers.go         which of them a request tries next (RFC 2782)
//	telling              calllog.go         one log line per call; redaction.go: numbers masked
//	                     stats.go           counters; traffic.go: of what came in
//	                     explain.go         what would become of a call that nobody makes
//	setting up           settings.go        all that a Proxy is made of; lifecycle.go: New, Start, Drain, Close
//
// # Rules
//
// A callback of package transaction runs under its shard's lock: nothing here
// may do I/O, wait or take a lock that is held during I/O. Whatever needs the
// network (a name) is parked: the caller has its 100, the result comes back as
// an event to the same record.
//
// No byte is changed that section 16 does not ask for: a message is forwarded
// as splices over the bytes that came in.
//
// The deliberate deviations from section 16 are few: an unmatched CANCEL is
// answered 481 and never forwarded statelessly; a foreign domain is 404;
// strangers are met with silence; header bytes that are dangerous are refused.
package sip
