package transaction

import (
	"encoding/binary"
	"hash/maphash"

	"bridgehead/sip/wire"
)

// key identifies a server transaction: a hash of 128 bits under seeds that no peer
// knows, so that two transactions are not confused even if somebody tries. The two
// keys of one branch for different methods share a, and with it their shard.
type key struct{ a, b uint64 }

// seeds are the layer's secrets for keys and tags.
type seeds struct{ a, b, tag maphash.Seed }

func newSeeds() seeds {
	return seeds{a: maphash.MakeSeed(), b: maphash.MakeSeed(), tag: maphash.MakeSeed()}
}

// keyScratch suits all but monstrous messages; those cost an allocation.
const keyScratch = 512

// keys computes the key of request m itself, and the key of the INVITE that it
// belongs to if it is an ACK or a CANCEL (RFC 3261 sections 17.2.3 and 9.2).
func (sd *seeds) keys(m *wire.Message) (own, invite key) {
	var scratch [keyScratch]byte
	b := scratch[:0]
	toTag := false
	if m.Via.Magic {
		b = appendIdentity(b, m)
	} else {
		b = appendOldIdentity(b, m)
		toTag = m.Method != wire.INVITE && m.Method != wire.ACK
	}
	n := len(b)
	a := maphash.Bytes(sd.a, b)
	invite = key{a, maphash.Bytes(sd.b, append(b, "INVITE"...))}
	if m.Method == wire.INVITE || m.Method == wire.ACK {
		return invite, invite
	}
	b = append(b[:n], m.Text(m.MethodName)...)
	if toTag && m.Method != wire.CANCEL {
		b = append(append(b, 0), m.Text(m.ToTag)...)
	}
	return key{a, maphash.Bytes(sd.b, b)}, invite
}

// appendIdentity appends what makes a transaction of an RFC 3261 client unique:
// the branch and the sent-by of the topmost Via. The branch is compared byte by
// byte, the host in any letter case. Where the request came from does not count, as
// a retransmission may take another way.
func appendIdentity(b []byte, m *wire.Message) []byte {
	b = append(b, 1)
	b = append(append(b, m.Text(m.Via.Branch)...), 0)
	for _, c := range m.Text(m.Via.Host) {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return binary.BigEndian.AppendUint16(append(b, 0), m.Via.Port)
}

// appendOldIdentity does the same for an RFC 2543 client, whose branch, if any, is
// not unique: Request-URI, From tag, Call-ID, CSeq number and the whole topmost Via.
// The To tag counts for methods other than INVITE, ACK and CANCEL: an ACK carries
// one that the INVITE had not.
func appendOldIdentity(b []byte, m *wire.Message) []byte {
	b = append(b, 2)
	for _, s := range [...]wire.Span{m.RequestURI, m.FromTag, m.CallID, m.Via.Value} {
		b = append(append(b, m.Text(s)...), 0)
	}
	return binary.BigEndian.AppendUint32(b, m.CSeq)
}

const tagLen = 16

// appendTag appends the To tag that belongs to a key: 64 bits in hexadecimal
// digits that nobody else can know. Being a function of the request, it serves
// responses that we keep no state for.
func (sd *seeds) appendTag(b []byte, k key) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], k.a)
	binary.BigEndian.PutUint64(raw[8:], k.b)
	h := maphash.Bytes(sd.tag, raw[:])
	const digits = "0123456789abcdef"
	for range tagLen {
		b = append(b, digits[h&15])
		h >>= 4
	}
	return b
}
