package config

import (
	"fmt"
	"slices"
	"strings"
)

// refer checks names across sections: unique where they are given, known where
// they are used.
func (d *document) refer(c *Config) {
	d.uniqueCallControls(c.CallControl)
	bridges := d.uniqueBridges(c.Groups)
	d.routes(c)
	d.priorities(c.Priorities, bridges)
}

// names checks that names are given once, in whatever letter case, and that
// those used are among them.
type names struct {
	known []string
	first map[string]string // lower case → path
}

// add records the name at path and reports it if another has it.
func (n *names) add(d *document, name, path string) {
	if n.first == nil {
		n.first = map[string]string{}
	}
	key := strings.ToLower(name)
	if name == "" || d.broken(path) {
		return
	}
	if other, ok := n.first[key]; ok {
		d.fail(path, "%s is used already on line %d; each needs its own, and letter case makes no difference", quote(name), d.token(other).Position.Line)
		return
	}
	n.first[key] = path
	n.known = append(n.known, name)
}

// has reports whether name is known, spelt as it is given, and complains if not.
func (n *names) has(d *document, name, path, what string) bool {
	if d.broken(path) || slices.Contains(n.known, name) {
		return true
	}
	hint := "known: " + strings.Join(n.known, ", ")
	if near := nearest(name, n.known); near != "" {
		hint = "did you mean " + near + "?"
	}
	if len(n.known) == 0 {
		hint = "there is none"
	}
	d.fail(path, "no %s is named %s; %s", what, quote(name), hint)
	return false
}

func (d *document) uniqueCallControls(all []CallControl) {
	var named, domains names
	for i, cc := range all {
		path := fmt.Sprintf("callControl[%d]", i)
		named.add(d, cc.Name, path+".name")
		for j, domain := range cc.Domains {
			domains.add(d, domain, fmt.Sprintf("%s.domains[%d]", path, j))
		}
	}
}

// uniqueBridges checks the groups and returns the names of their bridges.
func (d *document) uniqueBridges(groups []Group) *names {
	var named, bridges, sips, apis names
	for i, g := range groups {
		named.add(d, g.Name, fmt.Sprintf("groups[%d].name", i))
		for j, b := range g.CallBridges {
			path := fmt.Sprintf("groups[%d].callBridges[%d]", i, j)
			bridges.add(d, b.Name, path+".name")
			if b.SIP.Host != "" {
				sips.add(d, b.SIP.HostPort(), path+".sip")
			}
			apis.add(d, b.API, path+".api")
		}
	}
	return &bridges
}

// routes checks what routes name, and that each can be reached.
func (d *document) routes(c *Config) {
	var groups, callControls, listeners names
	for i, g := range c.Groups {
		groups.add(d, g.Name, fmt.Sprintf("groups[%d].name", i))
	}
	for i, cc := range c.CallControl {
		callControls.add(d, cc.Name, fmt.Sprintf("callControl[%d].name", i))
	}
	for _, l := range c.SIP.Listen {
		listeners.known = append(listeners.known, l.URI)
	}
	defaultRoute, used := -1, map[string]bool{}
	for i, r := range c.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		for j, g := range r.Groups {
			at := fmt.Sprintf("%s.groups[%d]", path, j)
			if groups.has(d, g, at, "group") && slices.Index(r.Groups, g) < j && !d.broken(at) {
				d.fail(at, "%s stands twice in the list; remove one of them", quote(g))
			}
			used[g] = true
		}
		if r.CallControl != "" {
			callControls.has(d, r.CallControl, path+".callControl", "callControl")
		}
		if r.Listener != "" {
			listeners.has(d, r.Listener, path+".listener", "entry of sip.listen")
		}
		if r.Default && defaultRoute >= 0 {
			d.fail(path+".default", "routes[%d] is the default already; keep one", defaultRoute)
		} else if r.Default {
			defaultRoute = i
		}
		d.reachable(c.Routes, i)
	}
	for i, g := range c.Groups {
		if at := fmt.Sprintf("groups[%d].name", i); !used[g.Name] && g.Name != "" && !d.broken(at) && !d.broken("routes") {
			d.warn(at, "no route leads to %s; its bridges are read but get no call", quote(g.Name))
		}
	}
}

// reachable reports domains of route i that an earlier route always takes.
func (d *document) reachable(all []Route, i int) {
	for j, domain := range all[i].Domains {
		at := fmt.Sprintf("routes[%d].domains[%d]", i, j)
		if d.broken(at) {
			continue
		}
		for k := range i + 1 {
			e := &all[k]
			n := slices.Index(e.Domains, domain)
			if n < 0 || k == i && n >= j {
				continue
			}
			if k == i {
				d.fail(at, "%s stands twice in the list; remove one of them", quote(domain))
				break
			}
			if (e.Listener == "" || e.Listener == all[i].Listener) && (e.CallControl == "" || e.CallControl == all[i].CallControl) {
				d.fail(at, "%s never gets here: routes[%d] takes it first", quote(domain), k)
				break
			}
		}
	}
}

// priorities checks that pins name bridges, each once, and each conference once.
func (d *document) priorities(all []Priority, bridges *names) {
	var conferences names
	for i, p := range all {
		path := fmt.Sprintf("priorities[%d]", i)
		conferences.add(d, p.Conference, path+".conference")
		for j, b := range p.Order {
			at := fmt.Sprintf("%s.order[%d]", path, j)
			if bridges.has(d, b, at, "bridge") && slices.Index(p.Order, b) < j && !d.broken(at) {
				d.fail(at, "%s stands twice in the list; remove one of them", quote(b))
			}
		}
	}
}
