package cmsapi

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// is fails the test unless user at domain is the space id; "" for nothing sure.
func (c *catalogue) is(t *testing.T, user, id string) {
	t.Helper()
	got, sure := c.Classify("meet.example", user)
	require.Equal(t, id != "", sure, user)
	require.Equal(t, id, got.Space, user)
}

// TestDetails reads secondary URIs and access methods, of those dialled first and
// of all in the end, slowly.
func TestDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.inbound = []string{meetRule}
		bridge.spaces = rooms(40)
		bridge.details = make(map[string]detailed)
		for i, s := range bridge.spaces {
			bridge.details[s.id] = detailed{uri: s.uri, secondary: fmt.Sprint(5000 + i), methods: []string{fmt.Sprint("host", i), "", fmt.Sprint("guest", i)}}
		}
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		waitFull(d, time.Time{})
		d.is(t, "room38", "id38")
		for range 100 {
			d.is(t, "room39", "id39")
		}
		began := time.Now()
		time.Sleep(2 * time.Second)
		d.is(t, "5039", "id39")
		d.is(t, "guest38", "id38")
		d.is(t, "5020", "")
		require.Len(t, bridge.asked("/coSpaces/id39", began), 2, "once, however often it is dialled")
		time.Sleep(time.Minute)
		for i := range 40 {
			for _, user := range []string{"room", "host", "guest"} {
				d.is(t, fmt.Sprint(user, i), fmt.Sprint("id", i))
			}
			d.is(t, fmt.Sprint(5000+i), fmt.Sprint("id", i))
		}
		d.is(t, "", "")
		s := d.Status()
		require.Equal(t, 40, s.Spaces)
		require.Equal(t, 40, s.Detailed)
		require.Equal(t, 160, s.URIs)
		time.Sleep(30 * time.Second) // for those just dialled
		quiet := time.Now()
		time.Sleep(4 * time.Minute)
		require.Empty(t, bridge.asked("/coSpaces/", quiet), "what is known is left alone for a while")

		bridge.set(func() {
			bridge.details["id7"] = detailed{uri: "room7", secondary: "6007"}
			bridge.details["id8"] = detailed{uri: "room8", methods: []string{"host7"}} // moved to another space
		})
		d.is(t, "room7", "id7") // dialled again, a while later
		d.is(t, "room8", "id8")
		time.Sleep(10 * time.Minute)
		d.is(t, "6007", "id7")
		d.is(t, "5007", "")
		d.is(t, "host7", "id8")
		require.LessOrEqual(t, bridge.mostInASecond(), 10)
		end()
		stop()
	})
}

// TestDetailsByPages has access methods come one by one, and more than are kept.
func TestDetailsByPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.pageCap = 1
		bridge.spaces = rooms(2)
		var many []string
		for i := range maxMethods + 50 {
			many = append(many, fmt.Sprint("many", i))
		}
		bridge.details = map[string]detailed{"id0": {uri: "room0", methods: []string{"a", "b", "c"}}, "id1": {uri: "room1", methods: many}}
		b, stop := startBench(t, bridge, func(o *PollerOptions) { o.Budget = 50 })
		d, end := startDirectory(t, b)
		time.Sleep(2 * time.Minute)
		d.is(t, "c", "id0")
		d.is(t, fmt.Sprint("many", maxMethods-1), "id1")
		d.is(t, fmt.Sprint("many", maxMethods), "")
		end()
		stop()
	})
}

// TestDetailsFail has details that cannot be read hold up nothing, and forget
// nothing.
func TestDetailsFail(t *testing.T) {
	for name, body := range map[string]struct {
		status int
		body   string
	}{
		"500":                   {500, ""},
		"HTML":                  {200, "<html>"},
		"coSpaceDoesNotExist":   {400, "<failureDetails><coSpaceDoesNotExist/></failureDetails>"},
		"unrecognizedObject":    {400, "<failureDetails><unrecognizedObject/></failureDetails>"},
		"unrecognisedObject":    {400, "<failureDetails><unrecognisedObject/></failureDetails>"},
		"404 without a body":    {404, ""},
		"another space's uri":   {200, "<coSpace><uri>room0</uri></coSpace>"},
		"methods without total": {200, "<coSpace/>"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.spaces = rooms(6)
				bridge.details = map[string]detailed{"id5": {uri: "room5", secondary: "5005"}}
				for i := range 5 {
					bridge.fault[fmt.Sprint("/coSpaces/id", i)] = always(body.status, body.body)
				}
				b, stop := startBench(t, bridge)
				d, end := startDirectory(t, b)
				time.Sleep(3 * time.Minute)
				for i := range 6 {
					if name != "another space's uri" {
						d.is(t, fmt.Sprint("room", i), fmt.Sprint("id", i))
					}
				}
				d.is(t, "5005", "id5")
				require.Equal(t, 6, d.Status().Spaces)
				if body.status >= 400 && name != "500" {
					require.False(t, b.Status().Endpoints[AskSpace].Failing(), "a space may go")
				}
				bridge.set(func() { bridge.spaces = bridge.spaces[5:] })
				time.Sleep(3 * time.Minute)
				d.is(t, "room1", "")
				d.is(t, "room5", "id5")
				end()
				stop()
			})
		})
	}
}

