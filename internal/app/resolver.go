package app

import (
	"slices"

	"bridgehead/cmsapi"
	"bridgehead/config"
	"bridgehead/sip"
)

// directory is what resolving needs of a *cmsapi.Directory. Neither method waits
// for anything.
type directory interface {
	Classify(domain, user string) (t cmsapi.Target, sure bool)
	Query(domain, user string, done func(cmsapi.Target)) bool
}

// directoriesOf returns for each domain the directories of the groups that its
// routes lead to, in that order: another group may have the same user part in
// another domain, and its forwarding rules say nothing about this one.
func directoriesOf(c *config.Config, all []directory) map[string][]directory {
	out := make(map[string][]directory)
	for _, r := range c.Routes {
		for _, domain := range r.Domains {
			for _, name := range r.Groups {
				g := slices.IndexFunc(c.Groups, func(g config.Group) bool { return g.Name == name })
				if g >= 0 && !slices.Contains(out[domain], all[g]) {
					out[domain] = append(out[domain], all[g])
				}
			}
		}
	}
	return out
}

// directoriesFor returns those of a domain; of one that no route has, all: a
// bridge may call what another group hosts.
func (h *cmsHalf) directoriesFor(domain string) []directory {
	if of, ok := h.domains[domain]; ok {
		return of
	}
	return h.all
}

// Classify says what a dialled URI is: the first group that is sure decides, else
// the first that has a guess. It is what the front door asks on the call path.
func (h *cmsHalf) Classify(domain, user string) (sip.Target, bool) {
	var guess cmsapi.Target
	for _, d := range h.directoriesFor(domain) {
		t, sure := d.Classify(domain, user)
		if sure {
			return targetOf(t), true
		}
		if guess.Kind == cmsapi.TargetUnknown {
			guess = t
		}
	}
	return targetOf(guess), false
}

// Query asks the bridges of one group after the other about a URI, until one
// knows it.
func (h *cmsHalf) Query(domain, user string, done func(sip.Target)) bool {
	return query(h.directoriesFor(domain), domain, user, done)
}

func query(of []directory, domain, user string, done func(sip.Target)) bool {
	for i, d := range of {
		rest := of[i+1:]
		if d.Query(domain, user, func(t cmsapi.Target) {
			if t.Kind != cmsapi.TargetUnknown || !query(rest, domain, user, done) {
				done(targetOf(t))
			}
		}) {
			return true
		}
	}
	return false
}

// targetOf translates what the CMS half found.
func targetOf(t cmsapi.Target) sip.Target {
	kinds := [...]sip.TargetKind{
		cmsapi.TargetUnknown:   sip.TargetUnknown,
		cmsapi.TargetSpace:     sip.TargetSpace,
		cmsapi.TargetIVR:       sip.TargetIVR,
		cmsapi.TargetUser:      sip.TargetUser,
		cmsapi.TargetForwarded: sip.TargetForwarded,
		cmsapi.TargetLync:      sip.TargetLync,
	}
	return sip.Target{Kind: kinds[t.Kind], Space: t.Space}
}
