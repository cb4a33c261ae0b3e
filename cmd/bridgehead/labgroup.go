package main

import (
	"fmt"
	"strings"
	"time"

	"bridgehead/cmsapi/sim"
)

// The laboratory's figures: small, so that a dozen calls fill it. A bridge of
// loadLimit 5000 gets no new conferences from 2500 on if another has room, and
// no calls at all from 4000 on, by CMS's own basis points. A call with 720p
// video is 1000 units, so each bridge takes four.
const (
	labDomain  = "meet.example.com"
	labRoom    = "boardroom"
	labLimit   = 5000
	labUnits   = 1000 // of one 720p call
	labBridges = 3
	labTeams   = 20 // spaces beside labRoom, each for one call

	labRing = 100 * time.Millisecond
	// The bridges' figures trail their calls, as real ones do; the edge is told
	// to wait a little longer than that before it believes them (settle), and
	// its reservations stand in meanwhile.
	labLag    = 400 * time.Millisecond
	labSettle = 500 * time.Millisecond
	labPoll   = 500 * time.Millisecond
)

// newLabGroup starts the three bridges, with a control endpoint at control.
func newLabGroup(control string) (*sim.Group, error) {
	o := sim.Options{
		Name: "lab", Domains: []string{labDomain}, Control: control,
		LoadLag: labLag, Ring: labRing, SendRinging: true,
		Spaces: []sim.Space{{ID: labSpaceID(0), URI: labRoom, Name: "Boardroom"}},
	}
	for i := range labBridges {
		o.Bridges = append(o.Bridges, sim.BridgeOptions{
			Name: fmt.Sprintf("cluster%d", i+1), TLS: true, LoadLimit: labLimit,
			Username: "bridgehead", Password: "lab",
		})
	}
	for i := range labTeams {
		o.Spaces = append(o.Spaces, sim.Space{ID: labSpaceID(i + 1), URI: labTeam(i), Name: fmt.Sprintf("Team %d", i+1)})
	}
	return sim.NewGroup(o)
}

// labTeam is the user part of a team's space.
func labTeam(i int) string { return fmt.Sprintf("team%d", i+1) }

// labSpaceID is fixed, as the order of the bridges for a space follows from it:
// every run of the lab shows the same choices.
func labSpaceID(i int) string { return fmt.Sprintf("5ea50000-0000-4000-8000-%012d", i) }

// ownFigures are what the bridges themselves say of their load.
func ownFigures(g *sim.Group) string {
	var parts []string
	for _, b := range g.Bridges() {
		l := b.Limits()
		parts = append(parts, fmt.Sprintf("%s %d of %d", b.Name(), b.Load(), l.LoadLimit*l.ExistingBP/10000))
	}
	return strings.Join(parts, ", ")
}
