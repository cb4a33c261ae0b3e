package sim

import (
	"net/netip"
	"path"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Kinds of dialled objects, as in Call.Target.
const (
	targetSpace      = "space"
	targetIVR        = "ivr"
	targetUser       = "user"
	targetForwarding = "forwarding"
)

// target is who was dialled.
type target struct {
	kind  string
	space Space
	name  string
}

// gateway tells a call that CMS only passes on.
func (t target) gateway() bool { return t.kind == targetUser || t.kind == targetForwarding }

// resolve looks a Request-URI up as CMS does: inbound rules on the domain
// first, forwarding rules only if none has it. own tells hosts that mean the
// bridge itself. The status is 0, or the refusal's.
func (d *database) resolve(uri string, own func(host string) bool) (target, int) {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return target{}, 400
	}
	if u.Scheme != "sip" && u.Scheme != "sips" {
		return target{}, 416
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	matched := false
	if d.anyDomain || own(u.Host) {
		matched = true
		if t, ok := d.lookup(u, InboundRule{ToUsers: true, ToSpaces: true, ToIVRs: true}); ok {
			return t, 0
		}
	}
	for _, r := range d.inbound {
		if !strings.EqualFold(r.Domain, u.Host) {
			continue
		}
		matched = true
		if t, ok := d.lookup(u, r.InboundRule); ok {
			return t, 0
		}
	}
	if matched {
		return target{}, 404
	}
	for _, r := range d.forwarding {
		if ok, _ := path.Match(strings.ToLower(r.Pattern), strings.ToLower(u.Host)); !ok {
			continue
		}
		if r.Reject {
			return target{}, 403
		}
		return target{kind: targetForwarding, name: u.Addr()}, 0
	}
	return target{}, 404
}

// lookup finds the object of a user part that the rule may resolve to.
func (d *database) lookup(u sip.Uri, r InboundRule) (target, bool) {
	name := fold(u.User)
	if r.ToUsers {
		for _, x := range d.users {
			userPart, domain, _ := strings.Cut(x.jid, "@")
			if strings.EqualFold(userPart, name) && (domain == "" || strings.EqualFold(domain, u.Host)) {
				return target{kind: targetUser, name: x.jid}, true
			}
		}
	}
	if r.ToIVRs {
		for _, x := range d.ivrs {
			if strings.EqualFold(x.uri, name) {
				return target{kind: targetIVR, name: x.uri}, true
			}
		}
	}
	if r.ToSpaces {
		if s := d.byURI[r.Tenant+"\x00"+name]; s != nil {
			return target{kind: targetSpace, space: *s, name: s.Name}, true
		}
	}
	return target{}, false
}

// ownHost tells if a Request-URI host is this bridge.
func (b *Bridge) ownHost(host string) bool {
	if strings.EqualFold(host, b.opts.Name) {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && b.sipAddr.Addr() == addr.Unmap()
}
