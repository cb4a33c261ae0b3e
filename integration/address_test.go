package integration

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// network is a private /24 of the loopback network. Each test has its own, so
// tests run in parallel without clashes and a source address tells who it is.
type network struct{ prefix [3]byte }

// Hosts of a network.
const (
	hostEdge     = 1
	hostCaller   = 10 // call control
	hostStranger = 66 // nobody that the edge knows
	hostDirector = 99 // the test itself
	hostBridge   = 21 // cluster1; the others follow
)

// networks counts the networks handed out by this process.
var networks atomic.Uint32

// newNetwork hands out a network. The process id is part of it, so that two
// runs at the same time keep apart.
func newNetwork() network {
	n := networks.Add(1)
	return network{[3]byte{127, byte(2 + os.Getpid()%250), byte(1 + n%250)}}
}

// host gives an address of the network.
func (n network) host(h byte) netip.Addr {
	return netip.AddrFrom4([4]byte{n.prefix[0], n.prefix[1], n.prefix[2], h})
}

// freePort asks the kernel for a port of addr that is free for UDP and TCP
// alike, and releases it: the address belongs to one test, so nobody else
// takes it in between.
func freePort(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	const tries = 32
	for range tries {
		if ap, ok := tryPort(addr); ok {
			return ap
		}
	}
	require.Fail(t, "no free port", "address %s, %d tries", addr, tries)
	return netip.AddrPort{}
}

// tryPort takes whatever UDP port is free and looks if it is free for TCP too.
func tryPort(addr netip.Addr) (netip.AddrPort, bool) {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		return netip.AddrPort{}, false
	}
	defer udp.Close()
	ap := udp.LocalAddr().(*net.UDPAddr).AddrPort()
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(ap))
	if err != nil {
		return netip.AddrPort{}, false
	}
	defer tcp.Close()
	return ap, true
}

func TestNetworksAreApart(t *testing.T) {
	a, b := newNetwork(), newNetwork()
	require.NotEqual(t, a.host(hostEdge), b.host(hostEdge))
	require.True(t, a.host(hostEdge).IsLoopback())
	require.Equal(t, fmt.Sprintf("127.%d.%d.10", a.prefix[1], a.prefix[2]), a.host(hostCaller).String())
}
