package sim

import "net/http"

// answer finds the object that a request is about.
func (c *apiCall) answer() answer {
	switch c.method {
	case http.MethodGet:
		return c.get()
	case http.MethodPost:
		return c.post()
	case http.MethodPut:
		return c.put()
	case http.MethodDelete:
		return c.delete()
	}
	return answer{status: http.StatusMethodNotAllowed}
}

// get answers a GET.
func (c *apiCall) get() answer {
	for _, r := range []struct {
		path []string
		do   func() answer
	}{
		{[]string{"system", "load"}, c.systemLoad},
		{[]string{"system", "status"}, c.systemStatus},
		{[]string{"system", "configuration", "cluster"}, c.cluster},
		{[]string{"system", "database"}, c.database},
		{[]string{"system", "alarms"}, c.empty("alarms")},
		{[]string{"system", "cdrReceivers"}, c.empty("cdrReceivers")},
		{[]string{"webBridges"}, c.empty("webBridges")},
		{[]string{"outboundDialPlanRules"}, c.empty("outboundDialPlanRules")},
		{[]string{"callBridges"}, c.callBridges},
		{[]string{"callBridges", "*"}, c.callBridge},
		{[]string{"callBridgeGroups"}, c.callBridgeGroups},
		{[]string{"callBridgeGroups", "*"}, c.callBridgeGroup},
		{[]string{"calls"}, c.calls},
		{[]string{"calls", "*"}, c.call},
		{[]string{"calls", "*", "callLegs"}, c.callCallLegs},
		{[]string{"calls", "*", "participants"}, c.callParticipants},
		{[]string{"callLegs"}, c.callLegs},
		{[]string{"callLegs", "*"}, c.callLeg},
		{[]string{"participants"}, c.participants},
		{[]string{"participants", "*"}, c.participant},
		{[]string{"coSpaces"}, c.coSpaces},
		{[]string{"coSpaces", "*"}, c.coSpace},
		{[]string{"coSpaces", "*", "accessMethods"}, c.accessMethods},
		{[]string{"coSpaces", "*", "accessMethods", "*"}, c.accessMethod},
		{[]string{"inboundDialPlanRules"}, c.inboundRules},
		{[]string{"inboundDialPlanRules", "*"}, c.inboundRules},
		{[]string{"forwardingDialPlanRules"}, c.forwardingRules},
		{[]string{"forwardingDialPlanRules", "*"}, c.forwardingRules},
		{[]string{"ivrs"}, c.ivrs},
		{[]string{"ivrs", "*"}, c.ivrs},
		{[]string{"users"}, c.users},
		{[]string{"users", "*"}, c.users},
	} {
		if c.is(r.path...) {
			return r.do()
		}
	}
	return c.unrecognized()
}

// post answers a POST.
func (c *apiCall) post() answer {
	switch {
	case c.is("uriUsageQuery"):
		return c.uriUsageQuery()
	case c.is("calls"):
		return c.createCall()
	case c.is("calls", "*", "participants"), c.is("calls", "*", "callLegs"):
		return c.addParticipant()
	case c.is("coSpaces"):
		return c.createSpace()
	case c.is("system", "configuration", "cluster"):
		return c.setCluster()
	}
	return c.unrecognized()
}

// put answers a PUT.
func (c *apiCall) put() answer {
	switch {
	case c.is("system", "configuration", "cluster"):
		return c.setCluster()
	case c.is("callBridgeGroups", "*"):
		return c.setCallBridgeGroup()
	case c.is("coSpaces", "*"):
		return c.changeSpace()
	}
	return c.unrecognized()
}

// delete answers a DELETE.
func (c *apiCall) delete() answer {
	switch {
	case c.is("calls", "*"):
		return c.endCall()
	case c.is("callLegs", "*"), c.is("participants", "*"):
		return c.endLeg()
	case c.is("coSpaces", "*"):
		if c.group.RemoveSpace(c.path[1]) != nil {
			return missing("coSpaceDoesNotExist")
		}
		return answer{status: http.StatusOK}
	}
	return c.unrecognized()
}

// empty is a collection that the simulation never fills.
func (c *apiCall) empty(name string) func() answer {
	return func() answer { return c.pageOf(name, nil) }
}

// unrecognized is the answer to a path that means nothing.
func (c *apiCall) unrecognized() answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quirks.British {
		return missing("unrecognisedObject")
	}
	return missing("unrecognizedObject")
}
