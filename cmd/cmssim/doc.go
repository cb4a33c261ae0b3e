// Command cmssim runs a simulated Cisco Meeting Server Call Bridge group: REST
// API, SIP user agents and event log of a few bridges in one process.
//
// It is flags and printing around package sim:
//
//	main.go      the command line, signals, exit codes
//	flags.go     flags and the group that they describe
//	greeting.go  what it prints at the start: a callBridges section, curl lines
//
// The group's event log goes to standard output as it happens, complaints to
// standard error. Exit codes: 0 after SIGINT or SIGTERM, 2 when the group
// cannot start, 64 for wrong usage.
package main
