// Package cmsapi turns the REST API of Call Bridges into readings for package
// lb and into a directory of spaces.
//
// A [Poller] per bridge asks that bridge's Web Admin for load, running calls,
// limits and status, and hands every result, failures included, to a
// [Reporter]. A [Directory] per group lists the group's spaces through the
// pollers' budget and answers which space a dialled user part means. Neither is
// ever waited for by a call: what they know lies ready in memory.
//
// Map, from the wire upwards:
//
//	client.go, tls.go, transport.go, body.go    one authenticated GET, its bounds, its answer
//	kind.go, error.go, classify.go, failure.go  what can go wrong, and what the operator must do
//	document.go, value.go                       CMS's XML, read with tolerance
//	load.go, status.go, cluster.go, calls.go,
//	call.go, cospaces.go, paging.go             one object of the API each, and the rule of pages
//	endpoint.go, budget.go                      what a bridge is asked, and how much in a second
//	options.go, poller.go, schedule.go,
//	turns.go, job.go, gate.go                   one goroutine per bridge: who is asked next, and when not
//	pollload.go, polllimits.go, pollstatus.go,
//	pollcalls.go, pollcall.go                   what each answer does
//	roster.go, queue.go                         the calls of a bridge, and when to look at which again
//	health.go, snapshot.go                      log lines for people, figures for the admin API
//	directory.go, source.go, ask.go             which bridge lists its spaces, and when
//	pass.go, index.go                           spaces by the user part of their URI
//
// Rules: decoders are pure and judge only what they use. An error names the
// bridge, the path and the remedy, never the password. No more than the budget
// is asked in any second, whatever the call rate; load is asked every interval,
// whatever happens.
package cmsapi
