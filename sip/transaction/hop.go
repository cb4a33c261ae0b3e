package transaction

import (
	"net/netip"

	"bridgehead/sip/wire"
)

// hop is a wire.Hop in 40 bytes with no pointer.
type hop struct {
	conn       uint64
	remote     [16]byte
	remotePort uint16
	localPort  uint16
	listener   uint16
	local      uint16 // Number in places, 0 for none.
	zone       uint16 // Likewise, of the remote address.
	transport  wire.Transport
	is4        bool // The remote address is one of IPv4, not a mapped one.
	valid      bool // There is a remote address.
}

// reliable reports whether the transport makes retransmissions needless.
func (h *hop) reliable() bool { return h.transport.Reliable() }

// places numbers our own addresses and IPv6 zones. Both come from the interfaces
// of this machine, so there are few; past the bound an address is not
// remembered, and routing decides as for a zero Local.
type places struct {
	locals  []netip.Addr
	numbers map[netip.Addr]uint16
	zones   []string
}

const maxPlaces = 1 << 12

func (p *places) local(a netip.Addr) uint16 {
	if !a.IsValid() {
		return 0
	}
	if len(p.locals) > 0 && p.locals[0] == a {
		return 1 // Most often there is but one.
	}
	if n, ok := p.numbers[a]; ok {
		return n
	}
	if len(p.locals) == maxPlaces {
		return 0
	}
	if p.numbers == nil {
		p.numbers = make(map[netip.Addr]uint16)
	}
	p.locals = append(p.locals, a)
	p.numbers[a] = uint16(len(p.locals))
	return uint16(len(p.locals))
}

func (p *places) zone(z string) uint16 {
	if z == "" {
		return 0
	}
	for i := range p.zones {
		if p.zones[i] == z {
			return uint16(i + 1)
		}
	}
	if len(p.zones) == maxPlaces {
		return 0
	}
	p.zones = append(p.zones, z)
	return uint16(len(p.zones))
}

func (p *places) pack(h wire.Hop) hop {
	a := h.Remote.Addr()
	packed := hop{
		conn:       h.Conn,
		remotePort: h.Remote.Port(),
		localPort:  h.Local.Port(),
		listener:   h.Listener,
		local:      p.local(h.Local.Addr()),
		transport:  h.Transport,
		is4:        a.Is4(),
		valid:      a.IsValid(),
	}
	if packed.valid {
		packed.remote, packed.zone = a.As16(), p.zone(a.Zone())
	}
	return packed
}

func (p *places) unpack(h *hop) wire.Hop {
	out := wire.Hop{Transport: h.transport, Listener: h.listener, Conn: h.conn}
	if h.valid {
		a := netip.AddrFrom16(h.remote)
		if h.is4 {
			a = a.Unmap()
		}
		if h.zone != 0 {
			a = a.WithZone(p.zones[h.zone-1])
		}
		out.Remote = netip.AddrPortFrom(a, h.remotePort)
	}
	if h.local != 0 {
		out.Local = netip.AddrPortFrom(p.locals[h.local-1], h.localPort)
	}
	return out
}

// ResponseHop is where responses to request m go (RFC 3261 section 18.2.2, RFC
// 3581): back on the connection that the request came on, Remote being the source
// address and the sent-by port in case that connection is gone; over UDP to the
// source address and, if Via has rport, the source port, else the sent-by port. A
// maddr is ignored, as it would let a stranger aim our answers at others.
func ResponseHop(m *wire.Message, from wire.Hop) wire.Hop {
	if !from.Transport.Reliable() && m.Via.RPort != wire.RPortAbsent {
		return from
	}
	port := m.Via.Port
	if port == 0 {
		port = 5060
		if from.Transport == wire.TLS {
			port = 5061
		}
	}
	from.Remote = netip.AddrPortFrom(from.Remote.Addr(), port)
	return from
}
