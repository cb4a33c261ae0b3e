package cmsapi

import (
	"context"
	"net/url"
)

// maxCallBridges bounds the list of Call Bridges: a cluster has 24 at most.
const maxCallBridges = 100

// CallBridge is one Call Bridge of the cluster, as CMS itself knows it.
type CallBridge struct {
	// Name equals the uniqueName of that bridge.
	Name string
	// Group is the id of its Call Bridge group, "" where it is in none.
	Group string
}

// CallBridgeGroup is what CMS has set for one Call Bridge group: which calls its
// bridges balance by themselves.
type CallBridgeGroup struct {
	Name string
	// Enabled is loadBalancingEnabled: the bridges balance, and refuse calls when
	// they are full.
	Enabled bool
	// Lync, Outgoing, User and Indirect are the other loadBalance… flags.
	// Indirect is about calls with a Record-Route header.
	Lync, Outgoing, User, Indirect bool
}

// CallBridges lists the Call Bridges of the cluster, with one request for each.
// The list is empty where the bridge is in no cluster. It is for checks, not for
// polling.
func (c *Client) CallBridges(ctx context.Context) ([]CallBridge, error) {
	ids, err := fetch(ctx, c, "/callBridges", pageQuery(0, maxCallBridges), decodeCallBridges)
	if err != nil {
		return nil, err
	}
	var all []CallBridge
	for _, id := range ids[:min(len(ids), maxCallBridges)] {
		b, err := fetch(ctx, c, "/callBridges/"+url.PathEscape(id), nil, decodeCallBridge)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// CallBridgeGroup reads the flags of one group.
func (c *Client) CallBridgeGroup(ctx context.Context, id string) (CallBridgeGroup, error) {
	return fetch(ctx, c, "/callBridgeGroups/"+url.PathEscape(id), nil, decodeCallBridgeGroup)
}

func decodeCallBridges(b []byte) ([]string, error) {
	var doc struct {
		Bridges []struct {
			ID text `xml:"id,attr"`
		} `xml:"callBridge"`
	}
	if err := unmarshal(b, "callBridges", &doc); err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range doc.Bridges {
		if id := x.ID.value(); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func decodeCallBridge(b []byte) (CallBridge, error) {
	var doc struct {
		Name  text `xml:"name"`
		Group text `xml:"callBridgeGroup"`
	}
	err := unmarshal(b, "callBridge", &doc)
	return CallBridge{Name: doc.Name.value(), Group: doc.Group.value()}, err
}

// decodeCallBridgeGroup reads a group; flags that are absent have the defaults of
// CMS.
func decodeCallBridgeGroup(b []byte) (CallBridgeGroup, error) {
	var doc struct {
		Name     text `xml:"name"`
		Enabled  text `xml:"loadBalancingEnabled"`
		Lync     text `xml:"loadBalanceLyncCalls"`
		Outgoing text `xml:"loadBalanceOutgoingCalls"`
		User     text `xml:"loadBalanceUserCalls"`
		Indirect text `xml:"loadBalanceIndirectCalls"`
	}
	err := unmarshal(b, "callBridgeGroup", &doc)
	return CallBridgeGroup{
		Name: doc.Name.value(), Enabled: doc.Enabled.boolean(false), Lync: doc.Lync.boolean(false),
		Outgoing: doc.Outgoing.boolean(false), User: doc.User.boolean(true), Indirect: doc.Indirect.boolean(false),
	}, err
}
