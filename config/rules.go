package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// minRouteKey is the least length of a route key, in characters: 16 characters
// of hex are 64 bits, as many as the token's signature has.
const minRouteKey = 16

// rules checks the fields of each section against each other.
func (d *document) rules(c *Config) {
	d.ruleSites(c)
	d.ruleListen(&c.SIP)
	d.ruleLargeRequests(c)
	d.ruleRouteKeys(c.SIP.RouteKeys)
	d.ruleTimes(&c.Policy)
	if c.Policy.Mode == ModeObserve {
		d.warn("policy.mode", "observe: calls go as they are dialled, nothing is balanced or refused; see /api/v1/observe, then write balance")
	}
	for i := range c.CallControl {
		d.ruleCallControl(&c.CallControl[i], fmt.Sprintf("callControl[%d]", i))
	}
	for i := range c.Groups {
		for j := range c.Groups[i].CallBridges {
			d.ruleBridge(&c.Groups[i].CallBridges[j], fmt.Sprintf("groups[%d].callBridges[%d]", i, j))
		}
	}
}

// ruleSites wants the three sections without which no call can be placed.
func (d *document) ruleSites(c *Config) {
	for _, s := range []struct {
		path, example string
		entries       int
	}{
		{"callControl", `say who may send calls, as callControl: [{name: cucm, uri: "sip:192.0.2.10"}]`, len(c.CallControl)},
		{"routes", "say which domains go to which groups, as routes: [{domains: [meet.example.com], groups: [london]}]", len(c.Routes)},
		{"groups", `name the Call Bridges, as groups: [{name: london, callBridges: [{name: cluster1, sip: "sip:192.0.2.11", api: "https://192.0.2.11:445", username: bridgehead, passwordFile: cms.password}]}]`, len(c.Groups)},
	} {
		if s.entries == 0 && !d.broken(s.path) {
			d.missing(s.path, s.example)
		}
	}
}

func (d *document) ruleListen(s *SIP) {
	if len(s.Listen) == 0 && !d.broken("sip.listen") {
		d.fail("sip.listen", "is empty; give an address to listen on, as udp://0.0.0.0:5060")
	}
	first := map[string]int{}
	for i, l := range s.Listen {
		path := fmt.Sprintf("sip.listen[%d]", i)
		key := fmt.Sprint(l.Transport, l.Bind)
		if _, twice := first[key]; twice && l.Bind.Port() != 0 && !d.broken(path) {
			d.fail(path, "%s is listened on already; remove one of them", quote(l.URI))
		}
		first[key] = i
	}
}

// ruleLargeRequests tells of listeners that leave no way but fragments for what
// is too large for a packet, where a target leaves the choice.
func (d *document) ruleLargeRequests(c *Config) {
	open := slices.ContainsFunc(c.CallControl, func(cc CallControl) bool {
		return slices.ContainsFunc(cc.URIs, func(u SIPURI) bool { return !u.Explicit })
	}) || slices.ContainsFunc(c.Groups, func(g Group) bool {
		return slices.ContainsFunc(g.CallBridges, func(b CallBridge) bool { return !b.SIP.Explicit })
	})
	for i, l := range c.SIP.Listen {
		v4 := l.Bind.Addr().Is4()
		tcp := slices.ContainsFunc(c.SIP.Listen, func(o Listener) bool { return o.Transport == TCP && o.Bind.Addr().Is4() == v4 })
		if path := fmt.Sprintf("sip.listen[%d]", i); open && l.Transport == UDP && !tcp && !d.broken(path) {
			d.warn(path, "without a tcp:// listener beside it, requests that are too large for a packet leave in fragments, which many firewalls drop; add one, or write transport=udp in every sip: and uris")
			return
		}
	}
}

func (d *document) ruleRouteKeys(keys []Secret) {
	seen := map[string]bool{}
	for i, key := range keys {
		path := fmt.Sprintf("sip.routeKeys[%d]", i)
		switch k := key.Reveal(); {
		case d.broken(path):
		case len(k) < minRouteKey:
			d.fail(path, "has fewer than %d characters; make one with: openssl rand -hex 32", minRouteKey)
		case seen[k]:
			d.fail(path, "stands twice in the list; remove one of them")
		default:
			seen[k] = true
		}
	}
}

// ruleTimes keeps each time of the policy in its relation to the others.
func (d *document) ruleTimes(p *Policy) {
	for _, r := range []struct {
		path, other string
		value, min  time.Duration
		why         string
	}{
		{"policy.staleAfter", "policy.pollInterval", p.StaleAfter, p.PollInterval, "every reading would be stale before the next"},
		{"policy.downAfter", "policy.staleAfter", p.DownAfter, p.StaleAfter, "a bridge must be stale before it is down"},
		{"policy.decisionTimeout", "policy.attemptTimeout", p.DecisionTimeout, p.AttemptTimeout, "no second bridge would ever be tried"},
	} {
		switch {
		case r.value >= r.min, d.broken(r.path), d.broken(r.other):
		case d.given(r.path):
			d.fail(r.path, "%s is below %s (%s); %s", formatDuration(r.value), last(r.other), formatDuration(r.min), r.why)
		default: // then the other is not at its default
			d.fail(r.other, "%s is above %s (%s); %s", formatDuration(r.min), last(r.path), formatDuration(r.value), r.why)
		}
	}
	// Load and calls are read once per interval each.
	if asked := 2 * float64(time.Second) / float64(max(p.PollInterval, 1)); asked > float64(p.APIBudget) && d.given("policy.pollInterval") {
		d.warn("policy.pollInterval", "%s asks for %.0f requests a second and apiBudget allows %d; running conferences will be read less often",
			formatDuration(p.PollInterval), asked, p.APIBudget)
	}
}

func (d *document) ruleCallControl(cc *CallControl, path string) {
	if len(cc.URIs) == 0 && len(cc.Sources) == 0 && !d.broken(path+".uris") && !d.broken(path+".sources") {
		d.missing(path+".uris", "give its uri or uris, or the sources it sends from")
	}
	seen := map[string]bool{}
	for i, u := range cc.URIs {
		if at := fmt.Sprintf("%s.uris[%d]", path, i); seen[u.String()] && !d.broken(at) {
			d.fail(at, "%s stands twice in the list; remove one of them", u)
		}
		seen[u.String()] = true
	}
	d.ruleSources(cc.Sources, path+".sources")
}

func (d *document) ruleBridge(b *CallBridge, path string) {
	if plain := strings.HasPrefix(b.API, "http://"); plain && !d.broken(path+".api") {
		if d.given(path+".tls.ca") || d.given(path+".tls.fingerprint") {
			d.fail(path+".tls", "has no effect on an http:// api; write https://, or remove tls")
		} else {
			d.warn(path+".api", "%s sends the password in clear; write https:// where the bridge has it", b.API)
		}
	}
	low, high := b.NewConferenceLoadLimitBasisPoints, b.ExistingConferenceLoadLimitBasisPoints
	if at := path + ".newConferenceLoadLimitBasisPoints"; low != nil && high != nil && *low > *high && !d.broken(at) {
		d.fail(at, "%d is above existingConferenceLoadLimitBasisPoints (%d); a bridge must be full for new conferences first", *low, *high)
	}
	d.ruleSources(b.Sources, path+".sources")
}

func (d *document) ruleSources(sources []netip.Prefix, path string) {
	for i, p := range sources {
		if at := fmt.Sprintf("%s[%d]", path, i); p.IsValid() && p.Bits() == 0 {
			d.warn(at, "%s trusts every address there is", p)
		}
	}
}

// last returns the last key of a path.
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
