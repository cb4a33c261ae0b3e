package app

import (
	"bridgehead/config"
	"bridgehead/lb"
	"bridgehead/sip"
	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

// listenersOf translates sip.listen.
func listenersOf(c *config.Config) []transport.Listener {
	var out []transport.Listener
	for _, l := range c.SIP.Listen {
		out = append(out, transport.Listener{
			Transport: transportOf(l.Transport), Bind: l.Bind, Advertise: l.Advertise,
		})
	}
	return out
}

func transportOf(t config.Transport) wire.Transport {
	if t == config.TCP {
		return wire.TCP
	}
	return wire.UDP
}

func destinationOf(u config.SIPURI) sip.Destination {
	d := sip.Destination{Host: u.Host, Port: u.Port, Transport: transportOf(u.Transport), Fixed: u.Explicit}
	if u.Bare {
		d.Port = 0
	}
	return d
}

// settingsOf translates everything that the front door needs.
func settingsOf(c *config.Config, t *lb.Topology) sip.Settings {
	s := sip.Settings{Rules: policyOf(c), Policy: frontPolicyOf(c)}
	for i, g := range c.Groups {
		for _, b := range g.CallBridges {
			s.Bridges = append(s.Bridges, sip.Bridge{
				Name: b.Name, Group: lb.GroupID(i), SIP: destinationOf(b.SIP), Sources: b.Sources,
			})
		}
	}
	controls := make(map[string]int)
	for i := range c.CallControl {
		controls[c.CallControl[i].Name] = i
		s.CallControls = append(s.CallControls, callControlOf(&c.CallControl[i]))
	}
	for _, r := range c.Routes {
		out := sip.Route{Name: r.Domains[0], Domains: r.Domains, Default: r.Default, Listener: sip.Any, CallControl: sip.Any}
		for _, name := range r.Groups {
			if id, ok := t.Group(name); ok {
				out.Groups = append(out.Groups, id)
			}
		}
		for i, l := range c.SIP.Listen {
			if r.Listener != "" && r.Listener == l.URI {
				out.Listener = i
			}
		}
		if i, ok := controls[r.CallControl]; ok && r.CallControl != "" {
			out.CallControl = i
		}
		switch r.RequestURI {
		case config.RequestURIBridge:
			out.RequestURI = sip.RequestURIBridge
		case config.RequestURIKeep:
			out.RequestURI = sip.RequestURIKeep
		}
		s.Routes = append(s.Routes, out)
	}
	return s
}

// frontPolicyOf translates what of the section policy the rules do not need.
func frontPolicyOf(c *config.Config) sip.Policy {
	p := sip.Policy{
		TimerC:          c.SIP.Timers.TimerC,
		OptionsInterval: c.Policy.Options.Interval,
		Reject: sip.Reject{
			Exhausted: c.Policy.Reject.Exhausted, Gateway: c.Policy.Reject.Gateway,
			Unavailable: c.Policy.Reject.Unavailable,
		},
		URIQueryWait:    c.Policy.URIQueryWait,
		OptionsWhenFull: c.Policy.OptionsWhenFull,
		Redact:          c.Log.Redact == config.RedactNumbers,
	}
	if c.Policy.Mode == config.ModeObserve {
		p.Mode = sip.Observe
	}
	return p
}

func callControlOf(x *config.CallControl) sip.CallControl {
	out := sip.CallControl{Name: x.Name, Sources: x.Sources, Domains: x.Domains}
	for _, u := range x.URIs {
		out.URIs = append(out.URIs, destinationOf(u))
	}
	if x.Kind == config.KindLync {
		out.Kind = sip.KindLync
	}
	if x.Landing != "" {
		out.Landing = landingOf(x.Landing)
	}
	for _, r := range []struct {
		to   *int
		code *int
	}{
		{&out.Reject.Exhausted, x.Reject.Exhausted}, {&out.Reject.Gateway, x.Reject.Gateway}, {&out.Reject.Unavailable, x.Reject.Unavailable},
	} {
		if r.code != nil {
			*r.to = *r.code
		}
	}
	return out
}
