package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bridgehead/cmsapi"
	"bridgehead/config"
)

// checkGroup compares a group of the configuration with what CMS has for it, as
// one of its bridges tells.
func checkGroup(ctx context.Context, g *config.Group, client *cmsapi.Client) []Finding {
	subject := "group " + g.Name
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	all, err := client.CallBridges(ctx)
	if err != nil {
		return []Finding{{Warning, subject, "its Call Bridges cannot be listed: " + err.Error()}}
	}
	id, out := membership(g, subject, all)
	if id == "" {
		return out
	}
	flags, err := client.CallBridgeGroup(ctx, id)
	if err != nil {
		return append(out, Finding{Warning, subject, "the settings of the Call Bridge group cannot be read: " + err.Error()})
	}
	return append(out, flagFindings(subject, flags)...)
}

// membership finds the Call Bridge group in CMS that the bridges are in, "" if
// there is no such one.
func membership(g *config.Group, subject string, all []cmsapi.CallBridge) (id string, out []Finding) {
	warn := func(format string, args ...any) {
		out = append(out, Finding{Warning, subject, fmt.Sprintf(format, args...)})
	}
	if len(all) == 0 {
		if len(g.CallBridges) > 1 {
			warn("its bridges are in no cluster (callBridges of CMS is empty): conferences that spread over them will not be joined; cluster them, or give each a group of its own")
		}
		return "", out
	}
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	var first string
	for i := range g.CallBridges {
		name := g.CallBridges[i].Name
		at := slices.Index(names, name)
		switch {
		case at < 0:
			warn("CMS knows no Call Bridge of the name %s (it has %s): name it as CMS does, or add it to the cluster", name, strings.Join(names, ", "))
		case all[at].Group == "":
			warn("%s is in no Call Bridge group of CMS: put all bridges of %s into one", name, g.Name)
		case id == "":
			id, first = all[at].Group, name
		case id != all[at].Group:
			warn("%s and %s are in different Call Bridge groups of CMS: put them into one, or into two groups here", first, name)
		}
	}
	for _, b := range all {
		known := slices.ContainsFunc(g.CallBridges, func(x config.CallBridge) bool { return x.Name == b.Name })
		if id != "" && b.Group == id && !known {
			warn("%s is in the same Call Bridge group of CMS but not in this file: what runs there is not seen, and no call is sent there; add it", b.Name)
		}
	}
	return id, out
}

// flagFindings say what the flags of a Call Bridge group mean behind an edge.
func flagFindings(subject string, f cmsapi.CallBridgeGroup) []Finding {
	var out []Finding
	if f.Indirect {
		out = append(out, Finding{Warning, subject, "loadBalanceIndirectCalls is true: bridges may move calls that the edge has just placed; set it to false"})
	}
	if f.Lync {
		out = append(out, Finding{Warning, subject, "loadBalanceLyncCalls is true: CMS does not support moving Lync calls; set it to false"})
	}
	if f.Outgoing {
		out = append(out, Finding{Warning, subject, "loadBalanceOutgoingCalls is true: calls out of spaces are moved by INVITE with Replaces, which call control must accept; set it to false if it does not"})
	}
	text := "loadBalancingEnabled is true: a full bridge also refuses by itself, and calls that do not pass the edge are balanced by CMS"
	if !f.Enabled {
		text = "loadBalancingEnabled is false: bridges refuse nothing by themselves, and calls that do not pass the edge are not balanced"
	}
	return append([]Finding{{Good, subject, text}}, out...)
}
