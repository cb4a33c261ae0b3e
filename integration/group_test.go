package integration

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// simulate starts a simulated Call Bridge group that lives as long as the test.
func simulate(t *testing.T, o sim.Options) *sim.Group {
	t.Helper()
	g, err := sim.NewGroup(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, g.Close()) })
	return g
}

// callBridges are the group's bridges as the configuration names them.
func callBridges(g *sim.Group) []callBridge {
	var list []callBridge
	for _, b := range g.Bridges() {
		list = append(list, callBridge{b.Name(), b.SIPAddr(), b.APIURL(), b.Username(), b.Password()})
	}
	return list
}

// openEdge starts the edge before the stage's bridges. A simulated group gives
// their REST API; their SIP side is left to the actors.
func openEdge(t *testing.T, s *stage) front {
	t.Helper()
	o := sim.Options{Domains: []string{domain}, Spaces: []sim.Space{{ID: roomSpace, URI: room}}}
	for _, name := range names() {
		o.Bridges = append(o.Bridges, sim.BridgeOptions{Name: name, APIAddr: s.sip[name].Addr().String() + ":0"})
	}
	s.group = simulate(t, o)
	list := callBridges(s.group)
	for i := range list {
		list[i].sip = s.sip[list[i].name].String()
	}
	if s.play.group != nil {
		s.play.group(t, s.group)
	}
	e := startEdge(t, s.net, s.dir, settings{
		bridges:   list,
		transport: s.play.bridgeTransport,
		outward:   s.sip[callControl],
		policy:    s.play.policy,
		pins:      true,
	})
	e.informed(t)
	if !s.play.blind {
		directoryRead(t, s.group)
	}
	return e
}

// directoryRead waits until the edge knows the spaces: it has read a page of
// them, and something else after that.
func directoryRead(t *testing.T, g *sim.Group) {
	t.Helper()
	eventually(t, "the edge has read the spaces", func() bool {
		return slices.ContainsFunc(g.Bridges(), func(b *sim.Bridge) bool {
			requests := b.APIRequests()
			i := slices.IndexFunc(requests, func(r sim.APIRequest) bool { return r.Path == "coSpaces" && r.Status == 200 })
			return i >= 0 && len(requests) > i+2
		})
	})
}
