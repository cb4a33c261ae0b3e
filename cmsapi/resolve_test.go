package cmsapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stocked returns a directory of two tenants: spaces, an IVR and a user.
func stocked(inbound []inboundRule, forwarding []forwardingRule) *Directory {
	d := &Directory{book: newBook(time.Time{}), users: newUserBook(), hints: newHints()}
	d.index = d.book.index
	d.queries = newQueries(nil, d.hints.found)
	d.plan.Store(newPlan(inbound, forwarding, []listedIVR{
		{id: "v1", uri: "lobby", known: true}, {id: "v2", uri: "foyer", tenant: "t1", known: true}, {id: "v3", uri: "hall"},
	}))
	d.book.page([]listedSpace{
		{"s1", "Board", "", ""}, {"s2", "both", "t1", ""}, {"s3", "both", "t2", ""}, {"s4", "one", "t1", ""}, {"s5", "ann", "", ""},
	})
	d.book.learn(d.book.byID["s1"], []string{"5001", "board.host", "board"}, time.Time{})
	d.users.page([]listedUser{{"u1", "ann@meet.example", ""}, {"u2", "bob@meet.example", ""}, {"u3", "cid@t1.example", "t1"}}, d.book.intern)
	return d
}

func TestClassify(t *testing.T) {
	all := func(domain, tenant string, priority int) inboundRule {
		return inboundRule{id: domain + tenant, domain: domain, tenant: tenant, priority: priority, spaces: true, ivrs: true, users: true, flagged: true}
	}
	rules := []inboundRule{
		all("meet.example", "", 10),
		all("t1.example", "t1", 10),
		{domain: "t2.example", tenant: "t2", spaces: true},
		{domain: "users.example", users: true, flagged: true},
		{domain: "ivrs.example", ivrs: true, flagged: true},
		{domain: "lync.example", spaces: true, ivrs: true, lync: true, flagged: true},
		{domain: "skype.example", lync: true, flagged: true},
		{domain: "nothing.example", flagged: true},
		all("two.example", "t1", 1), {domain: "two.example", tenant: "t2", priority: 9, spaces: true},
	}
	forwarding := []forwardingRule{
		{pattern: "*", priority: 0, reject: true},
		{pattern: "*.partner.example", priority: 50},
		{pattern: "bad.partner.example", priority: 90, reject: true},
		{pattern: "meet.example", priority: 99},
	}
	space := func(id string) Target { return Target{TargetSpace, id} }
	ivr, user, lync, forwarded, unknown := Target{Kind: TargetIVR}, Target{Kind: TargetUser}, Target{Kind: TargetLync}, Target{Kind: TargetForwarded}, Target{}
	type row struct {
		domain, user string
		want         Target
		sure         bool
	}
	for name, c := range map[string]struct {
		rules      []inboundRule
		forwarding []forwardingRule
		rows       []row
	}{
		"rules": {rules, forwarding, []row{
			{"meet.example", "board", space("s1"), true},
			{"meet.example", "5001", space("s1"), true},
			{"meet.example", "board.host", space("s1"), true},
			{"meet.example", "both", unknown, false},
			{"meet.example", "one", unknown, false},
			{"meet.example", "lobby", ivr, true},
			{"meet.example", "foyer", unknown, false},
			{"meet.example", "hall", ivr, true}, // its tenant is not known yet
			{"meet.example", "ann", space("s5"), true},
			{"meet.example", "bob", user, true},
			{"meet.example", "nobody", unknown, false},
			{"meet.example", "", unknown, false},
			{"t1.example", "both", space("s2"), true},
			{"t1.example", "one", space("s4"), true},
			{"t1.example", "board", unknown, false},
			{"t1.example", "foyer", ivr, true},
			{"t1.example", "lobby", unknown, false},
			{"t1.example", "cid", user, true},
			{"t1.example", "bob", unknown, false}, // bob@t1.example is nobody
			{"t2.example", "both", space("s3"), true},
			{"t2.example", "hall", unknown, false}, // the rule leads to spaces alone
			{"users.example", "board", unknown, false},
			{"ivrs.example", "lobby", ivr, true},
			{"ivrs.example", "board", unknown, false},
			{"lync.example", "board", space("s1"), true},
			{"lync.example", "lobby", ivr, true},
			{"lync.example", "nobody", lync, false}, // a space may have it all the same
			{"skype.example", "board", lync, true},
			{"nothing.example", "board", unknown, false},
			{"two.example", "both", space("s3"), true},
			{"two.example", "one", space("s4"), true},
			{"a.partner.example", "board", forwarded, true},
			{"bad.partner.example", "board", unknown, false},
			{"elsewhere.example", "board", unknown, false},
		}},
		"not read yet": {nil, nil, []row{
			{"any.example", "board", space("s1"), true},
			{"any.example", "both", space("s2"), true},
			{"any.example", "foyer", ivr, true},
			{"meet.example", "bob", user, true},
			{"any.example", "nobody", unknown, false},
		}},
		"none": {[]inboundRule{}, []forwardingRule{{pattern: "*.partner.example"}}, []row{
			{"any.example", "one", space("s4"), true},
			{"any.example", "nobody", unknown, false},
			{"a.partner.example", "nobody", forwarded, false}, // a space may have it
		}},
		"forwarding not read yet": {rules, nil, []row{
			{"a.partner.example", "board", unknown, false},
			{"meet.example", "board", space("s1"), true},
		}},
	} {
		d := stocked(c.rules, c.forwarding)
		for _, r := range c.rows {
			got, sure := d.Classify(r.domain, r.user)
			require.Equal(t, r.want, got, "%s: %s@%s", name, r.user, r.domain)
			require.Equal(t, r.sure, sure, "%s: %s@%s", name, r.user, r.domain)
		}
	}
}

