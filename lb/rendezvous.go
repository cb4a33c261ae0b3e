package lb

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// hashKey hashes a conference key, a bridge name or a Call-ID. 0 is kept for
// "no key".
func hashKey(s string) uint64 {
	if h := xxhash.Sum64String(s); h != 0 {
		return h
	}
	return 1
}

// members are the bridges of one group as the rendezvous hash sees them: fixed
// until a weight changes, so that a decision only mixes and compares.
type members struct {
	first BridgeID  // The group's bridges are numbered from here.
	seeds []uint64  // hashKey of each name.
	scale []float64 // 1/weight of each bridge.
}

func newMembers(g *Group, t *Topology, weights []int) members {
	m := members{first: g.Bridges[0], seeds: make([]uint64, len(g.Bridges)), scale: make([]float64, len(g.Bridges))}
	equal := false
	for i, id := range g.Bridges {
		m.seeds[i] = hashKey(t.Bridges[id].Name)
		equal = equal || weights[id] <= 0
	}
	for i, id := range g.Bridges {
		m.scale[i] = 1
		if !equal {
			m.scale[i] = 1 / float64(weights[id])
		}
	}
	return m
}

// draw is what a bridge draws for a conference (R3); the lowest draw of a group
// has priority 0. Weighted rendezvous hashing: key and name alone give a number
// u, spread evenly over (0,1), and the draw is -log(u)/weight. So a bridge with
// twice the weight comes first for twice as many conferences, and a bridge that
// comes or goes moves only its own, which spread over all the others.
func (m *members) draw(key uint64, place int) float64 {
	return float64(negativeLog(mix(key^m.seeds[place]))) * m.scale[place]
}

// mix spreads every bit of h over all others (the finaliser of SplitMix64), so
// that key and name may simply be combined by exclusive or.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

const (
	logBits = 8  // The table has a step for each of the first bits behind the leading one.
	logUnit = 32 // One is 1<<logUnit.
)

// logTable holds log2(1 + i/256) in fixed point. Never written again.
var logTable = func() (t [1<<logBits + 1]uint64) {
	for i := range t {
		t[i] = uint64(math.Round(math.Log2(1+float64(i)/(1<<logBits)) * (1 << logUnit)))
	}
	return t
}()

// negativeLog returns -log2(h / 2^64) in fixed point, never 0, good to five
// digits. It is integer arithmetic, so every edge draws the same on every kind
// of processor, and several times faster than math.Log.
func negativeLog(h uint64) uint64 {
	h |= 1
	zeros := bits.LeadingZeros64(h)
	mantissa := h << zeros << 1 // The bits behind the leading one.
	i := mantissa >> (64 - logBits)
	low := mantissa << logBits >> (64 - logUnit)
	log := logTable[i] + (logTable[i+1]-logTable[i])*low>>logUnit
	return uint64(zeros+1)<<logUnit - log + 1
}
