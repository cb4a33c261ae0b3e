package transaction

// index finds the record of a key. It is a chained hash table that grows by
// splitting one bucket for each insertion (linear hashing), so that no insertion
// pays for all the others; the chains run through the records.
type index struct {
	records *slots[record]
	heads   []uint32
	count   int
	low     uint64 // Buckets at the start of this round of splitting, a power of two.
}

const firstBuckets = 64

func newIndex(records *slots[record]) index {
	return index{records: records, heads: make([]uint32, firstBuckets), low: firstBuckets}
}

// bucket is where the hash h lives: buckets that were split in this round are
// told apart by one bit more.
func (x *index) bucket(h uint64) *uint32 {
	b := h & (2*x.low - 1)
	if b >= uint64(len(x.heads)) {
		b &= x.low - 1
	}
	return &x.heads[b]
}

// find returns the record with this key, 0 for none.
func (x *index) find(k key) uint32 {
	i := *x.bucket(k.b)
	for i != 0 {
		r := x.records.at(i)
		if r.key == k {
			break
		}
		i = r.chain
	}
	return i
}

// insert adds record i under its key, which must not be there.
func (x *index) insert(i uint32) {
	x.link(i)
	x.count++
	if x.count > len(x.heads) {
		x.split()
	}
}

func (x *index) link(i uint32) {
	r := x.records.at(i)
	head := x.bucket(r.key.b)
	r.chain, *head = *head, i
}

func (x *index) split() {
	from := uint64(len(x.heads)) - x.low
	i := x.heads[from]
	x.heads[from] = 0
	x.heads = append(x.heads, 0)
	for i != 0 {
		next := x.records.at(i).chain
		x.link(i)
		i = next
	}
	if uint64(len(x.heads)) == 2*x.low {
		x.low *= 2
	}
}

// remove takes record i out; it reports false if it was not in.
func (x *index) remove(i uint32) bool {
	r := x.records.at(i)
	for link := x.bucket(r.key.b); *link != 0; link = &x.records.at(*link).chain {
		if *link == i {
			*link = r.chain
			r.chain = 0
			x.count--
			return true
		}
	}
	return false
}