// TestJudge words answers of the bridge by the rules.
func TestJudge(t *testing.T) {
	rules := []inboundRule{
		{domain: "meet.example", priority: 1, spaces: true, ivrs: true, users: true},
		{domain: "ivrs.example", ivrs: true}, {domain: "lync.example", lync: true, users: true},
	}
	p := newPlan(rules, []forwardingRule{{pattern: "*"}}, nil)
	for _, c := range []struct {
		domain string
		usage  usage
		want   Target
	}{
		{"meet.example", usage{space: "7"}, Target{TargetSpace, "7"}},
		{"meet.example", usage{space: "7", ivr: true, user: true}, Target{TargetSpace, "7"}},
		{"meet.example", usage{ivr: true}, Target{Kind: TargetIVR}},
		{"meet.example", usage{user: true}, Target{Kind: TargetUser}},
		{"meet.example", usage{}, Target{}},
		{"ivrs.example", usage{space: "7"}, Target{}},
		{"lync.example", usage{space: "7"}, Target{Kind: TargetLync}},
		{"lync.example", usage{user: true}, Target{Kind: TargetUser}},
	} {
		require.Equal(t, c.want, p.judge(p.inbound[c.domain], c.domain, c.usage), c)
	}
}

// TestRenamed moves URIs between spaces, in the list and in details.
func TestRenamed(t *testing.T) {
	b := newBook(time.Time{})
	is := func(key, id string) {
		t.Helper()
		got := ""
		if s := b.any(key); s != nil {
			got = s.id
		}
		require.Equal(t, id, got, key)
	}
	b.startPass()
	b.page([]listedSpace{{"a", "x", "", ""}, {"b", "y", "", ""}, {"c", "x", "", ""}})
	is("x", "a") // the first of the list has it
	b.endPass(true)
	b.learn(b.byID["a"], []string{"x2"}, time.Time{})
	b.startPass()
	b.page([]listedSpace{{"b", "x", "", ""}, {"a", "z", "", ""}}) // b takes the URI of a before a is listed under another
	is("x", "b")
	is("y", "")
	is("z", "a")
	is("x2", "a")
	b.learn(b.byID["b"], []string{"x2", "z"}, time.Time{}) // x2 was moved as well; z is a's own still
	is("x2", "b")
	is("z", "a")
	b.endPass(true)
	require.Nil(t, b.byID["c"])
	is("x", "b")
	b.page([]listedSpace{{"a", "z", "t1", ""}}) // to another tenant
	b.endPass(false)
	require.Len(t, b.all, 2)
	require.Same(t, b.byID["a"], b.of("t1", "z"))
	b.learn(b.byID["b"], nil, time.Time{})
	is("x2", "")
	require.EqualValues(t, 2, b.size.Load())
}

// TestListedSecondary uses a secondaryUri that the list shows, until details say
// more.
func TestListedSecondary(t *testing.T) {
	b := newBook(time.Time{})
	for range 2 {
		b.startPass()
		b.page([]listedSpace{{"a", "x", "", "5001"}, {"b", "y", "", "x"}})
		require.Equal(t, "a", b.any("5001").id)
		require.Equal(t, "a", b.any("x").id, "it is another's uri")
	}
	b.learn(b.byID["a"], []string{"5002"}, time.Time{})
	require.Nil(t, b.any("5001"))
	b.page([]listedSpace{{"a", "x", "", "5002"}})
	require.Equal(t, []string{"5002"}, b.byID["a"].more)
	require.EqualValues(t, 3, b.size.Load())
}

func TestTargetKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range TargetKinds() {
		seen[k.String()] = true
	}
	require.Len(t, seen, targetKinds)
	require.Equal(t, "invalid", TargetKind(99).String())
}
