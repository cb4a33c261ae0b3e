//go:build race

package transport

// raceDetector tells that the race detector, which allocates, is in the program.
const raceDetector = true