// TestPlanByPages reads rules, IVRs and users from bridges with odd ideas of
// paging, and keeps what a page may have missed.
func TestPlanByPages(t *testing.T) {
	for name, c := range map[string]struct {
		pageCap, lie int
	}{
		"page cap of 1":             {1, 0},
		"all at once":               {1000, 0},
		"a total that is too large": {3, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.pageCap, bridge.totalLie = c.pageCap, c.lie
				bridge.ivrs = map[string]string{}
				for i := range 7 {
					bridge.inbound = append(bridge.inbound, fmt.Sprintf("<domain>d%d.example</domain><resolveToUsers>true</resolveToUsers>", i))
					bridge.forward = append(bridge.forward, fmt.Sprintf("<matchPattern>f%d.example</matchPattern>", i))
					bridge.users = append(bridge.users, fmt.Sprintf("ann@d%d.example", i))
					bridge.ivrs[fmt.Sprint("ivr", i)] = "t1"
				}
				bridge.inbound = append(bridge.inbound, "<domain>ivr.example</domain><tenant>t1</tenant><resolveToIvrs>true</resolveToIvrs>", "<domain>other.example</domain><resolveToIvrs>true</resolveToIvrs>")
				b, stop := startBench(t, bridge)
				d, end := startDirectory(t, b)
				time.Sleep(40 * time.Second)
				check := func(domain, user string, want TargetKind) {
					t.Helper()
					got, _ := d.Classify(domain, user)
					require.Equal(t, want, got.Kind, "%s@%s", user, domain)
				}
				for i := range 7 {
					check(fmt.Sprintf("d%d.example", i), "ann", TargetUser)
					check(fmt.Sprintf("f%d.example", i), "ann", TargetForwarded)
					check("ivr.example", fmt.Sprint("ivr", i), TargetIVR)
					check("other.example", fmt.Sprint("ivr", i), TargetUnknown) // of another tenant
				}
				bridge.set(func() { bridge.inbound, bridge.ivrs = bridge.inbound[1:], nil })
				time.Sleep(2 * time.Minute)
				check("d0.example", "ann", TargetUnknown)
				check("d6.example", "ann", TargetUser)
				check("ivr.example", "ivr1", TargetUnknown)
				require.Equal(t, 0, d.Status().IVRs)
				require.Equal(t, 7, d.Status().ForwardingRules)
				end()
				stop()
			})
		})
	}
}

// TestRuleAlone reads a rule by itself whose list tells no flags.
func TestRuleAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.spaces = rooms(1)
		bridge.inbound = []string{"<domain>meet.example</domain>", "<domain>two.example</domain>"}
		bridge.fault["/inboundDialPlanRules/r0"] = always(200, "<inboundDialPlanRule><domain>meet.example</domain><resolveToIvrs>true</resolveToIvrs></inboundDialPlanRule>")
		bridge.fault["/inboundDialPlanRules/r1"] = always(500, "")
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		time.Sleep(2 * time.Minute)
		d.is(t, "room0", "") // the rule leads to IVRs alone
		got, sure := d.Classify("two.example", "room0")
		require.Equal(t, Target{TargetSpace, "id0"}, got, "nothing is refused for what is not known")
		require.True(t, sure)
		end()
		stop()
	})
}

// TestOneListFails has a list that no bridge gives hold up no other.
func TestOneListFails(t *testing.T) {
	for _, path := range []string{"/inboundDialPlanRules", "/forwardingDialPlanRules", "/ivrs", "/users", "/coSpaces/"} {
		t.Run(path[1:], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bridge := newFakeBridge()
				bridge.spaces = rooms(3)
				bridge.fault[path] = always(500, "")
				b, stop := startBench(t, bridge)
				d, end := startDirectory(t, b)
				time.Sleep(30 * time.Second)
				got, sure := d.Classify("any.example", "room2")
				require.True(t, sure)
				require.Equal(t, "id2", got.Space)
				require.Empty(t, d.Status().Error)
				require.LessOrEqual(t, len(bridge.asked(path, b.began)), 15, "what fails is asked ever less")
				bridge.set(func() { delete(bridge.fault, path) })
				time.Sleep(3 * time.Minute)
				require.True(t, d.Status().PlanRead)
				require.Equal(t, 3, d.Status().Detailed)
				end()
				stop()
			})
		})
	}
}

// TestUsersAreSpared leaves the list of users alone where no rule leads to them.
func TestUsersAreSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bridge := newFakeBridge()
		bridge.inbound = []string{meetRule}
		bridge.users = []string{"ann@meet.example"}
		b, stop := startBench(t, bridge)
		d, end := startDirectory(t, b)
		time.Sleep(time.Minute)
		require.Empty(t, bridge.asked("/users", b.began))
		bridge.set(func() { bridge.inbound[0] += "<resolveToUsers>true</resolveToUsers>" })
		time.Sleep(time.Minute)
		got, _ := d.Classify("meet.example", "ann")
		require.Equal(t, TargetUser, got.Kind)
		bridge.set(func() { bridge.users = nil })
		time.Sleep(time.Minute)
		got, _ = d.Classify("meet.example", "ann")
		require.Equal(t, TargetUnknown, got.Kind)
		require.Zero(t, d.Status().Users)
		end()
		stop()
	})
}
