// Package integration holds the tests of the whole system: the edge as its own
// process, a simulated Call Bridge group beside it, and sipp as callers and
// bridges. It has no code of its own; nothing imports it.
//
// Every play is judged at the bridge that got the call as well as at the
// caller: both sides keep each message byte for byte, and a reader of SIP that
// shares nothing with the edge's own compares them.
//
// Map, the lab first:
//
//	main_test.go          the programs under test, built once
//	address_test.go       a private network of loopback addresses for each test
//	message_test.go       the witness: SIP text, read independently
//	trace_test.go         what a sipp process sent and received
//	process_test.go       a program that runs for the length of a test
//	actor_test.go         a sipp process that plays a caller or a bridge
//	edge_test.go          the edge under test and its configuration file
//	admin_test.go         what the edge says of itself
//	group_test.go         the simulated group: REST API, and SIP where no actor plays
//	stage_test.go         one play: edge, group and actors together
//	transparency_test.go  what a proxy may change in a message, and nothing else
//	peer_test.go          a socket for what sipp cannot say
//	pipe_test.go          a connection for what comes in pieces
//	pair_test.go          an edge between two of them
//	rack_test.go          a pair that is asked after each message whether it is well
//	restored_test.go      what a proxy did to a message, taken back
//	site_test.go          an edge before a group that takes the calls itself
//
// and what is played on it:
//
//	plays_test.go         all plays, performed before the edge
//	kamailio_test.go      the same before another proxy: a check of the plays
//	selection_test.go     which bridge gets a call
//	kinds_test.go         what a URI is: gateway calls, IVRs, spaces and their tenants
//	lync_test.go          calls of Lync and Skype, which are never balanced
//	landing_test.go       calls that name a bridge, and whose they are
//	parked_test.go        calls that wait while a bridge is asked about their URI
//	failover_test.go      bridges that are silent or refuse
//	cancel_test.go        calls given up before they are answered
//	dialog_test.go        requests inside calls, also after a restart of the edge
//	outward_test.go       calls that bridges make
//	bridgecall_test.go    where calls that bridges make to URIs go
//	observe_test.go       an edge that only watches
//	refusal_test.go       requests that the edge does not forward
//	relay_test.go         requests that want to abuse it
//	transport_test.go     UDP, TCP and large messages
//	bytes_test.go         messages that only a byte-exact proxy gets through
//	malformed_test.go     messages that are wrong
//	torture_test.go       the messages of RFC 4475, and how each is judged
//	torturecases_test.go  what a proxy owes each of them
//	tortureanswer_test.go the responses among them, given as answers
//	ipv6_test.go          IPv6 addresses in every place and form (RFC 5118)
//	stream_test.go        messages cut and joined by TCP
//	conversation_test.go  every method of a dialog, octet for octet; loops and spirals
//	narrowpath_linux_test.go  large calls over a path that is narrow
//	scenario_test.go      which of all these shows what testers of a proxy look for
//	burst_test.go         many calls between two readings of the load
//	api_test.go           bridges whose API is broken
//	hand_test.go          bridges that an operator takes out and puts back
//	budget_test.go        what a flood of unknown URIs costs the bridges
//	dark_test.go          bridges whose API is away while their SIP is alive
//	liberties_test.go     documents, loads and limits of every shape, and changes of them
//	lifecycle_test.go     signals, draining, a second edge, a bad file
//	command_test.go       the other verbs of the program
//	readme_test.go        what the README promises
//	load_test.go          calls per second, memory and a million transactions, on request only
//
// Scenario files are in testdata/sipp: caller/ and bridge/. The messages of RFC
// 4475 are in testdata/torture, octet for octet.
//
// Rules: only loopback addresses, each test its own; every wait has a bound and
// an event that ends it; a test that fails prints what every process said.
package integration
