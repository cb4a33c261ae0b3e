// Package cmsapi turns the REST API of Call Bridges into readings for package
// lb and into a directory of what can be dialled.
//
// A [Poller] per bridge asks that bridge's Web Admin for load, running calls,
// limits and status, and hands every result, failures included, to a
// [Reporter]. A [Directory] per group reads the group's dial plan, spaces, IVRs
// and users through the pollers' budget and says what a dialled URI means
// ([Directory.Classify]). Neither is ever waited for by a call: what they know
// lies ready in memory. What is not known yet can be asked ([Directory.Query]):
// the call is parked for the moment that it takes, and goes on without an answer.
//
// Map, from the wire upwards:
//
//	client.go, tls.go, transport.go, body.go    one authenticated GET, its bounds, its answer
//	kind.go, error.go, classify.go, failure.go  what can go wrong, and what the operator must do
//	document.go, value.go                       CMS's XML, read with tolerance
//	load.go, status.go, cluster.go, calls.go,
//	call.go, cospaces.go, spacedetails.go,
//	dialplan.go, users.go, uriusage.go,
//	paging.go                                   one object of the API each, and the rule of pages
//	endpoint.go, budget.go                      what a bridge is asked, and how much in a second
//	options.go, poller.go, schedule.go,
//	turns.go, job.go, gate.go                   one goroutine per bridge: who is asked next, and when not
//	pollload.go, polllimits.go, pollstatus.go,
//	pollcalls.go, pollcall.go, pollquery.go     what each answer does
//	roster.go, queue.go                         the calls of a bridge, and when to look at which again
//	health.go, snapshot.go                      log lines for people, figures for the admin API
//	directory.go, agenda.go, source.go, ask.go  what the directory reads next, and from which bridge
//	lister.go, planreader.go, detailreader.go   one list, the dial plan, one space at a time
//	book.go, index.go, userbook.go, plan.go     spaces, URIs, users and rules as they are known
//	target.go, resolve.go                       what a dialled URI means
//	queries.go, answers.go, hints.go            questions of calls, and what they teach
//	directorystatus.go                          figures of the directory
//
// Rules: decoders are pure and judge only what they use. An error names the
// bridge, the path and the remedy, never the password. No more than the budget
// is asked in any second, whatever the call rate; load is asked every interval,
// whatever happens, and questions go before all else, three a second at most.
// Callers of a directory wait for no request, and never for a lock that is held
// longer than one change of a map takes.
package cmsapi
