//go:build !race

package sip

// raceEnabled: the race detector makes sync.Pool forget at random.
const raceEnabled = false
