package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"

	"bridgehead/sip/wire"
)

// bind binds every listener, or none.
func (s *Stack) bind() error {
	sockets := 0
	for i, c := range s.o.Listeners {
		c.Bind = unmapPort(c.Bind)
		l := &listener{Listener: c, index: uint16(i)}
		err := l.check(s.listeners)
		if err == nil {
			err = l.bind(s)
		}
		if err != nil {
			_ = s.closeListeners()
			return fmt.Errorf("listener %s: %w", c, err)
		}
		l.host = viaHost(l.addr.Addr())
		s.listeners = append(s.listeners, l)
		sockets += len(l.udp)
	}
	// A reader outside of the poller holds a processor while it waits, so one is
	// left to the rest of the program.
	if sockets < runtime.GOMAXPROCS(0) && !s.o.polled {
		for _, l := range s.listeners {
			for _, u := range l.udp {
				u.detach()
			}
		}
	}
	return nil
}

// check refuses what cannot work before the kernel is asked, because it can
// name the other line.
func (l *listener) check(before []*listener) (err error) {
	switch l.Transport {
	case wire.UDP, wire.TCP:
	case wire.TLS:
		return errors.New("TLS is not available in this version; listen on udp:// or tcp://")
	default:
		return errors.New("unknown transport; use udp:// or tcp://")
	}
	if !l.Bind.Addr().IsValid() {
		return errors.New("no address to bind; 0.0.0.0 or [::] means every address")
	}
	if l.advert, err = parseAdvertise(l.Advertise); err != nil {
		return err
	}
	for _, o := range before {
		if o.Transport == l.Transport && o.addr.Port() == l.Bind.Port() && l.overlaps(o) {
			return fmt.Errorf("the port is already taken by the listener %s of this configuration; remove one of the two or change its port", o.Listener)
		}
	}
	return nil
}

// overlaps reports whether the kernel would refuse both on one port.
func (l *listener) overlaps(o *listener) bool {
	a, b := l.Bind.Addr(), o.addr.Addr()
	covers := func(wild netip.Addr, dual bool, other netip.Addr) bool {
		return wild.IsUnspecified() && (wild.Is4() == other.Is4() || dual)
	}
	return a == b || covers(a, l.DualStack && a.Is6(), b) || covers(b, o.DualStack && b.Is6(), a)
}

// network returns the network name that binds exactly the families wanted:
// with "udp6" and "tcp6" the net package sets IPV6_V6ONLY.
func (l *listener) network() string {
	switch {
	case l.Bind.Addr().Is4():
		return l.Transport.Param() + "4"
	case l.DualStack && l.Bind.Addr().IsUnspecified():
		return l.Transport.Param()
	}
	return l.Transport.Param() + "6"
}

// bind opens the socket. SO_REUSEPORT stays off, and UDP goes without
// SO_REUSEADDR, so the kernel refuses a second process on the same port.
func (l *listener) bind(s *Stack) error {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // no SIP peer speaks it, and it costs
	if l.Transport == wire.TCP {
		ln, err := lc.Listen(context.Background(), l.network(), l.Bind.String())
		if err != nil {
			return bindError(l, err)
		}
		l.tcp = ln.(*net.TCPListener)
		l.addr = unmapPort(ln.Addr().(*net.TCPAddr).AddrPort())
		return nil
	}
	pc, err := lc.ListenPacket(context.Background(), l.network(), l.Bind.String())
	if err != nil {
		return bindError(l, err)
	}
	u, err := newUDPSocket(s, l.index, pc.(*net.UDPConn))
	if err != nil {
		_ = pc.Close()
		return fmt.Errorf("the system cannot tell the destination of datagrams on a wildcard address, bind a concrete one: %w", err)
	}
	l.udp = []*udpSocket{u}
	l.addr = u.local
	return nil
}

// bindError says what the operator must do about a refused bind.
func bindError(l *listener, err error) error {
	var hint string
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = fmt.Sprintf("port %d is taken by another process, perhaps a second instance; \"ss -lnp sport = :%d\" shows it", l.Bind.Port(), l.Bind.Port())
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		hint = fmt.Sprintf("no interface of this host has the address %s", l.Bind.Addr())
	case errors.Is(err, os.ErrPermission):
		hint = "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EAFNOSUPPORT):
		hint = "this host has no support for that address family"
	default:
		return err
	}
	return fmt.Errorf("%s: %w", hint, err)
}
