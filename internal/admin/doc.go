// Package admin is the HTTP API for operators: whether the edge serves, how the
// bridges stand, and what was decided.
//
//	source.go     what it shows, and whom it asks for it
//	server.go     the socket: bounds, timeouts, start and end
//	routes.go     the paths; their OpenAPI document is made from the Go types
//	health.go     /healthz and /readyz, in plain text for probes
//	local.go      requests for names that are not ours are refused
//
// Rules of the package: it only shows, and only what its [Source] hands it, which
// holds no secret; it listens on a loopback address, because it has neither TLS
// nor tokens; whatever a client does, it costs bounded memory and never touches
// the call path.
package admin
