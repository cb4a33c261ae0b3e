package lb

import (
	"math"

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

// ranking lists places in a group's configuration order, best first.
type ranking [MaxBridges]uint8

// rank orders the members for a key (R3) by weighted rendezvous hashing: each
// bridge draws a number u, evenly spread over (0,1), from key and name alone,
// and the lowest -ln(u)/weight wins. A bridge with twice the weight is first
// for twice as many keys; a bridge that comes or goes moves only its own keys,
// and they spread over all the others. Equal draws, which do not happen in
// practice, keep configuration order.
func (m *members) rank(key uint64, r *ranking) {
	var draws [MaxBridges]float64
	for i, seed := range m.seeds {
		d := -math.Log(unit(mix(key^seed))) * m.scale[i]
		j := i
		for ; j > 0 && draws[j-1] > d; j-- {
			draws[j], r[j] = draws[j-1], r[j-1]
		}
		draws[j], r[j] = d, uint8(i)
	}
}

// mix spreads every bit of h over all others (the finaliser of SplitMix64), so
// that key and name may simply be combined by exclusive or.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unit maps h to the open interval (0,1), by its upper 53 bits: 0 would have no
// logarithm, 1 would beat everybody at any weight.
func unit(h uint64) float64 { return (float64(h>>11) + 0.5) / (1 << 53) }
