package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi"
	"bridgehead/config"
)

// What CMS has for a group is compared with the file, in an operator's words.
func TestMembership(t *testing.T) {
	in := func(group string, names ...string) (all []cmsapi.CallBridge) {
		for _, n := range names {
			all = append(all, cmsapi.CallBridge{Name: n, Group: group})
		}
		return all
	}
	g := &config.Group{Name: "london", CallBridges: []config.CallBridge{{Name: "cluster1"}, {Name: "cluster2"}}}
	for _, c := range []struct {
		name string
		all  []cmsapi.CallBridge
		id   string
		want []string
	}{
		{"as it should be", in("g", "cluster1", "cluster2"), "g", nil},
		{"no cluster", nil, "", []string{"are in no cluster"}},
		{"another name", in("g", "cluster1", "CLUSTER2"), "g", []string{"no Call Bridge of the name cluster2 (it has cluster1, CLUSTER2)", "CLUSTER2 is in the same Call Bridge group"}},
		{"no group", in("", "cluster1", "cluster2"), "", []string{"cluster1 is in no Call Bridge group", "cluster2 is in no"}},
		{"two groups", append(in("g", "cluster1"), in("h", "cluster2")...), "g", []string{"cluster1 and cluster2 are in different"}},
		{"one more", in("g", "cluster1", "cluster2", "cluster3"), "g", []string{"cluster3 is in the same"}},
		{"another group's", append(in("g", "cluster1", "cluster2"), in("h", "cluster3")...), "g", nil},
	} {
		id, out := membership(g, "group london", c.all)
		require.Equal(t, c.id, id, c.name)
		require.Len(t, out, len(c.want), c.name)
		for i, f := range out {
			require.Equal(t, Warning, f.Severity, c.name)
			require.Contains(t, f.Text, c.want[i], c.name)
		}
	}
	_, out := membership(&config.Group{CallBridges: g.CallBridges[:1]}, "group london", nil)
	require.Empty(t, out, "a bridge that stands alone needs no cluster")
}

func TestFlagFindings(t *testing.T) {
	out := flagFindings("group london", cmsapi.CallBridgeGroup{User: true})
	require.Len(t, out, 1)
	require.Equal(t, Good, out[0].Severity)
	require.Contains(t, out[0].Text, "loadBalancingEnabled is false")
	out = flagFindings("group london", cmsapi.CallBridgeGroup{Enabled: true, Indirect: true, Lync: true, Outgoing: true})
	require.Len(t, out, 4)
	require.Contains(t, out[0].Text, "loadBalancingEnabled is true")
	for i, flag := range []string{"loadBalanceIndirectCalls", "loadBalanceLyncCalls", "loadBalanceOutgoingCalls"} {
		require.Equal(t, Warning, out[i+1].Severity)
		require.Contains(t, out[i+1].Text, flag)
	}
}
