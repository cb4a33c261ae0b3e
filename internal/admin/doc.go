// Package admin is the HTTP API for operators: whether the edge serves, how the
// bridges stand, what was decided and what would be, and the operator's hand on
// a bridge.
//
//	source.go       what it shows, and whom it asks for it
//	server.go       the socket: bounds, timeouts, start and end
//	routes.go       the paths; their OpenAPI document is made from the Go types
//	bridge.go       bridges, and PUT of their state
//	group.go        groups, and the directory of each
//	conference.go   which conference runs where
//	decision.go     decisions made, and explain: one that nobody asked for
//	observation.go  how often the rules would have chosen otherwise
//	health.go       /healthz and /readyz, in plain text for probes; /metrics
//	local.go        requests for names that are not ours are refused
//
// Rules of the package: it shows only what its [Source] hands it, which holds no
// secret, and changes nothing but the state of a bridge; it listens on a loopback
// address, because it has neither TLS nor tokens; whatever a client does, it
// costs bounded memory and never touches the call path.
package admin
