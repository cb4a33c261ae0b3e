// Package sim is a simulated Call Bridge group: REST API, SIP user agent and
// event log of some Cisco Meeting Server bridges in one process, good enough
// for labs and for whole-system tests.
//
// It is an independent witness. It imports nothing of the edge, reads SIP with
// another parser, computes costs, limits and conferences from its own state,
// and keeps what it received byte for byte, so that a test can ask what really
// reached a bridge.
//
// Map:
//
//	options.go, rules.go                what a group looks like at the start
//	group.go, database.go, dialplan.go  the group: bridges, shared spaces, who is dialled
//	bridge.go, knobs.go, mode.go        one bridge, its knobs and its faults
//	call.go, leg.go, conference.go      what runs on a bridge
//	load.go, sdp.go                     load units, limits, offers and what they cost
//	uas*.go, late.go                    requests from call control
//	uac*.go                             requests to call control: BYE, re-INVITE, calls out
//	message.go, route.go, request.go, response.go  SIP text
//	transport.go, stream.go             UDP and TCP sockets
//	transaction.go                      sipgo's state machines on those sockets
//	api*.go, xml.go, certificate.go     the REST API as CMS shapes it
//	control*.go, webserver.go           the HTTP endpoint that turns the knobs
//	eventlog.go                         CMS event-log lines
//
// Rules: no sleeps and no polling inside; one mutex per bridge, never two at
// once; those of the group, its database and the transactions are leaves; no
// I/O that can block under any; every goroutine ends with Group.Close.
//
// sipgo gives message model, parser, URIs and transaction state machines. Its
// transport layer is not used: it starts a goroutine for every message, so a
// CANCEL may overtake its INVITE, sends requests from ephemeral ports, and
// refuses datagrams over a global limit. Headers are kept as generic ones,
// because sipgo rewrites those that it understands.
package sim
