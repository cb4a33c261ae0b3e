// Command bridgehead is a SIP-aware load-balancing front proxy for Cisco
// Meeting Server Call Bridge groups.
//
// It is flags, signals and printing; what a running edge does stands in package
// app. Each verb has a file of its own:
//
//	serve.go                       run an edge
//	check.go, explain.go           ask about a configuration, with no running edge
//	status.go, bridge.go, drain.go,
//	conference.go                  ask a running edge, and order it; client.go: how
//	version.go
//	lab.go                         an edge and three simulated bridges, to try it out
//	labconfig.go, labgroup.go      what stands in the lab
//	labcaller.go, labcalls.go      who calls, and which calls
//	labjournal.go, labhints.go     what the lab prints
//	main.go, output.go             the command line, tables
//
// Results go to standard output, complaints to standard error. The exit codes
// are the same for every verb; see main.go.
package main
