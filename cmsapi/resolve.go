package cmsapi

// Classify says what user at domain means by the dial plan of this group, as far
// as it is known: domain in lower case, user the %-decoded user part in lower
// case without parameters. sure is false where nothing says what it is, or not
// yet: then [Directory.Query] may tell; t is the best guess until then, and
// TargetUnknown is always one. It never blocks on anything that waits, allocates
// nothing for what is known, and is safe for concurrent use.
func (d *Directory) Classify(domain, user string) (t Target, sure bool) {
	p := d.plan.Load()
	rules := p.inbound[domain]
	if len(rules) == 0 && !p.open() {
		kind := p.forward(domain)
		return Target{Kind: kind}, kind != TargetUnknown
	}
	if t := d.known(p, rules, domain, user); t.Kind != TargetUnknown {
		return t, true
	}
	tenant, worth := p.askable(rules, user)
	if !worth {
		kind := p.absent(rules, domain)
		return Target{Kind: kind}, kind != TargetUnknown
	}
	if u, ok := d.queries.answered(usageKey{tenant, user}); ok {
		t := p.judge(rules, domain, u)
		return t, t.Kind != TargetUnknown
	}
	return Target{Kind: p.absent(rules, domain)}, false
}

// known looks in memory for the object that user means: by the rules in order,
// or of any tenant where there are none.
func (d *Directory) known(p *plan, rules []inboundRule, domain, user string) Target {
	if len(rules) == 0 {
		return d.object(p, inboundRule{spaces: true, ivrs: true, users: true}, true, domain, user)
	}
	for _, r := range rules {
		if t := d.object(p, r, false, domain, user); t.Kind != TargetUnknown {
			return t
		}
	}
	return Target{}
}

// object looks for what one rule resolves to.
func (d *Directory) object(p *plan, r inboundRule, anyTenant bool, domain, user string) Target {
	if r.spaces {
		if s := d.space(r.tenant, user, anyTenant); s != nil {
			d.hints.dialled(s)
			return Target{Kind: TargetSpace, Space: s.id}
		}
	}
	if r.ivrs && p.hasIVR(user, r.tenant, anyTenant) {
		return Target{Kind: TargetIVR}
	}
	if r.users && len(user)+1+len(domain) <= maxJID {
		var room [maxJID]byte
		jid := append(append(append(room[:0], user...), '@'), domain...)
		if tenant, ok := d.users.tenantOf(jid); ok && (anyTenant || tenant == r.tenant) {
			return Target{Kind: TargetUser}
		}
	}
	return Target{}
}

func (d *Directory) space(tenant, user string, anyTenant bool) *space {
	if anyTenant {
		return d.index.any(user)
	}
	return d.index.of(tenant, user)
}

// askable returns the tenant in which to ask for user, that of the first rule
// that leads to something to ask for, and whether there is one.
func (p *plan) askable(rules []inboundRule, user string) (tenant string, ok bool) {
	if user == "" || len(user) > maxUser {
		return "", false
	}
	if len(rules) == 0 {
		return "", p.open()
	}
	for _, r := range rules {
		if r.spaces || r.ivrs || r.users {
			return r.tenant, true
		}
	}
	return "", false
}

// judge makes of an answer what the rules allow.
func (p *plan) judge(rules []inboundRule, domain string, u usage) Target {
	r := inboundRule{spaces: true, ivrs: true, users: true}
	for _, first := range rules {
		if r = first; r.spaces || r.ivrs || r.users {
			break
		}
	}
	switch {
	case r.spaces && u.space != "":
		return Target{Kind: TargetSpace, Space: u.space}
	case r.ivrs && u.ivr:
		return Target{Kind: TargetIVR}
	case r.users && u.user:
		return Target{Kind: TargetUser}
	default:
		return Target{Kind: p.absent(rules, domain)}
	}
}

// Query asks a bridge of the group what user at domain means (uriUsageQuery),
// through the budget; the arguments are those of [Directory.Classify]. If it
// returns true, done is called exactly once, from another goroutine, with what
// the answer makes of it, TargetUnknown where there is no answer; done must not
// block. False means that nothing is asked, since the answer is known to be none,
// no bridge can be asked, or too many others wait: the caller places the call
// under its own URI. It never blocks and is safe for concurrent use.
func (d *Directory) Query(domain, user string, done func(Target)) bool {
	p := d.plan.Load()
	rules := p.inbound[domain]
	tenant, ok := p.askable(rules, user)
	if !ok {
		return false
	}
	return d.queries.ask(usageKey{tenant, user}, func(u usage, good bool) {
		if !good {
			done(Target{})
			return
		}
		p := d.plan.Load() // it may have been read meanwhile
		done(p.judge(p.inbound[domain], domain, u))
	})
}
