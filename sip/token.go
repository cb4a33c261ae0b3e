package sip

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"
	"github.com/dchest/siphash"
)

// The user part of our Record-Route URI is a token that says, to any edge that
// has the key, which Call Bridge a dialog belongs to. It is why a restart of
// the edge in the middle of a call loses nothing, and why no state is shared
// between edges for it.
//
//	byte  0      version
//	      1      key id: first byte of a hash of the key
//	      2..5   hash of the bridge's name (never an index: indexes move)
//	      6..9   hash of the call control's name
//	     10..17  MAC over the above and the Call-ID
//
// 18 bytes are 24 characters of base64url, all of them legal in a user part. The
// MAC is SipHash-2-4, which is made for short messages and just this length: it
// is worked out for every request inside a dialog.
const (
	tokenVersion = 1
	tokenPlain   = 10
	tokenBytes   = 18
	tokenLen     = 24
)

// MinRouteKey is the shortest route key that is accepted, in bytes.
const MinRouteKey = 16

// token is what a verified token says.
type token struct {
	bridge  uint32 // nameHash of the bridge
	control uint32 // nameHash of the call control
}

// nameHash is how a name stands in a token. It is stable over restarts and
// between edges.
func nameHash(name string) uint32 { return uint32(xxhash.Sum64String(name)) }

// routeKeys signs with the first key and verifies with all of them, so that a
// key can be rotated while calls are up. Safe for concurrent use.
type routeKeys struct {
	keys []*routeKey
}

type routeKey struct {
	id     byte
	k0, k1 uint64 // of SipHash
}

// newRouteKeys refuses an empty list and keys shorter than MinRouteKey.
func newRouteKeys(secrets [][]byte) (*routeKeys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no route key: set sip.routeKeys or let stateDir keep one")
	}
	r := &routeKeys{}
	for _, s := range secrets {
		if len(s) < MinRouteKey {
			return nil, errors.New("a route key is shorter than 16 bytes: use at least 16 random bytes")
		}
		// The id is in the clear and must say nothing of the key.
		id, key := sha256.Sum256(append([]byte("id "), s...)), sha256.Sum256(append([]byte("key "), s...))
		r.keys = append(r.keys, &routeKey{id: id[0], k0: binary.LittleEndian.Uint64(key[:]), k1: binary.LittleEndian.Uint64(key[8:])})
	}
	return r, nil
}

// mac computes the 64-bit MAC of the token's plain part and a Call-ID.
func (k *routeKey) mac(plain, callID []byte) uint64 {
	var room [256]byte
	return siphash.Hash(k.k0, k.k1, append(append(room[:0], plain...), callID...))
}

// append writes the token for a dialog between a bridge and a call control.
func (r *routeKeys) append(dst []byte, t token, callID []byte) []byte {
	k := r.keys[0]
	var b [tokenBytes]byte
	b[0], b[1] = tokenVersion, k.id
	binary.BigEndian.PutUint32(b[2:], t.bridge)
	binary.BigEndian.PutUint32(b[6:], t.control)
	binary.BigEndian.PutUint64(b[tokenPlain:], k.mac(b[:tokenPlain], callID))
	return base64.RawURLEncoding.AppendEncode(dst, b[:])
}

// verify reads a token and reports whether one of our keys made it for this
// Call-ID.
func (r *routeKeys) verify(user, callID []byte) (token, bool) {
	if len(user) != tokenLen {
		return token{}, false
	}
	for _, k := range r.keys {
		if t, ok := k.verify(user, callID); ok {
			return t, true
		}
	}
	return token{}, false
}

func (k *routeKey) verify(user, callID []byte) (token, bool) {
	var b [tokenBytes]byte
	n, err := base64.RawURLEncoding.Decode(b[:], user)
	if err != nil || n != tokenBytes || b[0] != tokenVersion || b[1] != k.id {
		return token{}, false
	}
	// One comparison of two machine words takes the same time wherever they
	// differ.
	if k.mac(b[:tokenPlain], callID) != binary.BigEndian.Uint64(b[tokenPlain:]) {
		return token{}, false
	}
	return token{bridge: binary.BigEndian.Uint32(b[2:]), control: binary.BigEndian.Uint32(b[6:])}, true
}
