package transport

import (
	"errors"
	"net/netip"

	"bridgehead/sip/wire"
)

// LocalAddress is where a message to some peer leaves from.
type LocalAddress struct {
	// Listener is the index for wire.Hop.Listener.
	Listener uint16
	// Addr is the local address and the listener's port, for wire.Hop.Local.
	Addr netip.AddrPort
	// Host goes into Via and Record-Route: the advertised host, else the local
	// address, IPv6 in brackets.
	Host string
	// Port goes beside Host: the advertised port, else the bound port.
	Port uint16
}

// LocalFor returns the listener and the local address from which a message to
// remote leaves over t. With a choice of listeners, or on a wildcard listener,
// the kernel's routing table decides; answers are kept for about 30 s. It does
// not wait for the network. The error says which listener is missing, or that
// there is no route.
func (s *Stack) LocalFor(t wire.Transport, remote netip.Addr) (LocalAddress, error) {
	return LocalAddress{}, errors.New("transport: not bound")
}

// PathMTU returns the path MTU to remote that the kernel knows, in bytes, IP
// header included (RFC 3261 section 18.1.1); 0 when unknown. Answers are kept
// for about 30 s.
func (s *Stack) PathMTU(remote netip.Addr) int { return 0 }

// LocalAddrs returns every address at which a listener is reached: bound
// addresses, those of all interfaces for wildcard listeners, and advertised IP
// literals.
func (s *Stack) LocalAddrs() []netip.AddrPort { return nil }

// IsLocal reports whether addr and port name one of our listeners of any
// transport; port 0 stands for any port. It takes no lock.
func (s *Stack) IsLocal(addr netip.Addr, port uint16) bool { return false }
