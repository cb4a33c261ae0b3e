package sim

import (
	"net/http"
	"slices"
	"strings"
)

// groupFlags are those of a callBridgeGroup, in CMS's order.
var groupFlags = []string{
	"loadBalancingEnabled", "loadBalanceLyncCalls", "loadBalanceOutgoingCalls", "loadBalanceUserCalls", "loadBalanceIndirectCalls",
}

// defaultFlags are CMS's, but for load balancing, which is on.
func defaultFlags() map[string]string {
	return map[string]string{
		"loadBalancingEnabled": "true", "loadBalanceLyncCalls": "false", "loadBalanceOutgoingCalls": "false",
		"loadBalanceUserCalls": "true", "loadBalanceIndirectCalls": "false",
	}
}

// callBridges is GET /callBridges.
func (c *apiCall) callBridges() answer {
	var all []*node
	for _, b := range c.group.bridges {
		all = append(all, el("callBridge", val("name", b.opts.Name)).attr("id", b.id))
	}
	return c.pageOf("callBridges", all)
}

// callBridge is GET /callBridges/<id>.
func (c *apiCall) callBridge() answer {
	for _, b := range c.group.bridges {
		if strings.EqualFold(b.id, c.path[1]) {
			return ok(el("callBridge",
				val("name", b.opts.Name), val("address", b.APIURL()+"/"), val("sipDomain", ""), val("callBridgeGroup", c.group.id),
			).attr("id", b.id))
		}
	}
	return missing("callBridgeDoesNotExist")
}

// callBridgeGroups is GET /callBridgeGroups.
func (c *apiCall) callBridgeGroups() answer {
	return c.pageOf("callBridgeGroups", []*node{el("callBridgeGroup", val("name", c.group.opts.Name)).attr("id", c.group.id)})
}

// callBridgeGroup is GET /callBridgeGroups/<id>.
func (c *apiCall) callBridgeGroup() answer {
	if !strings.EqualFold(c.group.id, c.path[1]) {
		return missing("callBridgeGroupDoesNotExist")
	}
	n := el("callBridgeGroup", val("name", c.group.opts.Name)).attr("id", c.group.id)
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	for _, flag := range groupFlags {
		n.add(val(flag, c.group.flags[flag]))
	}
	return ok(n)
}

// setCallBridgeGroup is PUT /callBridgeGroups/<id>. The flags are kept and
// shown; no bridge of the simulation moves a call by itself.
func (c *apiCall) setCallBridgeGroup() answer {
	if !strings.EqualFold(c.group.id, c.path[1]) {
		return missing("callBridgeGroupDoesNotExist")
	}
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	for name := range c.form {
		value := c.form.Get(name)
		if !slices.Contains(groupFlags, name) {
			continue
		}
		if value != "true" && value != "false" {
			return invalid(name, "invalid")
		}
		c.group.flags[name] = value
	}
	return answer{status: http.StatusOK}
}
