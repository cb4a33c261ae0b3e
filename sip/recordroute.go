package sip

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

// side is how one side of the proxy is written into a URI or a Via value.
type side struct {
	transport wire.Transport
	host      string
	port      uint16
}

// ownSides keeps one copy of each side for those that live long. There are as many
// as we have listeners and addresses; past the bound each caller has its own. The
// zero value is ready for use, by many at once.
type ownSides struct {
	known atomic.Pointer[[]*side]
	mu    sync.Mutex
}

const maxSides = 64

// of is the one copy of s.
func (k *ownSides) of(s side) *side {
	if x := k.find(s); x != nil {
		return x
	}
	return k.add(s)
}

func (k *ownSides) add(s side) *side {
	k.mu.Lock()
	defer k.mu.Unlock()
	if x := k.find(s); x != nil {
		return x
	}
	var next []*side
	if known := k.known.Load(); known != nil {
		next = slices.Clone(*known)
	}
	x := &s
	if len(next) < maxSides {
		next = append(next, x)
		k.known.Store(&next)
	}
	return x
}

func (k *ownSides) find(s side) *side {
	if known := k.known.Load(); known != nil {
		for _, x := range *known {
			if *x == s {
				return x
			}
		}
	}
	return nil
}

// sideOf is our side towards a next hop: the listener and address that a
// message to it leaves from.
func (p *Proxy) sideOf(h wire.Hop) (side, transport.LocalAddress, error) {
	l, err := p.stack.LocalFor(h.Transport, h.Remote.Addr())
	if err != nil {
		return side{}, l, err
	}
	return side{h.Transport, l.Host, l.Port}, l, nil
}

// arrival is our side towards where a message came from: the listener and the
// address that it came in on, since these are what the peer can reach, whatever
// routing would choose.
func (p *Proxy) arrival(h wire.Hop) side {
	l := &p.listeners[min(int(h.Listener), len(p.listeners)-1)]
	if l.host != "" {
		return side{h.Transport, l.host, l.port}
	}
	s, routed, err := p.sideOf(h)
	local := h.Local.Addr()
	if err == nil && (!local.IsValid() || local == routed.Addr.Addr()) {
		s.port = l.port
		return s
	}
	return side{h.Transport, hostText(local), l.port}
}

// recordRoutes reports the methods whose requests make or refresh a dialog
// (RFC 3261 section 12.1, RFC 6665): these carry our Record-Route.
func recordRoutes(m wire.Method) bool {
	switch m {
	case wire.INVITE, wire.SUBSCRIBE, wire.REFER, wire.NOTIFY, wire.UPDATE:
		return true
	}
	return false
}

// appendRecordRoute writes our Record-Route (16.6 step 4): one field, or two
// where the two sides differ in transport, address family or address, the
// side towards the next hop on top (RFC 5658 section 5).
func appendRecordRoute(dst, user []byte, in, out side) []byte {
	dst = append(dst, "Record-Route: "...)
	dst = appendRouteValue(dst, user, out)
	if in != out {
		dst = append(dst, "\r\nRecord-Route: "...)
		dst = appendRouteValue(dst, user, in)
	}
	return append(dst, "\r\n"...)
}

func appendRouteValue(dst, user []byte, s side) []byte {
	dst = append(dst, "<sip:"...)
	dst = append(dst, user...)
	dst = append(dst, '@')
	dst = appendHostPort(dst, s)
	if s.transport != wire.UDP {
		dst = append(dst, ";transport="...)
		dst = append(dst, s.transport.Param()...)
	}
	return append(dst, ";lr>"...)
}

func appendHostPort(dst []byte, s side) []byte {
	dst = append(dst, s.host...)
	if s.port == 0 { // a URI without one: DNS has it
		return dst
	}
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(s.port), 10)
}

// appendVia writes our Via field (16.6 step 8).
func appendVia(dst []byte, s side, branch []byte) []byte {
	dst = append(dst, "Via: SIP/2.0/"...)
	dst = append(dst, s.transport.String()...)
	dst = append(dst, ' ')
	dst = appendHostPort(dst, s)
	dst = append(dst, ";branch="...)
	dst = append(dst, branch...)
	return append(dst, "\r\n"...)
}
