package transport

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// portableReader is a packetReader for systems without recvmmsg: one datagram
// per call, control messages by golang.org/x/net.
type portableReader struct {
	u      *udpSocket
	buf    []byte
	oob    [128]byte
	n      int
	remote netip.AddrPort
	local  netip.Addr
}

func newPortableReader(u *udpSocket) *portableReader {
	return &portableReader{u: u, buf: make([]byte, datagram)}
}

func (r *portableReader) read() (int, error) {
	n, oobn, _, remote, err := r.u.conn.ReadMsgUDPAddrPort(r.buf, r.oob[:])
	if err != nil {
		return 0, err
	}
	r.n, r.local = n, netip.Addr{}
	r.remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	if r.u.wildcard {
		r.local = destination(r.oob[:oobn], r.u.v6)
	}
	return 1, nil
}

// packet never reports a cut: the buffer holds the largest datagram there is.
func (r *portableReader) packet(int) ([]byte, netip.AddrPort, netip.Addr, bool) {
	return r.buf[:r.n:r.n], r.remote, r.local, true
}

// destination finds the destination address in control messages.
func destination(oob []byte, v6 bool) netip.Addr {
	var ip net.IP
	if v6 {
		var m ipv6.ControlMessage
		if m.Parse(oob) == nil {
			ip = m.Dst
		}
	} else {
		var m ipv4.ControlMessage
		if m.Parse(oob) == nil {
			ip = m.Dst
		}
	}
	addr, _ := netip.AddrFromSlice(ip)
	if addr = addr.Unmap(); addr.IsMulticast() {
		return netip.Addr{}
	}
	return addr
}

// portableWriter is a packetWriter for systems without sendmmsg.
type portableWriter struct {
	slots [writeBatch]struct {
		p   []byte
		to  netip.AddrPort
		oob []byte
	}
}

func (w *portableWriter) set(i int, u *udpSocket, p []byte, to netip.AddrPort, local netip.Addr) {
	s := &w.slots[i]
	s.p, s.to, s.oob = p, to, nil
	if u.v6 && to.Addr().Is4() {
		s.to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	}
	if u.wildcard && local.IsValid() && !local.IsUnspecified() {
		if local.Is4() { // also on an IPv6 socket, for its IPv4 peers
			s.oob = (&ipv4.ControlMessage{Src: local.AsSlice()}).Marshal()
		} else {
			s.oob = (&ipv6.ControlMessage{Src: local.AsSlice()}).Marshal()
		}
	}
}

func (w *portableWriter) send(u *udpSocket, from, to int) (int, error) {
	u.slow.Lock() // the deadline is the socket's
	defer u.slow.Unlock()
	_ = u.conn.SetWriteDeadline(time.Now().Add(sendWait))
	for i := from; i < to; i++ {
		s := &w.slots[i]
		if _, _, err := u.conn.WriteMsgUDPAddrPort(s.p, s.oob, s.to); err != nil {
			return i - from, err
		}
	}
	return to - from, nil
}

func (w *portableWriter) release(n int) { clear(w.slots[:n]) }
