// Package lb chooses the Call Bridge for a call. It is the heart of the program
// and knows nothing of SIP, HTTP or configuration files: readings and calls come
// in, decisions go out. It imports the standard library and a hash.
//
// # How it works
//
// One half of the program reports what every bridge says of itself (Reading);
// the Balancer keeps the last answers in an immutable Table. The other half asks
// where a call should go (Call) and gets a Decision. What calls do in between,
// before any bridge shows them, is kept in the Book of their group. A decision is
// a pure function of table, Book, call and time, made in one step under the lock
// of one group: about a microsecond, no I/O, no allocation, and the same whether
// ten or a hundred thousand conferences run (presence.go).
//
//	Reading ──▶ Table ──┐
//	                    ├──▶ judge every bridge ──▶ choose ──▶ Decision ──▶ Recorder
//	Call ─────▶ Book ───┘         (R1 R2 R4 R11)     (R3 R5)    (R7 R13)
//	              ▲                                    │
//	              └──────────── reserve (R10) ─────────┘
//
// # The rules
//
// R1, limits (level.go). A bridge is disfavoured from its new-conference limit on
// and full from its existing-conference limit on: 50 % and 80 % of its own
// loadLimit, unless it says otherwise. Without a loadLimit it is never full.
//
// R2, level (level.go). The effective load is what the bridge last reported plus
// what has been promised to calls since. Level 0 is below the new-conference
// limit, 1 from there on, 2 from the existing-conference limit on. The call that
// is being placed does not count.
//
// R3, priority (rendezvous.go, order.go). Every conference has its own order of
// the bridges of a group, worked out from names alone, so that all edges agree
// without talking. Larger bridges come first more often. An operator's pin wins
// over the hash; an order learned from event logs lies between. A pin by URI counts
// for the space that the URI is, by whichever URI it is dialled.
//
// R4, eligibility (eligible.go, joins.go). A bridge may not take the call if it
// is in maintenance, down, suspect, or asked to be left alone; if it drains and
// the conference does not run there; if its participants or those of the
// conference are at their limit; if it sent the call itself.
//
// R5, choice (choose.go). First where the conference runs and there is room, then
// a bridge at level 0, then one at level 1, then nobody; the lowest priority wins.
//
// R6, other groups (place.go). If nobody in a group can, the route's next group
// is asked in the same way; also when everybody there was tried and failed.
//
// R7, refusal (outcome.go, explain.go). Nobody, and somebody was full: Exhausted.
// Nobody, and nobody was merely full: Unavailable. The SIP side makes response
// codes of these.
//
// R8, what is balanced (call.go, choose.go). Calls to spaces meet; IVR calls go
// to the emptiest bridge; gateway calls have priorities but run nowhere; Lync
// calls are neither balanced nor refused.
//
// R9, landing (question.go). A call may name a bridge. By default any bridge of
// its group may take it; in native mode a full landing bridge refuses at once, as
// CMS does; "only" means exactly that bridge.
//
// R10, reservations (book.go, pending.go, report.go). A placed call reserves its
// expected cost until a load reading shows it: one whose poll began more than the
// settling time after the answer. Likewise it counts as a participant until a
// status shows it, and its conference as running until a list of calls does. All
// end with the call; an unanswered one reserves for 32 s.
//
// R11, freshness and reach (reach.go). See the picture below.
//
// R12, learning (evidence.go, learn.go, place.go). When a bridge fails, the next
// candidate is tried. Silence makes a bridge suspect, Retry-After is obeyed, and
// 488 is believed only of a bridge that looks full or that refuses two callers.
// Two bridges that do not look full and refuse the same offer prove the offer bad.
//
// R13, record (decision.go, recorder.go, cmslog.go, explain.go, decisionview.go;
// frozen.go keeps a decision small while its call rings).
// Every decision is kept with every candidate and its reason, and can be printed
// as the lines that CMS itself would log. An edge may also only watch (observe.go):
// then calls go as they were dialled, and the record says what the rules would have
// done.
//
// # Reach
//
// What R11 makes of a bridge depends on two signs: how old its last load reading
// is, and whether its SIP side answers probes and calls.
//
//	                 reading fresh                  reading older than staleAfter
//	             ┌───────────────────┐  no reading  ┌───────────────────────────┐
//	SIP answers  │ up                │ ───────────▶ │ stale: level counts as 1  │
//	or unproven  │ levels as read    │ ◀─────────── │ (dark, if every bridge is │
//	             └───────────────────┘   reading    │ so: last levels, at most 1│
//	                │ ▲                             └───────────────────────────┘
//	          fails │ │ answers                        │ ▲
//	                ▼ │                 fails, or      │ │ answers
//	             ┌───────────────────┐  unproven for   ▼ │
//	SIP silent   │ suspect: no calls │  downAfter   ┌───────────────────────────┐
//	             │ probed at once    │ ───────────▶ │ down: no calls            │
//	             └───────────────────┘ ◀─────────── └───────────────────────────┘
//	                                    reading
//
// This is the outline; DrawReach draws every change by asking the rule itself
// (testdata/reach.mmd), testdata/reach.golden has a row for all that can be known
// of a bridge, and testdata/reach_sequence.txt runs through all of it.
//
// Before any bridge was ever read everything is blind: placed by priority, with
// failover, or refused, as the policy says. A stale reading is never proof that a
// bridge is full, so that no running conference is split because an API is
// silent; calls that we placed ourselves are no reading and do count.
//
// What stands where at a moment is shown by Balancer.Bridges (bridgeview.go) and
// Balancer.Conferences (conferenceview.go).
//
// # Reading order
//
// choose.go, eligible.go, level.go, place.go, book.go, balancer.go; then
// testdata, where the rules are told as stories; fault_sequence.golden there is a
// minute of faults, second by second.
package lb
