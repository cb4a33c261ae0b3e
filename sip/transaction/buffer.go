package transaction

import "encoding/binary"

// handle names a buffer of a shard: 6 bits of class, 26 of block. 0 is none.
type handle uint32

const (
	blockBits = 26
	slabSize  = 32 << 10
	blockHead = 4 // Each block begins with the length of what is in it.
	noBlock   = ^uint32(0)
)

// blockSizes are the sizes that blocks come in, a third apart at most; what is
// larger gets a slab of its own.
var blockSizes = [...]int{256, 384, 512, 768, 1 << 10, 1536, 2 << 10, 3 << 10, 4 << 10, 6 << 10, 8 << 10, 12 << 10, 16 << 10}

const classes = len(blockSizes) + 1

// slab is memory cut into blocks of one size. Free blocks are chained through
// their own first bytes.
type slab struct {
	memory     []byte
	free       uint32 // First free block, noBlock for none.
	used       uint32
	prev, next uint32 // Neighbours among the open slabs, 1-based.
}

// class is all slabs of one size.
type class struct {
	size  int
	count int // Blocks of a slab.
	slabs []slab
	gaps  []uint32 // Slabs whose memory has been given back, 1-based.
	spare []uint32 // Slabs with no used block.
	open  uint32   // First slab with used and with free blocks; 0 for none.
	busy  int      // Slabs with used blocks.
}

// buffers holds messages and responses for a shard in blocks of few sizes, so that
// keeping one costs no allocation, and gives memory back when a burst is over.
type buffers struct {
	classes [classes]class
	bytes   int // Memory held.
}

func newBuffers() *buffers {
	bs := &buffers{}
	for i := range bs.classes {
		c := &bs.classes[i]
		if c.count = 1; i < len(blockSizes) {
			c.size = blockSizes[i]
			c.count = slabSize / c.size
		}
	}
	return bs
}

// put keeps a copy of p.
func (bs *buffers) put(p []byte) handle {
	n, size := 0, blockHead+len(p)
	for n < len(blockSizes) && blockSizes[n] < size {
		n++
	}
	c := &bs.classes[n]
	if c.open == 0 {
		if len(c.spare) == 0 {
			bs.grow(c, size)
		}
		last := len(c.spare) - 1
		c.link(c.spare[last])
		c.spare = c.spare[:last]
		c.busy++
	}
	number := c.open
	s := &c.slabs[number-1]
	block := s.free
	b := c.block(s, block)
	s.free = binary.LittleEndian.Uint32(b)
	s.used++
	if s.free == noBlock {
		c.unlink(number)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(p)))
	copy(b[blockHead:], p)
	return handle(uint32(n)<<blockBits|(number-1)*uint32(c.count)+block) + 1
}

// get returns what is kept under h, until free; nil for the zero handle.
func (bs *buffers) get(h handle) []byte {
	if h == 0 {
		return nil
	}
	c, number, block := bs.find(h)
	b := c.block(&c.slabs[number-1], block)
	end := blockHead + binary.LittleEndian.Uint32(b)
	return b[blockHead:end:end]
}

// free gives the buffer *h back, if there is one, and clears *h.
func (bs *buffers) free(h *handle) {
	if *h == 0 {
		return
	}
	c, number, block := bs.find(*h)
	*h = 0
	s := &c.slabs[number-1]
	binary.LittleEndian.PutUint32(c.block(s, block), s.free)
	if s.free == noBlock {
		c.link(number)
	}
	s.free = block
	s.used--
	if s.used == 0 {
		c.unlink(number)
		c.spare = append(c.spare, number)
		c.busy--
		bs.trim(c)
	}
}

// trim lets the memory of a burst go. Spare slabs in proportion to the busy ones
// keep a steady load from allocating.
func (bs *buffers) trim(c *class) {
	keep := 1 + c.busy/2
	if c.size == 0 {
		keep = 0 // Each one is of another size.
	}
	for len(c.spare) > keep {
		last := len(c.spare) - 1
		number := c.spare[last]
		c.spare = c.spare[:last]
		bs.bytes -= len(c.slabs[number-1].memory)
		c.slabs[number-1] = slab{}
		c.gaps = append(c.gaps, number)
	}
}

func (bs *buffers) find(h handle) (c *class, number, block uint32) {
	h--
	c = &bs.classes[h>>blockBits]
	n := uint32(h) & (1<<blockBits - 1)
	return c, n/uint32(c.count) + 1, n % uint32(c.count)
}

func (c *class) block(s *slab, n uint32) []byte {
	size := c.size
	if size == 0 {
		size = len(s.memory)
	}
	return s.memory[int(n)*size : int(n+1)*size]
}

// grow adds a spare slab; size matters for the class without one.
func (bs *buffers) grow(c *class, size int) {
	if c.size > 0 {
		size = c.size
	}
	s := slab{memory: make([]byte, c.count*size)}
	for i := range c.count {
		next := uint32(i + 1)
		if i+1 == c.count {
			next = noBlock
		}
		binary.LittleEndian.PutUint32(s.memory[i*size:], next)
	}
	var number uint32
	if n := len(c.gaps); n > 0 {
		number = c.gaps[n-1]
		c.gaps = c.gaps[:n-1]
		c.slabs[number-1] = s
	} else {
		c.slabs = append(c.slabs, s)
		number = uint32(len(c.slabs))
	}
	bs.bytes += len(s.memory)
	c.spare = append(c.spare, number)
}

// link puts a slab at the head of the open ones, unlink takes it out.
func (c *class) link(number uint32) {
	s := &c.slabs[number-1]
	s.prev, s.next = 0, c.open
	if c.open != 0 {
		c.slabs[c.open-1].prev = number
	}
	c.open = number
}

func (c *class) unlink(number uint32) {
	s := &c.slabs[number-1]
	if s.next != 0 {
		c.slabs[s.next-1].prev = s.prev
	}
	if s.prev != 0 {
		c.slabs[s.prev-1].next = s.next
	} else {
		c.open = s.next
	}
	s.prev, s.next = 0, 0
}
