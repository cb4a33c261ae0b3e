package sip

import (
	"bytes"
	"net/netip"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// appendStatelessBranch writes a branch for a message that we forward with no
// transaction: a function of the branch it came with and of the dialog, so
// that each repetition has the same (RFC 3261 section 16.11).
func appendStatelessBranch(dst []byte, m *wire.Message) []byte {
	var h xxhash.Digest
	h.Reset()
	h.Write(m.Text(m.Via.Branch))
	h.Write(m.Text(m.Via.SentBy))
	h.Write(m.Text(m.CallID))
	h.Write(m.Text(m.FromTag))
	h.Write(m.Text(m.ToTag))
	h.Write(m.Text(m.RequestURI))
	dst = append(dst, "z9hG4bK-s"...)
	dst = strconv.AppendUint(dst, h.Sum64(), 36)
	return append(strconv.AppendUint(append(dst, '.'), uint64(m.CSeq), 36), m.Text(m.CSeqMethod)...)
}

// statelessPrefix begins the To tags of stateless refusals, so that a look
// tells most other tags from them.
const statelessPrefix = "bh-"

// statelessTag is a To tag for a stateless refusal: the same for each
// repetition (RFC 3261 section 8.2.7), and for the ACK, which has the branch of
// the INVITE.
func statelessTag(m *wire.Message) []byte {
	h := xxhash.Sum64(m.Text(m.Via.Branch)) ^ xxhash.Sum64(m.Text(m.CallID))
	return strconv.AppendUint([]byte(statelessPrefix), h, 36)
}

// isStatelessTag reports an ACK of a stateless refusal.
func isStatelessTag(ack *wire.Message) bool {
	tag := ack.Text(ack.ToTag)
	return bytes.HasPrefix(tag, []byte(statelessPrefix)) && bytes.Equal(tag, statelessTag(ack))
}

// callerHash identifies the calling party to rule R12, which tells two callers
// from one: From's URI without the tag.
func callerHash(from []byte) uint64 {
	na, err := wire.ParseNameAddr(from)
	if err != nil {
		return 0
	}
	return xxhash.Sum64(na.URI)
}

// hostText is an address as it stands in a URI or a Via value.
func hostText(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}

// bracketed puts brackets round an IPv6 literal of the configuration.
func bracketed(host string) string {
	if a, ok := literal(host); ok {
		return hostText(a)
	}
	return host
}

func appendContentLength(dst []byte, n int) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, "\r\n"...)
}

// names of the parties of a placed call, for the log.
func (p *Proxy) bridgeName(id lb.BridgeID) string {
	if id == lb.NoBridge {
		return ""
	}
	return p.bridges[id].Name
}
