package integration

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/internal/proof"
)

// scenario is something that whoever tests a proxy tries, and what shows how the
// edge does: plays, which are told by their names, and tests, by package and name.
type scenario struct {
	what  string
	shown []string
}

// scenarios are in the order in which testers come to them. A play with a star in
// the printed table is performed before Kamailio as well, so it is not the script
// that passes or fails.
var scenarios = []scenario{
	{"Proxy-Require is 420 and named, Require passes", []string{"Proxy-Require: 420 that names what is not supported", "sip.TestProxyRequireIs420", "integration.TestOctets"}},
	{"Max-Forwards: 0 is 483, or answered for OPTIONS; 70 where absent", []string{"Max-Forwards 0: 483", "OPTIONS to the edge as the last hop", "sip.TestMaxForwardsAdded"}},
	{"unknown scheme is 416; headers that are no proxy's business pass, broken or not", []string{"unknown scheme: 416", "integration.TestOctets", "integration.TestTorture"}},
	{"silent target: 100 at once, the next with another branch, 408 in the end", []string{"bridge silent: the next candidate", "every bridge silent: the caller hears 408", "sip.TestSilentBridge"}},
	{"503 with Retry-After: the next target, left alone for as long, 500 upstream", []string{"bridge 503 with Retry-After: the next candidate", "bridge 503 with Retry-After: left alone for as long", "every bridge 503: the caller hears 500"}},
	{"603 ends it, and goes before 4xx", []string{"bridge 603: passed up at once", "bridge 486: passed up at once", "sip.TestBestResponse"}},
	{"CANCEL: 200 at once, passed on after a 1xx with the branch of its INVITE, one 487, repeated", []string{"CANCEL before 180", "CANCEL before the bridge said anything: it waits for the 180", "CANCEL after 180", "CANCEL after 180, by TCP", "CANCEL repeated: one goes on, each is answered"}},
	{"CANCEL crossing 200: the 200 goes up", []string{"CANCEL crossing 200: the answer stands", "sip.TestCancelCrossing200"}},
	{"timer C cancels, a later 1xx keeps it alive", []string{"sip.TestTimerC", "sip.TestTimerCAndNoEnd"}},
	{"lost ACK: each repeated 2xx goes up; a repeated INVITE goes nowhere", []string{"late ACK: every repeated 200 reaches the caller", "INVITE repeated after its 200: absorbed"}},
	{"Record-Route leads both sides back, over two transports and families, every name", []string{
		"tcp in, udp out: changed and ended by the caller", "tcp in, udp out: changed and ended by the bridge",
		"udp in, tcp out: changed and ended by the caller", "udp in, tcp out: changed and ended by the bridge",
		"tcp in, tcp out: changed and ended by the caller", "tcp in, tcp out: changed and ended by the bridge",
		"sip.TestIPv6", "sip.TestOwnRouteRemoved", "integration.TestIPv6"}},
	{"strict routers before and after", []string{"sip.TestStrictRouterBefore", "sip.TestStrictRouterAfter", "sip.TestStrictRouterOnBothSides"}},
	{"a Route to somebody else is no relay", []string{"integration.TestNoOpenRelay", "integration.TestStrangerInCall", "sip.TestForeignRouteRefused"}},
	{"rport, received, answers from the port that was asked", []string{"sip.TestReceivedAdded", "sip/transport.TestWildcardAnswersFromTheAddressAsked"}},
	{"TCP: messages together and in pieces, no length, 65 kB, a connection that ends in the call", []string{"integration.TestStream", "60,000 octets both ways, tcp in, tcp out", "integration.TestHangup", "sip/transport.TestClosedConnectionIsReplaced"}},
	{"large messages over UDP", []string{"60,000 octets both ways, udp in, udp out", "integration.TestNarrowPath", "sip.TestLargeRequestGoesOverTCP"}},
	{"a dead target in the call: no 408 to what is no INVITE", []string{"sip.TestNo408ToNonInvite", "bridge dead, by UDP: the next candidate", "bridge dead, by TCP: the next candidate"}},
	{"INVITE with Replaces goes unchanged to who has the dialog", []string{"integration.TestReplacesPasses", "sip.TestReplacesGoesToTheOwner", "sip.TestReplacesGoesToItsNode"}},
	{"bodies are the same end to end, in every kind of message", []string{"integration.TestConversation", "integration.TestOctets"}},
	{"a loop is 482, a spiral passes, a loop through a B2BUA is 482", []string{"integration.TestLoopAndSpiral", "sip.TestLoops", "sip.TestSessionLoop"}},
	{"OPTIONS to the edge: 200, 503 when shutting down or, if wanted, full", []string{"OPTIONS to the edge", "sip.TestOptionsToUs", "sip.TestOptionsWhenFull", "integration.TestDrain"}},
	{"100rel, PRACK, UPDATE, REFER, NOTIFY, INFO, MESSAGE, SUBSCRIBE; re-INVITEs both ways and crossed", []string{"integration.TestConversation", "re-INVITE and BYE from the caller", "re-INVITE and BYE from the bridge", "sip.TestSubscriptionAndRefer"}},
}

// Every scenario is shown by something that there is.
func TestScenarios(t *testing.T) {
	tests := map[string]map[string]bool{}
	var table strings.Builder
	for i, s := range scenarios {
		fmt.Fprintf(&table, "%2d  %s\n", i+1, s.what)
		require.NotEmpty(t, s.shown)
		for _, by := range s.shown {
			mark := " "
			if at := slices.IndexFunc(plays(), func(p play) bool { return p.name == by }); at >= 0 {
				if plays()[at].pure {
					mark = "*"
				}
				by = "play: " + by
			} else {
				folder, name, _ := strings.Cut(by, ".")
				if tests[folder] == nil {
					tests[folder] = proof.Tests(t, filepath.Join("..", folder))
				}
				require.True(t, tests[folder][name], "scenario %d: there is no play and no test %q", i+1, by)
			}
			fmt.Fprintf(&table, "      %s %s\n", mark, by)
		}
	}
	t.Log("\n" + table.String())
}
