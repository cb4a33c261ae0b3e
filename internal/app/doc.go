// Package app is one running edge: it wires the configuration to the parts and
// owns their order of life. It alone knows both package config and the parts.
//
//	config ──▶ rules.go      lb.Topology, lb.Policy, pins
//	       ──▶ frontdoor.go  sip.Settings, transport listeners
//	       ──▶ bridges.go    one cmsapi client and poller per bridge, one directory per group
//	       ──▶ resolver.go   what a dialled URI is, by the directories of its domain's groups
//	       ──▶ routekey.go   the key of the Record-Route token, kept in stateDir
//	       ──▶ weights.go    the last loadLimits read, kept in stateDir
//	       ──▶ states.go     what operators did to bridges, kept in stateDir
//	app.go, lifecycle.go     New, Start, Stop, Run: everything started is stopped in reverse order
//	adminview.go, groups.go  what the admin API shows
//	tally.go                 decisions counted on their way into the record
//	metrics.go, metricscalls.go, metricssip.go, metricsbridges.go
//	                         what /metrics shows, read from the parts at each scrape
//	explain.go, online.go, onlinegroup.go
//	                         what the commands explain and check do without a running edge
//	learn.go                 an explanation asks about an unknown URI, as a call would
//	logger.go                zap over a buffer that drops rather than waits
//
// Signals are not handled here: whoever runs an App (main, a test, the
// laboratory) ends it by its context.
package app
