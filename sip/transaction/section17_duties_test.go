package transaction

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/internal/proof"
)

// duties are the MUSTs and SHOULDs of RFC 3261 section 17 and of section 9, with
// what RFC 6026, 4320 and 3581 made of them. Each is shown by a test of this
// package, or by the part of a script that begins with a comment: file: words.
var duties = []struct{ section, words, shown string }{
	{"17.1.1.1", "INVITE again over UDP, not over TCP", "client_invite: Over TCP: no Timer A"},
	{"17.1.1.2", "Timer A doubles from T1, Timer B at 64*T1", "client_invite: Timer A repeats at 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s; Timer B gives up at 32 s."},
	{"17.1.1.2", "no repetition after a 1xx, which is passed up", "client_invite: A provisional response stops both"},
	{"17.1.1.2", "3xx-6xx: ACK, passed up once; again for each repetition until Timer D", "client_invite: 3xx–6xx: ACK at once, and again for each repetition until Timer D."},
	{"17.1.1.2", "Timer D at least 32 s over UDP, none over TCP", "client_invite: Over TCP: no Timer A, Timer D is zero."},
	{"17.1.1.2, RFC 6026 7.2", "2xx: Accepted until Timer M, each one passed up", "client_invite: 2xx: Accepted, each repetition goes up until Timer M"},
	{"17.1.1.3", "ACK: Request-URI, Call-ID, From, one Via of the INVITE, To of the response, CSeq, Route", "TestDerivedRequests"},
	{"17.1.2.2", "Timer E from T1 to T2, Timer F at 64*T1", "client_noninvite: Timer E: 0.5, 1.5, 3.5, then every 4 s; Timer F gives up at 32 s."},
	{"17.1.2.2", "in Proceeding Timer E at T2", "client_noninvite: A 100 slows Timer E down but does not stop F."},
	{"17.1.2.2", "final: passed up once, Timer K absorbs", "client_noninvite: Final: Timer K absorbs repetitions."},
	{"17.1.3", "matched by branch and by the method in CSeq", "TestWrongResponses"},
	{"17.1.4", "not written: the user hears of it, the transaction ends", "client_invite: Not written: the next one is tried."},
	{"17.2.1", "INVITE again: the last provisional response", "server_invite: Proceeding: a retransmitted INVITE gets the last provisional response."},
	{"17.2.1", "a final response ends Proceeding; Timer G from T1 to T2, and for each INVITE", "server_invite: Completed: the final response is repeated by Timer G"},
	{"17.2.1", "any other final response is discarded then", "server_invite: A late 1xx or a second final must not replace it."},
	{"17.2.1", "ACK: Confirmed, Timer I absorbs", "server_invite: Confirmed: Timer I absorbs what comes late."},
	{"17.2.1", "no ACK: Timer H ends it", "server_invite: No ACK: Timer H ends it after 64*T1."},
	{"17.2.1", "Timer G and I not over TCP", "server_invite: Over TCP nothing is repeated; Timer I is zero, Timer H is not."},
	{"17.2.1, RFC 6026 7.1", "2xx: Accepted absorbs INVITEs, passes 2xx and ACK, until Timer L", "server_invite: Accepted (RFC 6026): INVITEs are absorbed, 2xx pass, ACK goes to the core, Timer L ends it."},
	{"17.2.2", "Trying absorbs; Proceeding and Completed answer again; Timer J", "server_noninvite: Trying: a retransmission is dropped. Proceeding, Completed: it gets the last response. Timer J ends it."},
	{"17.2.2", "Timer J is zero over TCP", "server_noninvite: Over TCP it is over at once."},
	{"RFC 4320 4.1", "100 only once Timer E would be at T2", "server_noninvite: RFC 4320 section 4.1: a client that has waited for all of Timer E's growth gets one 100"},
	{"RFC 4320 4.2", "no 408", "server_noninvite: RFC 4320: what timed out stays unanswered."},
	{"17.2.3", "matched by branch, sent-by and method; ACK to its INVITE", "TestKeyOfClientsWithCookie"},
	{"17.2.3", "clients of RFC 2543 by Request-URI, tags, Call-ID, CSeq and Via", "TestKeyOfOldClients"},
	{"17.2.4", "responses go where section 18.2.2 and RFC 3581 say", "TestResponseHop"},
	{"9.1", "CANCEL only for an INVITE", "client_noninvite: A CANCEL of something else than an INVITE is none."},
	{"9.1", "CANCEL only after a 1xx, and not after a final response", "cancel: Before any answer: INVITE is repeated until one comes, then CANCELled"},
	{"9.1", "same Request-URI, Call-ID, To, From, CSeq number, one Via, Route", "TestDerivedRequests"},
	{"9.1", "no final response within 64*T1 of the CANCEL: over", "cancel: The CANCEL is lost: repeated at 0.5, 1.5, 3.5, then every 4 s"},
	{"9.2", "CANCEL is answered 200, with the tag of the INVITE's answer; 481 if nothing matches", "cancel: After 180: 200 at once, CANCEL down, 487 of the callee up."},
	{"9.2", "no effect once the final response is out", "cancel: Already answered: 200 to the CANCEL, nothing else."},
	{"9.2", "nothing to cancel: 481", "cancel: Nothing to cancel."},
	{"16.6, 16.8", "Timer C for each INVITE branch, anew with each 101 to 199", "client_invite: A provisional response stops both; Timer C runs from the sending, anew with each 101–199."},
	{"17, RFC 6026, RFC 4320", "any order of messages, losses and timers does what the state tables say", "TestStateTables"},
	{"all", "any order of messages, losses and timers ends, and leaves nothing", "TestRandomInterleavings"},
	{"all", "a table that is full refuses", "TestFullTable"},
}

// Each duty is shown by a test or a part of a script that there is.
func TestDutiesAreShown(t *testing.T) {
	names := proof.Tests(t, ".")
	var table strings.Builder
	for _, d := range duties {
		fmt.Fprintf(&table, "%-24s %-88s %s\n", d.section, d.words, d.shown)
		script, words, isScript := strings.Cut(d.shown, ": ")
		if !isScript {
			require.True(t, names[d.shown], "%s: there is no %s", d.section, d.shown)
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", script+".txt"))
		require.NoError(t, err)
		require.Contains(t, string(text), "# "+words, d.section)
	}
	t.Log("\n" + table.String())
}
