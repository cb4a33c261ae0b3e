package transaction

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
)

// A branch parameter of ours reads
//
//	z9hG4bKbh SS BBBBBBBBBBBBBBBBBBBBBBBBBB
//
// without the blanks: the shard in clear, so that its lock can be taken, then one
// block of AES under a key that lives and dies with the layer. The block holds
// shard, branch index, slot and generation and 48 bits of zero: whoever has not seen
// a branch cannot make one up, each guess being right once in 2^48, and an id of an
// earlier process means nothing. Letters are base 32 in either case, so that a peer
// that folds the case of parameters does no harm. The user may add a point and
// more to it.
const (
	branchPrefix = "z9hG4bKbh"
	shardDigits  = 2
	blockDigits  = 26
	branchLen    = len(branchPrefix) + shardDigits + blockDigits
)

// branchName is what a branch parameter says.
type branchName struct {
	shard uint8
	index uint8
	slot  uint32
	gen   uint32
}

// branchCipher makes and reads the blocks. block is safe for concurrent use, the
// scratch space belongs to one shard: passed to an interface it would be allocated
// each time.
type branchCipher struct {
	block   cipher.Block
	scratch [aes.BlockSize]byte
}

// newBranchKey draws the layer's key.
func newBranchKey() cipher.Block {
	var k [16]byte
	rand.Read(k[:]) // Never fails since Go 1.24.
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic("transaction: AES refuses a key of 16 bytes: " + err.Error())
	}
	return block
}

// append appends the branch parameter for n.
func (c *branchCipher) append(dst []byte, n branchName) []byte {
	p := c.scratch[:]
	clear(p)
	p[0], p[1] = n.shard, n.index
	binary.BigEndian.PutUint32(p[4:], n.slot)
	binary.BigEndian.PutUint32(p[8:], n.gen)
	c.block.Encrypt(p, p)
	dst = append(dst, branchPrefix...)
	dst = appendBase32(dst, uint64(n.shard), shardDigits)
	dst = appendBase32(dst, binary.BigEndian.Uint64(p), blockDigits/2)
	return appendBase32(dst, binary.BigEndian.Uint64(p[8:]), blockDigits/2)
}

// sealedBranch is a branch parameter that looks like ours but was not opened yet.
type sealedBranch struct {
	shard  uint8
	hi, lo uint64
}

// readBranch takes a branch parameter apart without any lock or key.
func readBranch(b []byte) (s sealedBranch, ok bool) {
	if len(b) > branchLen && b[branchLen] == '.' {
		b = b[:branchLen] // what follows the point is the user's
	}
	if len(b) != branchLen || !bytes.EqualFold(b[:len(branchPrefix)], []byte(branchPrefix)) {
		return s, false
	}
	b = b[len(branchPrefix):]
	shard, ok1 := readBase32(b[:shardDigits])
	hi, ok2 := readBase32(b[shardDigits : shardDigits+blockDigits/2])
	lo, ok3 := readBase32(b[shardDigits+blockDigits/2:])
	return sealedBranch{shard: uint8(shard), hi: hi, lo: lo}, ok1 && ok2 && ok3 && shard < 256
}

// open tells what s says, and false if it is none of ours.
func (c *branchCipher) open(s sealedBranch) (n branchName, ok bool) {
	p := c.scratch[:]
	binary.BigEndian.PutUint64(p, s.hi)
	binary.BigEndian.PutUint64(p[8:], s.lo)
	c.block.Decrypt(p, p)
	n = branchName{shard: p[0], index: p[1], slot: binary.BigEndian.Uint32(p[4:]), gen: binary.BigEndian.Uint32(p[8:])}
	zero := uint32(binary.BigEndian.Uint16(p[2:])) | binary.BigEndian.Uint32(p[12:])
	return n, zero == 0 && n.shard == s.shard && n.index < MaxBranches
}

const base32Digits = "abcdefghijklmnopqrstuvwxyz234567"

// appendBase32 appends the n lowest digits of v, the lowest one first.
func appendBase32(dst []byte, v uint64, n int) []byte {
	for range n {
		dst = append(dst, base32Digits[v&31])
		v >>= 5
	}
	return dst
}

// readBase32 reads what appendBase32 wrote, in either case.
func readBase32(b []byte) (v uint64, ok bool) {
	for i := len(b) - 1; i >= 0; i-- {
		var d byte
		switch c := b[i]; {
		case 'a' <= c && c <= 'z':
			d = c - 'a'
		case 'A' <= c && c <= 'Z':
			d = c - 'A'
		case '2' <= c && c <= '7':
			d = c - '2' + 26
		default:
			return 0, false
		}
		if v>>59 != 0 {
			return 0, false // More than 64 bits.
		}
		v = v<<5 | uint64(d)
	}
	return v, true
}
