package cmsapi

// Endpoint is a kind of request that a poller sends. Of each, one at most is in
// flight.
type Endpoint uint8

const (
	// AskLoad is system/load.
	AskLoad Endpoint = iota
	// AskCalls is the list of calls.
	AskCalls
	// AskCall is calls/<id>.
	AskCall
	// AskLimits is system/configuration/cluster.
	AskLimits
	// AskStatus is system/status.
	AskStatus
	// AskSpaces is the list of spaces.
	AskSpaces
	// AskQuery is uriUsageQuery.
	AskQuery
	// AskDialPlan is the inbound and forwarding rules and the IVRs.
	AskDialPlan
	// AskUsers is the list of users.
	AskUsers
	// AskSpace is coSpaces/<id> and its access methods.
	AskSpace

	endpoints = iota
)

var endpointNames = [endpoints]string{"load", "calls", "call", "limits", "status", "spaces", "query", "dialplan", "users", "space"}

// String returns the endpoint's name in logs, metrics and the admin API.
func (e Endpoint) String() string {
	if int(e) < len(endpointNames) {
		return endpointNames[e]
	}
	return "unknown"
}

// Endpoints returns all of them.
func Endpoints() []Endpoint {
	return []Endpoint{AskLoad, AskCalls, AskCall, AskLimits, AskStatus, AskSpaces, AskQuery, AskDialPlan, AskUsers, AskSpace}
}
