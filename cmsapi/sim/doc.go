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
//	options.go, rules.go              what a group looks like at the start
//	group.go, database.go             the group: bridges, shared spaces and dial plan
//	bridge.go, mode.go                one bridge, its knobs and its faults
//	call.go, conference.go, leg.go    what runs on a bridge
//	load.go, admission.go, dialplan.go  load units, native limits, who is dialled
//	message.go, response.go, request.go, route.go  SIP text
//	transport.go, udp.go, tcp.go      sockets
//	transaction.go                    sipgo's state machines on those sockets
//	uas*.go, uac*.go                  requests from and to call control
//	sdp.go                            offers, answers and what they cost
//	api*.go, xml.go, page.go          the REST API as CMS shapes it
//	control.go                        the HTTP endpoint that turns the knobs
//	eventlog.go                       CMS event-log lines
//
// Rules: no sleeps and no polling inside; one mutex per bridge, one for the
// group's database, taken in the order bridge before group, and no I/O that
// can block under either; every goroutine ends with Group.Close.
//
// sipgo gives message model, parser, URIs and transaction state machines. Its
// transport layer is not used: it starts a goroutine for every message, so a
// CANCEL may overtake its INVITE, sends requests from ephemeral ports, and
// refuses datagrams over a global limit. Headers are kept as generic ones,
// because sipgo rewrites those that it understands.
package sim
