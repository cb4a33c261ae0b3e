package transaction

const (
	chunkBits = 8
	chunkSize = 1 << chunkBits
)

// slots is an array that grows in chunks, so that what is in it never moves, and
// that hands out its places by number. Number 0 is never given: it means none.
// Freed places are used again, the last one first, while its memory is warm.
type slots[T any] struct {
	chunks []*[chunkSize]T
	free   []uint32
	size   uint32 // Numbers below size have been given at least once.
}

// at returns the place with number i, which must have been given.
func (s *slots[T]) at(i uint32) *T { return &s.chunks[i>>chunkBits][i&(chunkSize-1)] }

// take gives a number; what its place held stays as put left it.
func (s *slots[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if s.size == 0 {
		s.size = 1
	}
	i := s.size
	s.size++
	if int(i>>chunkBits) == len(s.chunks) {
		s.chunks = append(s.chunks, new([chunkSize]T))
	}
	return i
}

// put takes a number back.
func (s *slots[T]) put(i uint32) { s.free = append(s.free, i) }

// used is how many numbers are out.
func (s *slots[T]) used() int { return max(int(s.size)-1, 0) - len(s.free) }

// all yields every number that was ever given, free ones too.
func (s *slots[T]) all(yield func(uint32) bool) {
	for i := uint32(1); i < s.size; i++ {
		if !yield(i) {
			return
		}
	}
}
