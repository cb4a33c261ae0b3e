package sip

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/internal/proof"
)

// duty is one MUST or SHOULD of a proxy core, and what shows that it is done: a
// test of this package, one of another as folder.Name, or the page that says why
// not.
type duty struct{ section, words, shown string }

// duties are those of RFC 3261 section 16 in its order, with what later RFCs made
// of them. Those of section 17 are in package transaction, of section 18 in
// section18_test.go here and in package transport.
var duties = []duty{
	{"16.2", "one server transaction, new client transactions, a response context", "TestForwardedCopy"},
	{"16.2", "100 to an INVITE at once", "TestSilentBridge"},
	{"16.3 step 1", "malformed is refused", "TestMalformedRequestIs400"},
	{"16.3 step 1", "unknown methods and header fields are no reason to refuse", "TestUnknownMethodAndHeadersPass"},
	{"16.3 step 2", "unknown scheme: 416", "TestUnknownSchemeIs416"},
	{"16.3 step 2", "sips", "docs/adr/0009-sips-416.md"},
	{"16.3 step 3", "Max-Forwards 0: 483, or an answer to OPTIONS", "TestMaxForwardsZero"},
	{"16.3 step 4, RFC 5393 4", "loop: 482; a spiral passes", "TestLoops"},
	{"16.3 step 5", "Proxy-Require: 420 with Unsupported; Require is not ours", "TestProxyRequireIs420"},
	{"16.3 step 6", "who may send: sources", "docs/adr/0004-silence-for-strangers.md"},
	{"RFC 5393 5.3.3", "Max-Breadth 0: 440; what is pending never exceeds it", "TestMaxBreadth"},
	{"RFC 5393 5.3.3", "Max-Breadth where there is none", "docs/adr/0016-loops.md"},
	{"16.4", "a strict router before us is undone", "TestStrictRouterBefore"},
	{"16.4", "own maddr, with port and transport, taken out", "TestMaddrTakesPortAndTransportAlong"},
	{"16.4", "own Route taken out", "TestOwnRouteRemoved"},
	{"16.5", "a foreign maddr is the target, and none of ours", "TestMaddr"},
	{"16.5", "a domain that is not ours", "docs/adr/0003-foreign-domain-404.md"},
	{"16.5", "no target twice", "TestOutwardFailover"},
	{"16.5", "in the order of preference, with what was learned", "TestNextCandidate"},
	{"16.6 step 1", "the copy keeps every field and their order, body untouched", "TestForwardedCopyOfJoinedHeaders"},
	{"16.6 step 2", "Request-URI: what section 19.1.1 allows there, host as rule R14 says", "TestRequestURI"},
	{"16.6 step 3", "Max-Forwards less one, 70 where absent", "TestMaxForwardsAdded"},
	{"16.6 step 4", "Record-Route before all others, with lr", "TestForwardedCopy"},
	{"16.6 step 4, RFC 5658", "two values where the sides differ", "TestTransportChange"},
	{"16.6 step 4", "only where a dialog is made or its target refreshed", "TestEarlyDialog"},
	{"16.6 step 6", "a strict router after us gets what it wants", "TestStrictRouterAfter"},
	{"16.6 step 7", "next hop by Route, else Request-URI; a new branch for each try", "TestNextHopByName"},
	{"16.6 step 7, RFC 3263 4.1, 4.2", "transport by NAPTR, servers by SRV, else addresses", "TestDiscover"},
	{"16.6 step 7, RFC 2782", "of the servers of one name: priority, then weight", "TestChooseByWeight"},
	{"16.6 step 7, RFC 3263 4.3", "the next server after a failure or a 503", "TestNextServerInsideDialog"},
	{"16.6 step 7, RFC 3263 4.3", "a silent server of a bridge: another bridge first", "docs/adr/0018-servers-of-a-name.md"},
	{"16.6 step 7, RFC 3263 4.4", "what has no state goes to the server of its dialog", "TestACKFollowsInvite"},
	{"16.6 step 8", "Via on top, magic cookie, unique branch", "TestForwardedCopy"},
	{"16.6 step 9", "Content-Length on streams", "TestTransportChange"},
	{"16.6 steps 10, 11", "a client transaction and timer C for each INVITE", "TestTimerC"},
	{"16.7 step 1, RFC 6026", "a response with no context goes nowhere", "TestResponseThatIsNotForwarded"},
	{"16.7 step 2", "timer C again at 101 to 199, and at no 100", "TestTryingDoesNotHoldTimerC"},
	{"16.7 step 3", "our Via removed; no other left: not forwarded", "TestResponseThatIsNotForwarded"},
	{"16.7 step 4", "a 6xx ends the search, and pending branches are cancelled", "TestDeclineCancelsTheSilentOne"},
	{"16.7 step 4", "a 3xx is passed up, with no recursion", "TestBusyAndDeclineGoUpAtOnce"},
	{"16.7 step 5", "1xx but 100, and 2xx, go up at once", "TestResponsesGoUp"},
	{"16.7 step 5", "no final response after one, but each 2xx of an INVITE", "TestOneFinalResponse"},
	{"16.7 step 6", "the best: 6xx, then the lowest class", "TestBestResponse"},
	{"16.7 step 6", "none at all: 408", "TestSilentBridge"},
	{"16.7 step 6", "a lone 503 becomes 500", "TestTransportErrors"},
	{"16.7 step 7", "challenges of several branches: each goes up at once, so there is one", "TestChallengeGoesUp"},
	{"16.7 step 8", "Record-Route may be rewritten: never, there are two values instead", "TestTransportChange"},
	{"16.7 step 9", "the response as it came, by the caller's transaction", "TestResponseGoesUpUnchanged"},
	{"16.7 step 10", "a final response cancels what is pending", "TestLate200Wins"},
	{"16.7, RFC 4320", "no 408 to a request other than INVITE, late answers dropped", "TestNo408ToNonInvite"},
	{"16.7, RFC 6026", "a 2xx after another final response still goes up", "TestLate200AfterFailure"},
	{"16.8", "timer C: CANCEL if there was a 1xx", "TestTimerC"},
	{"16.8", "... and a 408 if that has no effect", "TestTimerCAndNoEnd"},
	{"16.9", "a transport error counts as 503", "TestTransportErrors"},
	{"16.10", "CANCEL: 200, and pending branches cancelled", "TestCancelAfterRinging"},
	{"16.10, 9.1", "no CANCEL before a 1xx", "TestCancelBeforeAnyResponse"},
	{"16.10", "a CANCEL that matches nothing", "docs/adr/0002-unmatched-cancel-481.md"},
	{"16.10, RFC 3326", "Reason goes on with the CANCEL, and our own CANCEL has one", "TestCancelAfterRinging"},
	{"16.11", "ACK of a 2xx: forwarded with a branch that repetitions share", "TestRepeatedACK"},
	{"16.11", "stateless answers have a tag that their ACK is known by", "TestACKOfStatelessRefusal"},
	{"16.12", "dialogs: both ways by Record-Route and Route", "TestInDialogBothWays"},
	{"12.1, 13", "several answers of a forked callee: each a dialog of its own", "TestForkedCallee"},
	{"12.1", "early dialogs", "TestEarlyDialog"},
	{"11", "OPTIONS to us: Allow, Accept, and whether calls are taken", "TestOptionsToUs"},
	{"8.2.6", "our own responses: Via, From, To with a tag, Call-ID, CSeq", "TestReplyOfOurOwn"},
	{"8.2.6.1", "Timestamp comes back in our 100", "TestTimestampInTrying"},
	{"RFC 4028, 7989", "session timers and Session-ID pass, nothing is raised", "integration.TestConversation"},
	{"RFC 7989", "loops through a B2BUA", "TestSessionLoop"},
	{"RFC 3891", "Replaces: to who has the dialog", "TestReplacesGoesToTheOwner"},
	{"RFC 5393", "an edge in front of an edge is no loop", "TestLoopOfAnotherEdge"},
	{"torture", "RFC 4475, and IPv6 after RFC 5118", "integration.TestTorture"},
}

// Each duty is shown by a test that there is, or by a page that says why not.
func TestDutiesAreShown(t *testing.T) {
	tests := map[string]map[string]bool{}
	var table strings.Builder
	for _, d := range duties {
		fmt.Fprintf(&table, "%-24s %-80s %s\n", d.section, d.words, d.shown)
		if strings.HasSuffix(d.shown, ".md") {
			_, err := os.Stat(filepath.Join("..", d.shown))
			require.NoError(t, err)
			continue
		}
		folder, name, elsewhere := strings.Cut(d.shown, ".")
		if !elsewhere {
			folder, name = "sip", d.shown
		}
		if tests[folder] == nil {
			tests[folder] = proof.Tests(t, filepath.Join("..", folder))
		}
		require.True(t, tests[folder][name], "%s: there is no %s", d.section, d.shown)
	}
	t.Log("\n" + table.String())
}
