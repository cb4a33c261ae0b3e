//go:build !race

package integration

// raceEnabled tells if the tests run under the race detector; the edge is then
// built with it too.
const raceEnabled = false
