package sim

// InboundRule is one inbound dial plan rule: what a domain of ours resolves to.
type InboundRule struct {
	// Domain is matched exactly, in any letter case.
	Domain string
	// Priority orders the rules, highest first.
	Priority int
	// Tenant limits the lookup to that tenant's objects; empty means none.
	Tenant string
	// ToUsers, ToSpaces, ToIVRs and ToLync are the rule's resolveTo flags.
	ToUsers, ToSpaces, ToIVRs, ToLync bool
}

// ForwardingRule is one forwarding dial plan rule: what becomes of a call to a
// domain that no inbound rule has.
type ForwardingRule struct {
	// Pattern is the domain, with * for any run of characters.
	Pattern string
	// Priority orders the rules, highest first.
	Priority int
	// Reject refuses the call; otherwise it is forwarded.
	Reject bool
	// Destination is the domain to forward to; empty keeps the dialled one.
	Destination string
	// Tenant is a tenant's GUID.
	Tenant string
}
