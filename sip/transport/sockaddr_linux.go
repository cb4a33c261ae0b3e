package transport

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fromSockaddr reads a peer's address; IPv4-mapped addresses become IPv4.
func (u *udpSocket) fromSockaddr(sa *unix.RawSockaddrInet6) netip.AddrPort {
	switch sa.Family {
	case unix.AF_INET:
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), netPort(&sa4.Port))
	case unix.AF_INET6:
		addr := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.Scope_id != 0 && addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(u.stack.interfaces.load().zone(sa.Scope_id))
		}
		return netip.AddrPortFrom(addr, netPort(&sa.Port))
	}
	return netip.AddrPort{}
}

// toSockaddr writes to in the family of the socket and returns its length.
func (u *udpSocket) toSockaddr(sa *unix.RawSockaddrInet6, to netip.AddrPort) uint32 {
	addr := to.Addr()
	if !u.v6 {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		*sa4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.As4()}
		putNetPort(&sa4.Port, to.Port())
		return unix.SizeofSockaddrInet4
	}
	*sa = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.As16()}
	putNetPort(&sa.Port, to.Port())
	if zone := addr.Zone(); zone != "" {
		sa.Scope_id = u.stack.interfaces.load().scope(zone)
	}
	return unix.SizeofSockaddrInet6
}

// netPort reads a port in network byte order.
func netPort(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }

// putNetPort writes a port in network byte order.
func putNetPort(p *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(p))[:], port)
}

// packetInfo finds the destination address in n bytes of control messages
// (ip(7) IP_PKTINFO, ipv6(7) IPV6_PKTINFO); zero where there is none that we
// could answer from.
func packetInfo(c *control, n int) netip.Addr {
	b := unsafe.Slice((*byte)(unsafe.Pointer(c)), unsafe.Sizeof(*c))
	b = b[:min(n, len(b))]
	head := unix.CmsgLen(0)
	for len(b) >= head {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		size := int(h.Len)
		if size < head || size > len(b) {
			break
		}
		switch data := b[head:size]; {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			// Spec_dst is the destination itself for unicast, and for
			// broadcast the address to answer from.
			return netip.AddrFrom4((*unix.Inet4Pktinfo)(unsafe.Pointer(&data[0])).Spec_dst)
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			addr := netip.AddrFrom16((*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0])).Addr).Unmap()
			if addr.IsMulticast() {
				return netip.Addr{}
			}
			return addr
		}
		b = b[min(unix.CmsgSpace(size-head), len(b)):]
	}
	return netip.Addr{}
}

// putPacketInfo writes the control message that sets the source address, and
// returns its length. A socket of IPv6 takes IPv4-mapped sources too.
func putPacketInfo(c *control, source netip.Addr, v6 bool) int {
	*c = control{}
	h := (*unix.Cmsghdr)(unsafe.Pointer(c))
	data := unsafe.Add(unsafe.Pointer(c), unix.CmsgLen(0))
	if v6 {
		h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
		h.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
		(*unix.Inet6Pktinfo)(data).Addr = source.As16()
		return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
	}
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	(*unix.Inet4Pktinfo)(data).Spec_dst = source.As4()
	return unix.CmsgSpace(unix.SizeofInet4Pktinfo)
}
