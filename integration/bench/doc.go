// Command bench measures an edge against its peers: a plain blind relay, which
// shows what carrying the datagrams alone costs, a bare one, which shows the least
// that it can cost, and Kamailio. All of them get the same
// sipp traffic in turn, in one run and interleaved, so that whatever else the
// machine does meets each of them alike.
//
//	make bench                                            # everything; says first how long it takes
//	go run ./integration/bench -rows udp-2000 -rounds 1   # one row, for development
//	go run ./integration/bench -rows udp-2000 -proxies bridgehead -base FILE   # beside another build
//
// Its map: row.go has the rows, site.go the addresses of one measurement and
// measure.go its course. proxy.go says what a peer is; edge.go, kamailio.go and
// relay.go are the peers (relayplain.go, relayudp.go and relaytcp.go carry). sipp.go runs callers and bridges, probe.go measures
// delays, as sipp's clock has steps of some milliseconds. tree.go reads what
// processes cost from /proc, sippstat.go what sipp counted. sample.go, table.go and
// history.go are for the reader. growth.go has rows for the edge alone,
// profile.go a profile of it.
//
// Its columns. CPU is user and system time of all processes of the proxy, from the
// first call of the row to the end of the last, for each call that went as it
// should. PSS is their memory at that moment, with what they share counted once.
// The delays are from INVITE to its final answer, the callee's part included.
//
// Its rules. A proxy is fresh for each measurement and warmed by a second of the
// same traffic. All of them have every core, the same priority and the same
// bridges. The edge polls their API, records decisions, is asked for its metrics
// every second and logs each call into a file. Kamailio has two workers, the
// allocator for production and no log; it refuses without state, which is the
// cheapest that it can. Rows in which a peer does better are printed like the
// others, and no figure is ever a test.
package main
