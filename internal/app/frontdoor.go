package app

import (
	"time"

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
	return sip.Destination{Host: u.Host, Port: u.Port, Transport: transportOf(u.Transport)}
}

// defaultQueryWait is how long a call may wait while a bridge is asked what its
// URI is.
const defaultQueryWait = 300 * time.Millisecond

// settingsOf translates everything that the front door needs.
func settingsOf(c *config.Config, t *lb.Topology) sip.Settings {
	s := sip.Settings{
		Rules: policyOf(c),
		Policy: sip.Policy{
			TimerC:          c.SIP.Timers.TimerC,
			OptionsInterval: c.Policy.Options.Interval,
			Reject: sip.Reject{
				Exhausted: c.Policy.Reject.Exhausted, Gateway: c.Policy.Reject.Gateway,
				Unavailable: c.Policy.Reject.Unavailable,
			},
			URIQueryWait: defaultQueryWait,
		},
	}
	for i, g := range c.Groups {
		for _, b := range g.CallBridges {
			s.Bridges = append(s.Bridges, sip.Bridge{
				Name: b.Name, Group: lb.GroupID(i), SIP: destinationOf(b.SIP), Sources: b.Sources,
			})
		}
	}
	controls := make(map[string]int)
	for i, x := range c.CallControl {
		controls[x.Name] = i
		out := sip.CallControl{Name: x.Name, Sources: x.Sources, Domains: x.Domains}
		for _, u := range x.URIs {
			out.URIs = append(out.URIs, destinationOf(u))
		}
		s.CallControls = append(s.CallControls, out)
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
