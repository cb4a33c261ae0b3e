package app

import (
	"bridgehead/config"
	"bridgehead/lb"
)

// topologyOf translates groups, bridges and pins. The order of the file is the
// order of lb.BridgeID. limits are the last loadLimits read, by bridge name.
func topologyOf(c *config.Config, limits map[string]int) (*lb.Topology, error) {
	var groups []lb.GroupConfig
	for _, g := range c.Groups {
		out := lb.GroupConfig{Name: g.Name}
		for _, b := range g.CallBridges {
			out.Bridges = append(out.Bridges, lb.BridgeConfig{
				Name: b.Name,
				Overrides: lb.Overrides{
					LoadLimit:           b.LoadLimit,
					NewBasisPoints:      b.NewConferenceLoadLimitBasisPoints,
					ExistingBasisPoints: b.ExistingConferenceLoadLimitBasisPoints,
					ParticipantLimit:    b.ParticipantLimit,
				},
				LastLoadLimit: limits[b.Name],
			})
		}
		groups = append(groups, out)
	}
	var pins []lb.Pin
	for _, p := range c.Priorities {
		pins = append(pins, lb.Pin{Conference: p.Conference, Order: p.Order})
	}
	return lb.NewTopology(groups, pins)
}

// policyOf translates the section policy.
func policyOf(c *config.Config) lb.Policy {
	p, from := lb.DefaultPolicy(), &c.Policy
	p.MaxPerConference = from.MaxPerConference
	p.MaxJoinRate = from.MaxJoinRate
	p.MaxBridgesPerConference = from.MaxBridgesPerConference
	p.StaleAfter, p.DownAfter = from.StaleAfter, from.DownAfter
	p.Settle = from.Settle
	p.Costs = lb.Costs{
		Audio: from.Costs.Audio, P480: from.Costs.P480, P720: from.Costs.P720,
		P1080: from.Costs.P1080, Unknown: from.Costs.Unknown,
	}
	p.AttemptTimeout, p.Attempts = from.AttemptTimeout, from.Attempts
	p.DecisionTimeout, p.SetupTimeout = from.DecisionTimeout, from.SetupTimeout
	if from.Blind == config.BlindRefuse {
		p.Blind = lb.BlindRefuse
	}
	p.Landing = landingOf(from.Landing)
	return p
}

// landingOf translates policy.landing.
func landingOf(s string) lb.LandingMode {
	switch s {
	case config.LandingNative:
		return lb.LandingNative
	case config.LandingOnly:
		return lb.LandingOnly
	}
	return lb.LandingGroup
}
