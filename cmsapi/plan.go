package cmsapi

import (
	"cmp"
	"slices"
	"strings"
)

// plan is a group's dial plan as it was last read, and its IVRs. It never
// changes; a newer one takes its place.
type plan struct {
	inboundRead, forwardingRead, ivrsRead bool

	inbound    map[string][]inboundRule // by domain, highest priority first
	inbounds   int
	forwarding []forwardingRule // highest priority first
	ivrs       map[string][]listedIVR
	ivrCount   int
	users      bool // some rule resolves to users, or may
}

// newPlan arranges what was listed; nil lists were never read.
func newPlan(inbound []inboundRule, forwarding []forwardingRule, ivrs []listedIVR) *plan {
	p := &plan{
		inboundRead: inbound != nil, forwardingRead: forwarding != nil, ivrsRead: ivrs != nil,
		inbound:    make(map[string][]inboundRule),
		forwarding: slices.Clone(forwarding),
		ivrs:       make(map[string][]listedIVR),
	}
	for _, r := range inbound {
		if r.domain != "" {
			p.inbound[r.domain] = append(p.inbound[r.domain], r)
			p.inbounds++
			p.users = p.users || r.users
		}
	}
	p.users = p.users || p.inbounds == 0
	for _, rules := range p.inbound {
		slices.SortStableFunc(rules, func(a, b inboundRule) int { return cmp.Compare(b.priority, a.priority) })
	}
	slices.SortStableFunc(p.forwarding, func(a, b forwardingRule) int { return cmp.Compare(b.priority, a.priority) })
	for _, v := range ivrs {
		if v.uri != "" {
			p.ivrs[v.uri] = append(p.ivrs[v.uri], v)
			p.ivrCount++
		}
	}
	return p
}

// open reports whether domains decide nothing: the inbound rules are not read
// yet, or the group has none. Then any tenant's objects are meant.
func (p *plan) open() bool { return p.inbounds == 0 }

// hasIVR reports whether a user part is the URI of an IVR of that tenant, or of
// any. An IVR whose tenant is not known yet may be of any.
func (p *plan) hasIVR(user, tenant string, anyTenant bool) bool {
	for _, v := range p.ivrs[user] {
		if anyTenant || !v.known || v.tenant == tenant {
			return true
		}
	}
	return false
}

// forward returns what the forwarding rules make of a domain: of those that
// match, the one of highest priority decides.
func (p *plan) forward(domain string) TargetKind {
	for _, r := range p.forwarding {
		if !matchPattern(r.pattern, domain) {
			continue
		}
		if r.reject {
			return TargetUnknown
		}
		return TargetForwarded
	}
	return TargetUnknown
}

// absent is what a user part means that no object has.
func (p *plan) absent(rules []inboundRule, domain string) TargetKind {
	switch {
	case slices.ContainsFunc(rules, func(r inboundRule) bool { return r.lync }):
		return TargetLync
	case len(rules) == 0 && p.inboundRead:
		return p.forward(domain)
	default:
		return TargetUnknown
	}
}

// matchPattern matches a domain with a pattern in which * stands for any run of
// characters.
func matchPattern(pattern, domain string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern != "" && pattern == domain
	}
	if !strings.HasPrefix(domain, head) {
		return false
	}
	domain = domain[len(head):]
	for {
		var part string
		part, rest, wild = strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(domain, part)
		}
		i := strings.Index(domain, part)
		if i < 0 {
			return false
		}
		domain = domain[i+len(part):]
	}
}

// foldDomain makes the key of a domain.
func foldDomain(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
