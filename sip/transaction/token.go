package transaction

// A token names a branch to the transport: 8 bits of shard, 24 of slot, the 28
// lowest of the generation, 4 of branch index + 1, so that it is never 0.
const (
	tokenIndexBits = 4
	tokenGenBits   = 28
	tokenSlotBits  = 24
	maxSlots       = 1<<tokenSlotBits - 1
)

func makeToken(n branchName) uint64 {
	return uint64(n.shard)<<(tokenSlotBits+tokenGenBits+tokenIndexBits) |
		uint64(n.slot)<<(tokenGenBits+tokenIndexBits) |
		uint64(n.gen&(1<<tokenGenBits-1))<<tokenIndexBits |
		uint64(n.index+1)
}

// readToken gives the name back, the generation's upper bits being 0.
func readToken(t uint64) (n branchName, ok bool) {
	index := t & (1<<tokenIndexBits - 1)
	if index == 0 || index > MaxBranches {
		return n, false
	}
	return branchName{
		shard: uint8(t >> (tokenSlotBits + tokenGenBits + tokenIndexBits)),
		slot:  uint32(t>>(tokenGenBits+tokenIndexBits)) & maxSlots,
		gen:   uint32(t>>tokenIndexBits) & (1<<tokenGenBits - 1),
		index: uint8(index - 1),
	}, true
}
