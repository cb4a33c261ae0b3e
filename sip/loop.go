package sip

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"bridgehead/sip/wire"
)

// A request that comes back to us unchanged in all that routing looks at would
// go round until Max-Forwards ends it, with every failover on the way tried
// again each time. So the branch that we put into Via ends in a mark of what
// came in (RFC 3261 section 16.6 step 8, RFC 5393 section 4): when a request
// carries the very mark that it would get again, it is a loop. One that was
// changed on its way, say to another user, is a spiral and passes.
//
// The mark begins with a point, which is in no branch of the transaction layer,
// and is 8 hexadecimal digits.
const (
	markStart  = '.'
	markDigits = 8
)

// loopMark is the mark of a request: its Request-URI, Route, Proxy-Require and
// Proxy-Authorization, its dialog and CSeq, as they came in, and who sent it,
// since a bridge's requests go other ways than call control's. The mark is this
// process's own, so that an edge before or behind us, which sees the same, is
// not taken for us.
func (p *Proxy) loopMark(m *wire.Message, from peer) uint32 {
	var h xxhash.Digest
	h.ResetWithSeed(p.markSeed)
	h.Write(m.Text(m.RequestURI))
	h.Write(m.Text(m.CallID))
	h.Write(m.Text(m.FromTag))
	h.Write(m.Text(m.ToTag))
	var rest [9]byte
	binary.BigEndian.PutUint32(rest[:], m.CSeq)
	binary.BigEndian.PutUint32(rest[4:], uint32(from.index))
	rest[8] = byte(from.origin)
	h.Write(rest[:])
	if m.Has(wire.Route) || m.Has(wire.ProxyRequire) || m.Has(wire.ProxyAuthorization) {
		for i := range m.Headers {
			switch f := &m.Headers[i]; f.ID {
			case wire.Route, wire.ProxyRequire, wire.ProxyAuthorization:
				h.Write(m.Text(f.Value))
			}
		}
	}
	return uint32(h.Sum64())
}

// appendMarked appends a branch with its mark.
func appendMarked(dst, branch []byte, mark uint32) []byte {
	dst = append(dst, branch...)
	dst = append(dst, markStart)
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[mark>>shift&15])
	}
	return dst
}

// looped reports a request that we have forwarded before, and that has not been
// changed since (16.3 step 4).
func looped(m *wire.Message, mark uint32) bool {
	if m.Via.Last {
		return false // it comes from whoever made it
	}
	for v := range m.Values(wire.Via) {
		if seen, ok := viaMark(m.Text(v.Span)); ok && seen == mark {
			return true
		}
	}
	return false
}

// viaMark is the mark in the branch of a Via value, if it has one.
func viaMark(via []byte) (mark uint32, ok bool) {
	const param = "branch="
	i := bytes.Index(via, []byte(param))
	if i < 0 {
		return 0, false
	}
	branch := via[i+len(param):]
	if i := bytes.IndexAny(branch, "; \t\r\n"); i >= 0 {
		branch = branch[:i]
	}
	at := len(branch) - markDigits
	if at < 1 || branch[at-1] != markStart {
		return 0, false
	}
	n, err := strconv.ParseUint(view(branch[at:]), 16, 32)
	return uint32(n), err == nil
}
