package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecodeCallBridges(t *testing.T) {
	ids, err := decodeCallBridges([]byte(`<?xml version="1.0"?><callBridges total="3"><callBridge id="a"><name>cluster1</name></callBridge><callBridge><name>no id</name></callBridge><other/><callBridge id="b"/></callBridges>`))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, ids)
	ids, err = decodeCallBridges([]byte(`<callBridges total="0"></callBridges>`))
	require.NoError(t, err)
	require.Empty(t, ids)
	_, err = decodeCallBridges([]byte(`<html></html>`))
	require.Error(t, err)
}

func TestDecodeCallBridge(t *testing.T) {
	b, err := decodeCallBridge([]byte(`<callBridge id="a"><callBridgeGroup>g</callBridgeGroup><address/><name> cluster1 </name></callBridge>`))
	require.NoError(t, err)
	require.Equal(t, CallBridge{Name: "cluster1", Group: "g"}, b)
	_, err = decodeCallBridge([]byte(`<callBridges/>`))
	require.Error(t, err)
}

func TestDecodeCallBridgeGroup(t *testing.T) {
	for doc, want := range map[string]CallBridgeGroup{
		`<callBridgeGroup id="g"><name>london</name></callBridgeGroup>`: {Name: "london", User: true},
		`<callBridgeGroup><loadBalanceIndirectCalls>true</loadBalanceIndirectCalls><loadBalanceUserCalls>false</loadBalanceUserCalls><loadBalancingEnabled>true</loadBalancingEnabled></callBridgeGroup>`: {Enabled: true, Indirect: true},
		`<callBridgeGroup><loadBalanceLyncCalls>TRUE</loadBalanceLyncCalls><loadBalanceOutgoingCalls>1</loadBalanceOutgoingCalls><loadBalanceUserCalls/></callBridgeGroup>`:                               {Lync: true, Outgoing: true, User: true},
	} {
		g, err := decodeCallBridgeGroup([]byte(doc))
		require.NoError(t, err)
		require.Equal(t, want, g, doc)
	}
}
